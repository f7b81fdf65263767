/** Measures any model by its embeddings: for encoders that have nothing quicker. */
import type { Engine } from '../engine/engine.ts';
import { recallAtK } from '../two-branch/evaluation.ts';
import type { Embedder } from './embedder.ts';
import type { CaptionedPhoto, Evaluation } from './training.ts';

/** Captions that are embedded together. */
const chunk = 500;

/** @param photos at least one */
export async function evaluateEmbedder(
  embedder: Embedder,
  engine: Pick<Engine, 'similarities'>,
  photos: readonly CaptionedPhoto[],
): Promise<Evaluation> {
  const { dimensions } = embedder;
  const images = new Float32Array(photos.length * dimensions);
  for (const [row, photo] of photos.entries())
    images.set(await embedder.embedFeatures(photo.feature(), 1), row * dimensions);
  const captions = photos.flatMap((photo) => photo.captions);
  const similarities = new Float32Array(captions.length * photos.length);
  for (let from = 0; from < captions.length; from += chunk) {
    const texts = await embedder.embedSentences(captions.slice(from, from + chunk));
    similarities.set(await engine.similarities(texts, images, dimensions), from * photos.length);
  }
  const photoOf = Int32Array.from(photos.flatMap((photo, row) => photo.captions.map(() => row)));
  return {
    recalls: recallAtK(similarities, photos.length, photoOf),
    photos: photos.length,
    captions: captions.length,
    relevance: null,
  };
}
