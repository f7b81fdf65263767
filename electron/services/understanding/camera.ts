/** With which camera: a maker or model, and the words that make it the camera and not what is seen ("taken with", "iPhone photos"). */
import { fillers } from './fillers.ts';
import { endsList, isFirstKeyword, isLastKeyword } from './keywords.ts';
import { claimNegated } from './not.ts';
import type { Sentence, Span } from './sentence.ts';
import { photoNouns, takenWords } from './words.ts';

/** Makers and series that are known without a library, as they are written in EXIF; each by its folded words. */
const known: readonly (readonly [name: string, written: string])[] = [
  ['iphone', 'iPhone'],
  ['ipad', 'iPad'],
  ['ipod', 'iPod'],
  ['apple iphone', 'iPhone'],
  ['apple', 'Apple'],
  ['canon', 'Canon'],
  ['canon eos', 'Canon EOS'],
  ['powershot', 'PowerShot'],
  ['nikon', 'Nikon'],
  ['coolpix', 'COOLPIX'],
  ['sony', 'Sony'],
  ['fujifilm', 'Fujifilm'],
  ['fuji', 'Fuji'],
  ['finepix', 'FinePix'],
  ['olympus', 'Olympus'],
  ['panasonic', 'Panasonic'],
  ['lumix', 'Panasonic'],
  ['leica', 'Leica'],
  ['pentax', 'Pentax'],
  ['samsung', 'Samsung'],
  ['samsung galaxy', 'Samsung'],
  ['google pixel', 'Pixel'],
  ['pixel', 'Pixel'],
  ['huawei', 'Huawei'],
  ['xiaomi', 'Xiaomi'],
  ['oneplus', 'OnePlus'],
  ['gopro', 'GoPro'],
  ['dji', 'DJI'],
  ['hasselblad', 'Hasselblad'],
  ['kodak', 'Kodak'],
  ['ricoh', 'Ricoh'],
  ['casio', 'Casio'],
  ['minolta', 'Minolta'],
  ['konica', 'Konica'],
  ['sigma', 'Sigma'],
  ['motorola', 'Motorola'],
  ['nokia', 'Nokia'],
  ['htc', 'HTC'],
  ['lg', 'LG'],
  ['blackberry', 'BlackBerry'],
];
/** Also common words: they need "taken with" or "my". */
const doubtful = new Set(['apple', 'pixel', 'sigma', 'blackberry', 'lg']);
/** Words of a model that follow a maker, besides those with a digit. */
const modelWords = new Set(
  'eos mark ii iii iv pro max plus mini ultra se xs xr x hero galaxy powershot coolpix lumix finepix air rebel note'.split(
    ' ',
  ),
);

interface CameraFound {
  readonly end: number;
  readonly camera: string;
  /** names a model of the library: nobody describes a photo by it */
  readonly model: boolean;
  readonly doubtful: boolean;
}

/** Claims the first camera of a sentence. @param cameras the library's, as in EXIF: "NIKON D750" */
export function findCamera(sentence: Sentence, cameras: readonly string[]): void {
  const library = cameras.map((camera) => camera.toLowerCase());
  for (let i = 0; i < sentence.words.length; i++) {
    const found =
      afterTaken(sentence, library, i) ??
      withMine(sentence, library, i) ??
      beforePhotos(sentence, library, i) ??
      alone(sentence, library, i);
    if (!found) continue;
    if (claimNegated(sentence, found.span)) continue;
    sentence.claim(found.span, 'camera', { camera: found.camera });
    return;
  }
}

interface Use {
  readonly span: Span;
  readonly camera: string;
}

/** "taken with a Nikon", "shot on iPhone" */
function afterTaken(sentence: Sentence, library: readonly string[], i: number): Use | undefined {
  if (!sentence.isTaken(i)) return undefined;
  let k = i + 1;
  if (/^(by|with)$/.test(sentence.at(k)) && sentence.at(k + 1) === 'me') k += 2;
  if (!/^(with|on|by|using|via|from|through)$/.test(sentence.at(k))) return undefined;
  const found = cameraAt(sentence, library, afterDeterminer(sentence, k + 1));
  return found && { span: { start: i, end: afterNoun(sentence, found.end) }, camera: found.camera };
}

/** "with my D750", "from my iPhone"; "with the D750" only of a model in the library */
function withMine(sentence: Sentence, library: readonly string[], i: number): Use | undefined {
  if (!/^(with|on|by|using|from)$/.test(sentence.at(i))) return undefined;
  const mine = /^(my|our)$/.test(sentence.at(i + 1));
  const found = cameraAt(sentence, library, afterDeterminer(sentence, i + 1));
  if (!found) return undefined;
  const end = afterNoun(sentence, found.end);
  // "photos with a Nikon", "taken in Paris with a Nikon"; but not "a man in Paris with a Nikon"
  const direct =
    sentence.words
      .slice(0, i)
      .every(({ lower, mark }, k) => mark || sentence.isClaimed(k) || fillers.has(lower) || takenWords.has(lower)) ||
    sentence.photosBefore(i);
  const owned =
    mine &&
    !/^(play|playing|plays|look|looking|looks|typing|talking|talks|texting|sitting|person|man|woman|boy|girl)$/.test(
      sentence.at(i - 1),
    );
  const meant = owned || (direct && !found.doubtful) || (found.model && /^(with|using)$/.test(sentence.at(i)));
  return meant && sentence.endsBefore(end) ? { span: { start: i, end }, camera: found.camera } : undefined;
}

/** "iPhone photos of a dog", "Nikon D750 pictures" */
function beforePhotos(sentence: Sentence, library: readonly string[], i: number): Use | undefined {
  const found = cameraAt(sentence, library, i);
  if (
    !found ||
    found.doubtful ||
    !sentence.startsSegment(i - (/^(all|my|our|the|some|any)$/.test(sentence.at(i - 1)) ? 1 : 0))
  )
    return undefined;
  return photoNouns.has(sentence.at(found.end))
    ? { span: { start: i, end: found.end + 1 }, camera: found.camera }
    : undefined;
}

/** "beach, Nikon D750", "iPhone 2019" */
function alone(sentence: Sentence, library: readonly string[], i: number): Use | undefined {
  const found = cameraAt(sentence, library, i);
  if (!found || found.doubtful) return undefined;
  const span = { start: i, end: found.end };
  const whole = sentence.startsSegment(i) && endsList(sentence, found.end) && sentence.isOuter(span);
  const listed = isFirstKeyword(sentence, span) || (found.model && isLastKeyword(sentence, span));
  return whole || listed ? { span, camera: found.camera } : undefined;
}

const afterDeterminer = (sentence: Sentence, i: number) =>
  /^(a|an|the|my|our|his|her|an?)$/.test(sentence.at(i)) ? i + 1 : i;
const afterNoun = (sentence: Sentence, i: number) =>
  /^(camera|cameras|phone|smartphone|dslr|cam)$/.test(sentence.at(i)) ? i + 1 : i;

/** The camera that starts at a word: a known maker with its model, or a model of the library. */
function cameraAt(sentence: Sentence, library: readonly string[], start: number): CameraFound | undefined {
  const maker = knownAt(sentence, start) ?? libraryMaker(sentence, library, start);
  let end = maker?.end ?? start;
  while (isModelWord(sentence, library, end, maker !== undefined)) end += 1;
  if (end === start) return undefined;
  const text = sentence.slice({ start, end });
  const lower = text.toLowerCase();
  if (!maker) {
    const found = library.some((camera) => camera.split(/[\s,]+/).includes(lower) || camera.includes(` ${lower}`));
    return found ? { end, camera: text, model: true, doubtful: false } : undefined;
  }
  const model = sentence.slice({ start: maker.end, end });
  if (model === '') return { end, camera: maker.written, model: false, doubtful: maker.doubtful };
  // a Galaxy is written by its number there ("SM-G960F")
  if (/galaxy/i.test(text)) return { end, camera: maker.written, model: false, doubtful: false };
  // as much of it as is written in the EXIF of a photo: "Canon 5D" is "Canon EOS 5D" there
  const candidates = [lower, `${maker.written} ${model}`.toLowerCase(), model.toLowerCase()];
  const written = candidates.find((candidate) => library.some((camera) => camera.includes(candidate)));
  if (written !== undefined)
    return { end, camera: written === candidates[2] ? model : text, model: true, doubtful: false };
  // of a camera that the library does not have: its whole name is said, so that the answer is "none" and not another camera
  return /\d/.test(model) || maker.end < end
    ? { end, camera: `${maker.written} ${model}`, model: true, doubtful: false }
    : undefined;
}

function knownAt(sentence: Sentence, start: number) {
  for (const length of [2, 1]) {
    const name = sentence.isFree({ start, end: start + length })
      ? sentence.slice({ start, end: start + length }).toLowerCase()
      : '';
    const found = known.find(([own]) => own === name || (length === 1 && name === `${own}s`));
    if (found) return { end: start + length, written: found[1], doubtful: doubtful.has(found[0]) };
  }
  return undefined;
}

/** A maker that only the library knows: the first word of a camera's name. */
function libraryMaker(sentence: Sentence, library: readonly string[], start: number) {
  const word = sentence.at(start);
  if (word.length < 3 || !/^\p{L}/u.test(word)) return undefined;
  const found = library.some((camera) => camera.split(/\s/)[0] === word);
  return found ? { end: start + 1, written: sentence.word(start)!.text, doubtful: true } : undefined;
}

function isModelWord(sentence: Sentence, library: readonly string[], i: number, afterMaker: boolean): boolean {
  const word = sentence.at(i);
  if (word === '' || photoNouns.has(word) || sentence.word(i)!.mark) return false;
  const inLibrary = library.some((camera) => camera.split(/[\s,]+/).includes(word));
  if (!afterMaker) return inLibrary && /\d/.test(word) && /\p{L}/u.test(word);
  if (modelWords.has(word)) return true;
  // "iPhone 6", "D750", "5D", "X-T3"; "Canon 2008" is a year
  return /\d/.test(word) && !/^(18|19|20)\d\d$/.test(word) && !/^\d+(st|nd|rd|th)$/.test(word) && word.length <= 12;
}
