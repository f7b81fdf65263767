/** Only favourites: "my favourites", "favourite photos of the beach"; "his favourite toy" is seen. */
import { fillers } from './fillers.ts';
import { claimNegated } from './not.ts';
import type { Sentence } from './sentence.ts';
import { photoNouns } from './words.ts';

const nouns = /^(favourites|favorites|faves|favs)$/;
const adjectives = /^(favourite|favorite|favourited|favorited|starred|hearted|fave)$/;

export function findFavourite(sentence: Sentence): void {
  for (let i = 0; i < sentence.words.length; i++) {
    const word = sentence.at(i);
    const isNoun = nouns.test(word);
    if (!isNoun && !adjectives.test(word)) continue;
    // "a dog with its favourites", "her favourite picture"
    const leads = sentence.words
      .slice(0, i)
      .every(
        ({ lower, mark }, k) =>
          mark || sentence.isClaimed(k) || fillers.has(lower) || /^(not|no|only|except|but|without)$/.test(lower),
      );
    const after = photosAfter(sentence, i);
    // "dog favourites"
    const last =
      isNoun && i <= 3 && sentence.endsSegment(i + 1) && sentence.words.slice(0, i).every(({ mark }) => !mark);
    const meant = isNoun ? (leads && (sentence.endsBefore(i + 1) || after > 0)) || last : leads && after > 0;
    if (!meant || /^(his|her|their|its|your)$/.test(sentence.at(i - 1))) continue;
    const span = { start: i, end: i + 1 };
    if (claimNegated(sentence, span)) continue;
    sentence.claim(span, 'favourite', { favourite: true });
    return;
  }
}

/** How many words after word `i` the photos are named: "favourite photos", "favourite beach photos"; 0: they are not. */
function photosAfter(sentence: Sentence, i: number): number {
  for (let k = 1; k <= 3 && !sentence.endsBefore(i + k); k++) {
    if (photoNouns.has(sentence.at(i + k)) || /^(screenshots?|panoramas?|selfies?)$/.test(sentence.at(i + k))) return k;
  }
  return 0;
}
