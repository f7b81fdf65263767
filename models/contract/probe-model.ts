/**
 * Tries out a model before it is trusted. A file can be complete, and all its numbers finite, and what they compute be no number
 * all the same, or the same for every photo: then every search would be wrong, without a word of it.
 */
import type { OpenModel } from './encoder.ts';
import { asRows } from './embedder.ts';
import type { Regions } from './regions.ts';
import { seededRandom } from '../math/random.ts';

export interface Probe {
  /** features of real photos, if there are any; all of the same length */
  readonly features: readonly Float32Array[];
  readonly featureLength: number;
  /** of the encoder; null: the model compares sentences with whole photos only */
  readonly regions: Regions | null;
}

/** Common ones: what a model that knows none of their words makes of them is not judged. */
const sentences = [
  'a dog running on the beach',
  'two people sitting at a table',
  'a red car in the street',
  'a child on a bicycle',
  'mountains with snow',
  'a man playing guitar',
];
/** Embeddings have norm 1 or less (embedder.ts); more is not a matter of rounding. */
const largestNorm = 1.01;
/** Between embeddings of different things, in at least one number. */
const leastDifference = 1e-6;
/** of the made features, which are zeros but for one number at most */
const zeros = 2;

/** @returns why the model cannot be used, as the end of a sentence; undefined: nothing is wrong with it */
export async function probeModel(model: OpenModel, probe: Probe): Promise<string | undefined> {
  const made = [...madeFeatures(probe.featureLength)];
  const known = sentences.filter((sentence) => model.analyse(sentence).known.length > 0);
  const { dimensions } = model;
  const photos = await model.embedFeatures(asRows([...made, ...probe.features]), made.length + probe.features.length);
  const texts = await model.embedSentences(sentences);
  const ofKnown = known.length > 0 ? await model.embedSentences(known) : new Float32Array();
  const ofMade = photos.subarray(zeros * dimensions, made.length * dimensions);
  const ofReal = photos.subarray(made.length * dimensions);
  return (
    wrongRows('photos', photos, dimensions) ??
    wrongRows('sentences', texts, dimensions) ??
    (isConstant(ofKnown, dimensions) ? 'all sentences are the same to it' : undefined) ??
    (isConstant(ofMade, dimensions) || isConstant(ofReal, dimensions) ? 'all photos are the same to it' : undefined) ??
    (await wrongRegions(model, probe, made)) ??
    wrongRelevance(model, texts, photos)
  );
}

/** Zeros, one number alone, and numbers such as networks give: none negative, many small. */
function* madeFeatures(length: number): Generator<Float32Array> {
  for (let i = 0; i < zeros; i++) yield new Float32Array(length).fill(1, 0, i);
  const random = seededRandom(1);
  for (let i = 0; i < 4; i++) yield Float32Array.from({ length }, () => -0.5 * Math.log(1 - random.uniform()));
}

function wrongRows(what: string, rows: Float32Array, dimensions: number): string | undefined {
  if (rows.length === 0 || rows.length % dimensions !== 0) return `its embeddings of ${what} have another length`;
  for (let from = 0; from < rows.length; from += dimensions) {
    const norm = Math.hypot(...rows.subarray(from, from + dimensions));
    if (!Number.isFinite(norm)) return `its embeddings of ${what} are no numbers`;
    if (norm > largestNorm) return `its embeddings of ${what} are longer than 1`;
  }
  return undefined;
}

/** @param rows of different things; a single one says nothing */
export function isConstant(rows: Float32Array, dimensions: number): boolean {
  if (rows.length < 2 * dimensions) return false;
  return rows.every((value, i) => Math.abs(value - rows[i % dimensions]!) < leastDifference);
}

async function wrongRegions(model: OpenModel, { regions }: Probe, made: readonly Float32Array[]) {
  if (!model.regions || !regions) return undefined;
  // All zeros: what other bytes mean is known to the encoder only, and some are no numbers.
  const rows = await model.regions.embed(asRows(made), new Uint8Array(made.length * regions.bytes), made.length);
  return wrongRows('parts of photos', rows, model.dimensions);
}

/** Whatever a search may score, the relevance must be a probability. */
function wrongRelevance(model: OpenModel, texts: Float32Array, photos: Float32Array): string | undefined {
  if (!model.judge) return undefined;
  const { dimensions } = model;
  for (const [i, sentence] of sentences.entries()) {
    const text = texts.subarray(i * dimensions, (i + 1) * dimensions);
    const own = Array.from({ length: photos.length / dimensions }, (_, row) =>
      text.reduce((sum, value, at) => sum + value * photos[row * dimensions + at]!, 0),
    );
    const scores = Float32Array.from([...own, -1, -0.5, 0, 0.5, 1])
      .sort()
      .reverse();
    for (const searched of [1, 100, 100_000]) {
      const { relevance } = model.judge(sentence, scores, searched);
      if (relevance.some((value) => !(value >= 0 && value <= 1))) return 'its relevance is no probability';
    }
  }
  return undefined;
}
