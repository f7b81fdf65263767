/** Embeddings of regions by a two-branch model, and recall with them. */
import { asRows, type Embedder } from '../contract/embedder.ts';
import { scoreWithRegions, type RegionEmbedder } from '../contract/regions.ts';
import type { CaptionedPhoto } from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import type { Rerank } from '../evaluate-embedder.ts';
import { principalComponents } from '../math/principal-components.ts';
import { seededRandom } from '../math/random.ts';
import { transposed } from '../math/transposed.ts';
import { regionFeatures, regions, regionShare } from './regions.ts';

/** Photos per call: their regions' features are 150 kB each. */
const atOnce = 64;

/** Directions that are kept; what 64, 96 and 192 do to recall is in docs/experiments.md. */
const mostDirections = 128;

/** The model's own embedding of a photo, of each region as if it were the photo. */
export function embedRegions(engine: Engine, embedder: Embedder): RegionEmbedder {
  return {
    share: regionShare,
    embed: async (features, stored, count) =>
      embedder.embedFeatures(await regionFeatures(engine, features, stored, count), count * regions.frames.length),
    directions:
      embedder.dimensions < 2 * mostDirections
        ? null
        : (differences) => mainDirections(engine, differences, embedder.dimensions),
  };
}

async function mainDirections(
  { similarities }: Pick<Engine, 'similarities'>,
  differences: Float32Array,
  dimensions: number,
): Promise<Float32Array | null> {
  if (differences.length / dimensions <= 2 * mostDirections) return null;
  // With their opposites, so that their mean is 0: the mean difference is one of the directions, too.
  const rows = new Float32Array(2 * differences.length);
  differences.forEach((value, i) => {
    rows[i] = value;
    rows[differences.length + i] = -value;
  });
  const columns = await principalComponents(similarities, rows, dimensions, mostDirections, seededRandom(1));
  return transposed(columns, dimensions, mostDirections);
}

/** A search ranks the best few hundred photos again, this ranks all; those whose regions are not stored keep their scores. */
export const rerankByRegions =
  (engine: Pick<Engine, 'similarities'>, embedder: RegionEmbedder) =>
  (photos: readonly CaptionedPhoto[]): Rerank =>
  (texts, similarities) =>
    rerank(engine, embedder, photos, texts, similarities);

/**
 * @param texts [captions, dimensions]
 * @param similarities [captions, photos]: changed in place
 */
async function rerank(
  engine: Pick<Engine, 'similarities'>,
  embedder: RegionEmbedder,
  photos: readonly CaptionedPhoto[],
  texts: Float32Array,
  similarities: Float32Array,
): Promise<void> {
  const captions = similarities.length / photos.length;
  const dimensions = texts.length / captions;
  const each = regions.frames.length;
  for (let from = 0; from < photos.length; from += atOnce) {
    const known = photos.slice(from, from + atOnce).flatMap((photo, i) => {
      const stored = photo.regions?.();
      return stored ? [{ column: from + i, stored, feature: photo.feature() }] : [];
    });
    if (known.length === 0) continue;
    const features = asRows(known.map(({ feature }) => feature));
    const stored = new Uint8Array(known.length * regions.bytes);
    known.forEach((photo, i) => stored.set(photo.stored, i * regions.bytes));
    const rows = await embedder.embed(features, stored, known.length);
    const scores = await engine.similarities(texts, rows, dimensions);
    const width = known.length * each;
    for (let caption = 0; caption < captions; caption++) {
      known.forEach(({ column }, i) => {
        const own = scores.subarray(caption * width + i * each, caption * width + (i + 1) * each);
        const at = caption * photos.length + column;
        similarities[at] = scoreWithRegions(similarities[at]!, Math.max(...own), embedder.share);
      });
    }
  }
}
