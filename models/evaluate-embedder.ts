/** Measures a model of any encoder by its embeddings, which are what a search compares. */
import type { Embedder } from './contract/embedder.ts';
import type { CaptionedPhoto, Evaluation } from './contract/training.ts';
import type { Engine } from './engine/engine.ts';
import { reportWords, wordQueries } from './relevance/word-report.ts';
import { recallAtK } from './two-branch/evaluation.ts';

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
): Promise<Omit<Evaluation, 'relevance'>> {
  const images = await embedPhotos(embedder, photos);
  const captions = photos.flatMap((photo) => photo.captions);
  const photoOf = Int32Array.from(photos.flatMap((photo, row) => photo.captions.map(() => row)));
  const queries = trainedOn ? wordQueries(photos.map((photo) => photo.captions)) : [];
  const words = queries.map(({ word }) => word);
  return {
    recalls: recallAtK(await scoresOf(embedder, engine, captions, images), photos.length, photoOf),
    photos: photos.length,
    captions: captions.length,
    words: trainedOn && reportWords(queries, await scoresOf(embedder, engine, words, images), trainedOn),
  };
}

/** @returns [photos, dimensions] */
export async function embedPhotos(embedder: Embedder, photos: readonly CaptionedPhoto[]): Promise<Float32Array> {
  const { dimensions } = embedder;
  const images = new Float32Array(photos.length * dimensions);
  for (let from = 0; from < photos.length; from += chunk) {
    const features = photos.slice(from, from + chunk).map((photo) => photo.feature());
    const rows = new Float32Array(features.length * features[0]!.length);
    features.forEach((feature, row) => rows.set(feature, row * feature.length));
    images.set(await embedder.embedFeatures(rows, features.length), from * dimensions);
  }
  return images;
}

/** @returns inner products [sentences, photos] */
export async function scoresOf(
  embedder: Embedder,
  engine: Similarities,
  sentences: readonly string[],
  images: Float32Array,
): Promise<Float32Array> {
  const photos = images.length / embedder.dimensions;
  const scores = new Float32Array(sentences.length * photos);
  for (let from = 0; from < sentences.length; from += chunk) {
    const texts = await embedder.embedSentences(sentences.slice(from, from + chunk));
    scores.set(await engine.similarities(texts, images, embedder.dimensions), from * photos);
  }
  return scores;
}
