/** Of which kind: screenshots and panoramas. */
import type { PhotoKind } from '../../ipc/contract.ts';
import { isKeywordList, keywordsFollow } from './keywords.ts';
import type { Sentence } from './sentence.ts';
import { isIng, photoNouns, prepositions } from './words.ts';

const kinds: ReadonlyMap<string, PhotoKind> = new Map([
  ['screenshot', 'screenshot'],
  ['screenshots', 'screenshot'],
  ['screengrab', 'screenshot'],
  ['screengrabs', 'screenshot'],
  ['panorama', 'panorama'],
  ['panoramas', 'panorama'],
  ['pano', 'panorama'],
  ['panos', 'panorama'],
]);
const pairs: ReadonlyMap<string, PhotoKind> = new Map([
  ...['shot', 'shots', 'capture', 'captures', 'grab', 'grabs'].map((noun) => [`screen ${noun}`, 'screenshot'] as const),
  ...[...photoNouns].map((noun) => [`panoramic ${noun}`, 'panorama'] as const),
  ...[...photoNouns].map((noun) => [`panorama ${noun}`, 'panorama'] as const),
]);

/** Claims the first kind of a sentence. */
export function findKind(sentence: Sentence): void {
  for (let i = 0; i < sentence.words.length; i++) {
    const pair = pairs.get(`${sentence.at(i)} ${sentence.at(i + 1)}`);
    const kind = pair ?? kinds.get(sentence.at(i));
    const end = i + (pair ? 2 : 1);
    if (kind === undefined || sentence.isNegated(i) || isInNegatedList(sentence, i) || !isHead(sentence, i, end))
      continue;
    // "a screenshot folder", "a panorama window" are things
    const listed = sentence.startsSegment(i) && keywordsFollow(sentence, end) && isKeywordList(sentence);
    // "screenshots recipes"
    const several = sentence.startsSegment(i) && /s$/.test(sentence.at(end - 1)) && isKeywordList(sentence);
    if (!sentence.endsBefore(end) && !listed && !several && !/^(show|shows|showing)$/.test(sentence.at(end))) continue;
    sentence.claim({ start: i, end }, 'kind', { kind });
    return;
  }
}

/** "without selfies or screenshots" */
function isInNegatedList(sentence: Sentence, i: number): boolean {
  if (!/^(and|or|nor|,)$/.test(sentence.at(i - 1))) return false;
  let k = i - 1;
  while (k > 0 && !prepositions.has(sentence.at(k)) && !sentence.isNegated(k) && sentence.at(k) !== '') k -= 1;
  return sentence.isNegated(k);
}

/** Whether the photo is of this kind, and does not show one: "map screenshots", but not "a phone showing a screenshot". */
function isHead(sentence: Sentence, i: number, end: number): boolean {
  // "dogs and screenshots" asks for both
  if (/^(and|or|&)$/.test(sentence.at(i - 1)) || /^(and|or|&)$/.test(sentence.at(end))) return false;
  for (let k = i - 1; k >= 0 && !sentence.startsSegment(k + 1); k--) {
    const { lower } = sentence.words[k]!;
    if ((prepositions.has(lower) && lower !== 'for') || isIng(lower) || /^(shows|holds|displays|has)$/.test(lower))
      return false;
  }
  return true;
}
