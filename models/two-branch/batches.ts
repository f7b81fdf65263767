/** Inputs of a training run, and their division into batches. */
import { dropoutMask, type Random } from '../math/random.ts';
import { gatherRows } from '../math/rows.ts';
import type { Batch } from '../network/training-step.ts';

/** Inputs of one split, ready for the network. */
export interface Pairs {
  readonly photos: number;
  /** [photos, image inputs] */
  readonly images: Float32Array;
  /** length of one sentence's input */
  readonly textInputs: number;
  /** how many of these, at the beginning, come from word vectors */
  readonly vectorInputs: number;
  /** for each caption the row of its photo; captions of one photo need not be neighbours */
  readonly photoOf: Int32Array;
  /** 1 for each photo whose captions are guesses; absent: no photo's are */
  readonly guessed?: Uint8Array;
  /** writes the inputs of the given captions, row after row, into `out` */
  fillTexts(captions: Int32Array, out: Float32Array): void;
}

/** A caption is at most so often in one epoch where its photo has few (+0.6 points of R@10 for a set with one each). */
const mostRepeats = 3;

/** Captions grouped by photo, ready for the text branch. */
export type Captions = Pick<Pairs, 'photos' | 'textInputs' | 'photoOf' | 'fillTexts'>;

/**
 * The captions of each batch of one epoch. All captions that a photo contributes to an epoch are in the same batch, where
 * they are positives of each other. A photo with guessed captions contributes one of them. An incomplete last batch is left out, because batch norm over few rows is noisy; with
 * fewer pairs than one batch, all of them are the batch.
 */
export function epochBatches(
  pairs: Pick<Pairs, 'photos' | 'photoOf' | 'guessed'>,
  { batch, captionsPerPhoto }: { readonly batch: number; readonly captionsPerPhoto: number },
  random: Random,
  repeats = mostRepeats,
): Int32Array[] {
  const captionsOf: number[][] = Array.from({ length: pairs.photos }, () => []);
  pairs.photoOf.forEach((photo, caption) => captionsOf[photo]!.push(caption));
  const order = random.shuffle(Int32Array.from(captionsOf.keys()));
  const chosen: number[] = [];
  for (const photo of order) {
    const own = random.shuffle(Int32Array.from(captionsOf[photo]!));
    const isGuessed = pairs.guessed?.[photo] === 1;
    const count = Math.min(isGuessed ? 1 : captionsPerPhoto, (isGuessed ? 1 : repeats) * own.length);
    for (let i = 0; i < count; i++) chosen.push(own[i % own.length]!);
  }
  const batches: Int32Array[] = [];
  for (let from = 0; from + batch <= chosen.length; from += batch) {
    batches.push(Int32Array.from(chosen.slice(from, from + batch)));
  }
  return batches.length > 0 || chosen.length === 0 ? batches : [Int32Array.from(chosen)];
}

/**
 * @param images of each photo: inputs of the image branch, or embeddings with the option `imagesEmbedded`
 * @param hidden widths of the hidden layers, which with `init` may differ from the recipe's; 0 for a branch that is not trained
 */
export function makeBatch(
  { images: all, photos: available }: Pick<Pairs, 'images' | 'photos'>,
  { photoOf, textInputs, fillTexts }: Captions,
  captions: Int32Array,
  hidden: { readonly image: number; readonly text: number },
  dropout: number,
  random: Random,
): Batch {
  const count = captions.length;
  const inputs = all.length / available;
  const texts = new Float32Array(count * textInputs);
  const photos = captions.map((caption) => photoOf[caption]!);
  const images = gatherRows(all, photos, inputs);
  fillTexts(captions, texts);
  if (dropout === 0) return { count, images, texts, photos };
  return {
    count,
    images,
    texts,
    photos,
    ...(hidden.image > 0 ? { imageMask: dropoutMask(count * hidden.image, dropout, random) } : {}),
    textMask: dropoutMask(count * hidden.text, dropout, random),
  };
}
