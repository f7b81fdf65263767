/** Of which kind: screenshots and panoramas. */
import type { PhotoKind } from '../../ipc/contract.ts';
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
    if (kind === undefined || sentence.isNegated(i) || !isHead(sentence, i)) continue;
    const end = i + (pair ? 2 : 1);
    // "a screenshot folder", "a panorama window" are things
    if (!sentence.endsBefore(end) && !/^(show|shows|showing)$/.test(sentence.at(end))) continue;
    sentence.claim({ start: i, end }, 'kind', { kind });
    return;
  }
}

/** Whether the photo is of this kind, and does not show one: "map screenshots", but not "a phone showing a screenshot". */
function isHead(sentence: Sentence, i: number): boolean {
  for (let k = i - 1; k >= 0 && !sentence.startsSegment(k + 1); k--) {
    const { lower } = sentence.words[k]!;
    if ((prepositions.has(lower) && lower !== 'for') || isIng(lower) || /^(shows|holds|displays|has)$/.test(lower))
      return false;
  }
  return true;
}
