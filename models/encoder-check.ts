/**
 * Tries out an encoder that a user wants to add, on drawn pictures: it must load, give embeddings of norm 1 that are not all the
 * same, give them twice, and find the pictures that sentences describe.
 *
 * What a CLIP-like model is sure to do was decided without the published weights, which could not be run where this was written:
 * the pictures are plain colours and two simple scenes, and four of five comparisons must come out right (by chance: one of two).
 */
import path from 'node:path';
import type { Encoder, OpenModel, PhotoEncoder } from './contract/encoder.ts';
import { networkPixels } from './contract/encoder.ts';
import { GraphFault } from './contract/graph-fault.ts';
import { isConstant, probeModel } from './contract/probe-model.ts';
import type { FoundWeights } from './contract/weights.ts';
import { photosPerRun } from './engine/modes.ts';
import type { Engine } from './engine/engine.ts';
import { DescryError, errorMessage } from './errors.ts';
import { drawnPictures } from './mode-trial.ts';

export interface CheckedEncoder {
  /** by the photo side, in batches as for a library */
  readonly photosPerSecond: number;
}

type Colour = readonly [number, number, number];
/** @returns the colour at a place; both from 0 at the left and the top to 1 */
type Picture = (x: number, y: number) => Colour;

const plain =
  (colour: Colour): Picture =>
  () =>
    colour;
const between = (a: Colour, b: Colour, share: number): Colour =>
  [0, 1, 2].map((i) => a[i]! + share * (b[i]! - a[i]!)) as unknown as Colour;

/** sRGB from 0 to 255 */
const sunset: Picture = (x, y) => {
  if (Math.hypot(x - 0.5, y - 0.5) < 0.14 && y < 0.6) return [255, 225, 120];
  return y < 0.6
    ? between([200, 80, 60], [250, 150, 50], y / 0.6)
    : between([190, 90, 40], [90, 40, 50], (y - 0.6) / 0.4);
};
const meadow: Picture = (_, y) => (y < 0.5 ? between([90, 155, 235], [150, 200, 250], y / 0.5) : [70, 150, 45]);

/** What each picture is, as people who caption photos write. */
export const checkedPictures: readonly { readonly sentence: string; readonly picture: Picture }[] = [
  { sentence: 'a plain red picture', picture: plain([225, 20, 25]) },
  { sentence: 'a plain green picture', picture: plain([20, 165, 40]) },
  { sentence: 'a plain blue picture', picture: plain([20, 40, 225]) },
  { sentence: 'a plain yellow picture', picture: plain([250, 230, 20]) },
  { sentence: 'a plain white picture', picture: plain([255, 255, 255]) },
  { sentence: 'a plain black picture', picture: plain([0, 0, 0]) },
  { sentence: 'a sunset over the sea', picture: sunset },
  { sentence: 'green grass under a blue sky', picture: meadow },
];

/** Share of comparisons that must be right. Scores by chance reach it 3 times in 1,000 (simulated). */
const leastRight = 0.8;
/** Norms differ from 1 by rounding only. */
const normTolerance = 0.01;
/** between two runs, in any number */
const runTolerance = 1e-4;
const speedMs = 2000;

/**
 * @param weights complete; their hashes were compared
 * @param now clock in ms
 * @throws DescryError `encoder-invalid` with the reason
 */
export async function checkEncoder(
  encoder: Encoder,
  engine: Engine,
  weights: FoundWeights,
  now: () => number = () => performance.now(),
): Promise<CheckedEncoder> {
  const fails = (reason: string, advice = 'Choose another encoder.') =>
    new DescryError('encoder-invalid', `${encoder.title} cannot be used: ${reason}. ${advice}`);
  const trying = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // Its own advice is for an encoder that worked before.
      if (error instanceof GraphFault) {
        throw fails(
          `${nameOf(error.file, encoder, weights)} ${error.reason}`,
          error.isMemory ? error.advice : undefined,
        );
      }
      throw error instanceof DescryError ? error : fails(`${what} (${errorMessage(error)})`);
    }
  };
  const photos = await trying('its photo graph cannot be loaded', () =>
    encoder.openPhotos(engine, weights.files, 'float'),
  );
  try {
    const sees = <T>(work: () => Promise<T>) => trying('its photo graph fails', work);
    const features = await sees(() => encodeDrawn(encoder, photos));
    const again = await sees(() => encodeDrawn(encoder, photos));
    const open = encoder.open(weights, () => Promise.resolve(engine));
    const model = await trying('its text graph cannot be loaded', () => open.openModel(encoder.id, null));
    try {
      await trying('a long sentence fails', () => model.embedSentences([longSentence]));
      const reason =
        (await trying('it fails', () => wrong(encoder, model, [features, again]))) ??
        (await trying('it fails', () => probeModel(model, probeOf(encoder, features))));
      if (reason !== undefined) throw fails(reason);
    } finally {
      await model.dispose();
    }
    return { photosPerSecond: await sees(() => speedOf(encoder, photos, now)) };
  } finally {
    await photos.dispose();
  }
}

/** More words than any context has: a graph that has room for fewer tokens than its files say would fail at such a search only. */
const longSentence = Array.from({ length: 600 }, () => 'snow').join(' ');

/** A file of an encoder as the user knows it: in his folder, or by its name in the repository. */
function nameOf(file: string, { added }: Encoder, { files }: FoundWeights): string {
  const found = Object.entries(added?.files ?? {}).find(([name]) => files[name] === file);
  if (!added || !found) return file;
  const inside = found[1].path;
  return added.source.kind === 'folder' ? path.join(added.source.folder, ...inside.split('/')) : inside;
}

const probeOf = ({ featureLength, regions }: Encoder, features: Float32Array) => ({
  ...{ featureLength, regions },
  features: checkedPictures.map((_, row) => features.subarray(row * featureLength, (row + 1) * featureLength)),
});

function encodeDrawn({ preprocessing }: Encoder, photos: PhotoEncoder): Promise<Float32Array> {
  const { side } = preprocessing;
  const bytes = new Uint8Array(checkedPictures.length * side * side * 3);
  checkedPictures.forEach(({ picture }, i) => {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        bytes.set(picture((x + 0.5) / side, (y + 0.5) / side).map(Math.round), ((i * side + y) * side + x) * 3);
      }
    }
  });
  return photos.encode(networkPixels(bytes, preprocessing), checkedPictures.length);
}

/** @param runs the features of the same pictures, twice */
async function wrong(
  { featureLength }: Encoder,
  model: OpenModel,
  runs: readonly [Float32Array, Float32Array],
): Promise<string | undefined> {
  const count = checkedPictures.length;
  if (runs.some((features) => features.length !== count * featureLength)) return 'its features have another length';
  const sentences = checkedPictures.map(({ sentence }) => sentence);
  const pictures = await Promise.all(runs.map((features) => model.embedFeatures(features, count)));
  const texts = [await model.embedSentences(sentences), await model.embedSentences(sentences)];
  return (
    wrongNumbers('pictures', pictures[0]!, model.dimensions) ??
    wrongNumbers('sentences', texts[0]!, model.dimensions) ??
    (differ(pictures) ? 'it gives the same picture different embeddings' : undefined) ??
    (differ(texts) ? 'it gives the same sentence different embeddings' : undefined) ??
    wrongOrder(pictures[0]!, texts[0]!, model.dimensions)
  );
}

function wrongNumbers(what: string, rows: Float32Array, dimensions: number): string | undefined {
  if (rows.length !== checkedPictures.length * dimensions) return `its embeddings of ${what} have another length`;
  for (let from = 0; from < rows.length; from += dimensions) {
    const norm = Math.hypot(...rows.subarray(from, from + dimensions));
    if (!Number.isFinite(norm)) return `its embeddings of ${what} are no numbers`;
    if (Math.abs(norm - 1) > normTolerance)
      return `its embeddings of ${what} have the norm ${norm.toPrecision(2)}, not 1`;
  }
  return isConstant(rows, dimensions) ? `all ${what} are the same to it` : undefined;
}

const differ = ([a, b]: readonly Float32Array[]): boolean =>
  a!.some((value, i) => !(Math.abs(value - b![i]!) <= runTolerance));

/** How often the sentence of a picture fits it better than another's, and a picture its sentence better than another does. */
function wrongOrder(pictures: Float32Array, texts: Float32Array, dimensions: number): string | undefined {
  const count = checkedPictures.length;
  const score = (text: number, picture: number) => {
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += texts[text * dimensions + i]! * pictures[picture * dimensions + i]!;
    return sum;
  };
  let right = 0;
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < count; other++) {
      if (other === one) continue;
      right += Number(score(one, one) > score(one, other)) + Number(score(one, one) > score(other, one));
    }
  }
  const share = right / (2 * count * (count - 1));
  if (share >= leastRight) return undefined;
  const percent = (value: number) => `${Math.floor(100 * value)} %`;
  return (
    `its sentences do not find the drawn pictures that they describe (${percent(share)} of the comparisons are right, and ` +
    `${percent(leastRight)} are needed)`
  );
}

async function speedOf({ preprocessing }: Encoder, photos: PhotoEncoder, now: () => number): Promise<number> {
  const pixels = networkPixels(drawnPictures(preprocessing.side, photosPerRun), preprocessing);
  await photos.encode(pixels, photosPerRun);
  const started = now();
  for (let count = photosPerRun; ; count += photosPerRun) {
    await photos.encode(pixels, photosPerRun);
    const ms = now() - started;
    if (ms >= speedMs || count >= 100 * photosPerRun) return (1000 * count) / Math.max(ms, 1);
  }
}
