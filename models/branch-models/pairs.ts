/** Captioned photos as inputs of the network. */
import type { CaptionedPhoto, TrainingRun } from '../contract/training.ts';
import { tokenize } from '../text/tokenizer.ts';
import type { Captions, Pairs } from '../two-branch/batches.ts';
import { imageInputs, type ImageSpec } from '../two-branch/image-input.ts';
import type { SentenceSide } from '../two-branch/sentence-side.ts';

/** @param photos at least one; each with captions */
export function makePairs(
  photos: readonly (CaptionedPhoto & { readonly isGuessed?: boolean })[],
  text: SentenceSide,
  image: ImageSpec,
): Pairs {
  let images: Float32Array | undefined;
  // One by one, so that memory is needed only for the inputs and not for all features.
  photos.forEach((photo, row) => {
    const inputs = imageInputs(photo.feature(), 1, image);
    images ??= new Float32Array(photos.length * inputs.length);
    images.set(inputs, row * inputs.length);
  });
  return {
    photos: photos.length,
    images: images!,
    textInputs: text.dimensions,
    vectorInputs: text.vectorDimensions,
    guessed: Uint8Array.from(photos, ({ isGuessed = false }) => Number(isGuessed)),
    photoOf: Int32Array.from(photos.flatMap(({ captions }, row) => captions.map(() => row))),
    fillTexts: text.prepare(photos.flatMap(({ captions }) => captions)),
  };
}

/**
 * The captions for pre-training the text branch, grouped by photo: those of the train split, and captions without photos. Of
 * the latter, captions of val and test photos are left out (those with the photo's number or with the same words as one of
 * its captions); otherwise the recall on these photos would be too high.
 */
export function captionGroups({ photos, captions: more }: Pick<TrainingRun, 'photos' | 'captions'>): string[][] {
  const train = photos.filter(({ split, captions }) => split === 'train' && captions.length > 0);
  const groups = train.map(({ captions }) => [...captions]);
  if (more.length === 0) return groups;
  // By number only to leave out what is the same photo: photos of several datasets may have the same name.
  const trainNumbers = new Set(train.map(({ name }) => photoNumber(name)));
  const held = photos.filter(({ split }) => split !== 'train');
  const heldNumbers = new Set(held.map(({ name }) => photoNumber(name)));
  const heldWords = new Set(held.flatMap(({ captions }) => captions.map(wordsOf)));
  const others = new Map<string, string[]>();
  for (const { name, caption } of more) {
    const number = photoNumber(name);
    if (heldNumbers.has(number) || trainNumbers.has(number)) continue;
    const group = others.get(number);
    if (group) group.push(caption);
    else others.set(number, [caption]);
  }
  const seen = (captions: readonly string[]) => captions.some((caption) => heldWords.has(wordsOf(caption)));
  return [...groups, ...[...others.values()].filter((captions) => !seen(captions))];
}

/** The same photo is 1000268201_693b08cb0e.jpg on Flickr and 1000268201.jpg in Flickr30K. */
const photoNumber = (name: string) => /^\d+/.exec(name)?.[0] ?? name;
const wordsOf = (caption: string) => tokenize(caption).join(' ');

export function makeCaptions(groups: readonly (readonly string[])[], text: SentenceSide): Captions {
  return {
    photos: groups.length,
    textInputs: text.dimensions,
    photoOf: Int32Array.from(groups.flatMap((captions, group) => captions.map(() => group))),
    fillTexts: text.prepare(groups.flat()),
  };
}
