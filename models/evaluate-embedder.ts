/** Measures a model of any encoder by its embeddings, which are what a search compares. */
import { asRows, type Embedder } from './contract/embedder.ts';
import type { CaptionedPhoto, Evaluation } from './contract/training.ts';
import type { Engine } from './engine/engine.ts';
import { reportWords, wordQueries } from './relevance/word-report.ts';
import { recallAtK, recallOfSets, rowsOfSets } from './two-branch/evaluation.ts';

/** Photos, or sentences, in one call: the inputs of a sentence are ten thousand numbers. */
const chunk = 500;

type Similarities = Pick<Engine, 'similarities'>;

/**
 * @param photos at least one
 * @param trainedOn how many training captions had a word; null: it is not known, and words are not measured
 */
export async function evaluateEmbedder(
  embedder: Embedder,
  engine: Similarities,
  photos: readonly CaptionedPhoto[],
  trainedOn: ((word: string) => number) | null,
  rerank: Rerank = () => Promise.resolve(),
): Promise<Omit<Evaluation, 'relevance'>> {
  const images = await embedPhotos(embedder, photos);
  const captions = photos.flatMap((photo) => photo.captions);
  const photoOf = Int32Array.from(photos.flatMap((photo, row) => photo.captions.map(() => row)));
  const queries = trainedOn ? wordQueries(photos.map((photo) => photo.captions)) : [];
  const texts = await embedTexts(embedder, [...captions, ...queries.map(({ word }) => word)]);
  const scores = await scoresOf(engine, texts, images, embedder.dimensions);
  const ofCaptions = scores.subarray(0, captions.length * photos.length);
  const ofWords = scores.subarray(ofCaptions.length);
  const rows = rowsOfSets(photos.map(({ set }) => set));
  const recallsNow = () => [
    recallAtK(ofCaptions, photos.length, photoOf),
    ...recallOfSets(ofCaptions, photos.length, photoOf, [...rows.values()]),
  ];
  const whole = recallsNow();
  await rerank(texts, scores);
  const [recalls, ...ofSets] = recallsNow().map(({ textToImage }, i) => ({
    textToImage,
    imageToText: whole[i]!.imageToText,
  }));
  return {
    recalls: recalls!,
    sets: [...rows].map(([set, own], i) => ({ set, photos: own.length, recalls: ofSets[i]! })),
    photos: photos.length,
    captions: captions.length,
    words: trainedOn && reportWords(queries, ofWords, trainedOn),
  };
}

/**
 * Changes the scores [sentences, photos] of the sentences' embeddings to those by which a search ranks the photos, in place.
 * Sentences are not ranked by them.
 */
export type Rerank = (texts: Float32Array, scores: Float32Array) => Promise<void>;

/** @returns [photos, dimensions] */
export async function embedPhotos(embedder: Embedder, photos: readonly CaptionedPhoto[]): Promise<Float32Array> {
  const { dimensions } = embedder;
  const images = new Float32Array(photos.length * dimensions);
  for (let from = 0; from < photos.length; from += chunk) {
    const features = photos.slice(from, from + chunk).map((photo) => photo.feature());
    images.set(await embedder.embedFeatures(asRows(features), features.length), from * dimensions);
  }
  return images;
}

/** @returns [sentences, dimensions] */
export async function embedTexts(embedder: Embedder, sentences: readonly string[]): Promise<Float32Array> {
  const texts = new Float32Array(sentences.length * embedder.dimensions);
  for (let from = 0; from < sentences.length; from += chunk) {
    texts.set(await embedder.embedSentences(sentences.slice(from, from + chunk)), from * embedder.dimensions);
  }
  return texts;
}

/** @returns inner products [sentences, photos] */
export async function scoresOf(
  engine: Similarities,
  texts: Float32Array,
  images: Float32Array,
  width: number,
): Promise<Float32Array> {
  const photos = images.length / width;
  const scores = new Float32Array((texts.length / width) * photos);
  for (let from = 0; from * width < texts.length; from += chunk) {
    const some = texts.subarray(from * width, (from + chunk) * width);
    scores.set(await engine.similarities(some, images, width), from * photos);
  }
  return scores;
}
