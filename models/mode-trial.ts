/** A short trial of a mode on this machine: is it faster than `float` on the processor, and do its features agree? */
import { networkPixels, type Encoder, type PhotoEncoder } from './contract/encoder.ts';
import { photosPerRun, type ModeTrial, type PhotoMode } from './engine/modes.ts';
import type { FoundWeights } from './contract/weights.ts';
import type { Engine } from './engine/engine.ts';
import { seededRandom } from './math/random.ts';

/** Rounds, in each of which both modes run once. */
const rounds = { least: 3, most: 12 } as const;
/** No new round begins after so long. */
const longestMs = 1_000;

/**
 * Both modes in alternation, so that other programs slow both down. The times of the first run, in which a provider may compile
 * programs for the graphics processor, do not count.
 *
 * @param now clock in ms
 */
export async function tryMode(
  encoder: Pick<Encoder, 'openPhotos' | 'preprocessing' | 'featureLength'>,
  engine: Engine,
  files: FoundWeights['files'],
  mode: PhotoMode,
  now: () => number = () => performance.now(),
): Promise<ModeTrial> {
  const float = await encoder.openPhotos(engine, files, 'float');
  const tried = await encoder.openPhotos(engine, files, mode);
  try {
    const pixels = networkPixels(drawnPictures(encoder.preprocessing.side, photosPerRun), encoder.preprocessing);
    const run = async (photos: PhotoEncoder) => {
      const before = now();
      const features = await photos.encode(pixels, photosPerRun);
      return { features, ms: now() - before };
    };
    const [expected, found] = [await run(float), await run(tried)];
    const agreement = leastCosine(expected.features, found.features, encoder.featureLength);
    const gains: number[] = [];
    const started = now();
    while (gains.length < rounds.least || (gains.length < rounds.most && now() - started < longestMs)) {
      const [slow, fast] = [await run(float), await run(tried)];
      gains.push(slow.ms / fast.ms);
    }
    return { mode, speed: gains.toSorted((a, b) => a - b)[gains.length >> 1]!, agreement };
  } finally {
    await Promise.all([float.dispose(), tried.dispose()]);
  }
}

/** @returns 0 where a number is not finite, or a row is 0 */
export function leastCosine(a: Float32Array, b: Float32Array, length: number): number {
  if (a.length !== b.length) return 0;
  let least = 1;
  for (let row = 0; row < a.length; row += length) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = row; i < row + length; i++) {
      ab += a[i]! * b[i]!;
      aa += a[i]! ** 2;
      bb += b[i]! ** 2;
    }
    const cosine = ab / Math.sqrt(aa * bb);
    least = Math.min(least, Number.isFinite(cosine) ? cosine : 0);
  }
  return least;
}

/**
 * Pictures with what photos have, drawn from a fixed seed: soft light, surfaces with edges, and texture.
 *
 * @returns uint8 [count, side, side, 3]
 */
export function drawnPictures(side: number, count: number): Uint8Array {
  const pixels = new Uint8Array(count * side * side * 3);
  for (let picture = 0; picture < count; picture++) {
    draw(
      pixels.subarray(picture * side * side * 3, (picture + 1) * side * side * 3),
      side,
      seededRandom(picture + 1).uniform,
    );
  }
  return pixels;
}

function draw(pixels: Uint8Array, side: number, random: () => number): void {
  const colour = () => [random(), random(), random()].map((value) => 255 * value);
  const waves = Array.from({ length: 6 }, (_, i) => ({
    across: ((random() - 0.5) * 2 ** i * 2 * Math.PI) / side,
    down: ((random() - 0.5) * 2 ** i * 2 * Math.PI) / side,
    phase: random() * 2 * Math.PI,
    weights: [random(), random(), random()].map((value) => (60 * value) / (1 + i)),
  }));
  const surfaces = Array.from({ length: 8 }, () => ({
    x: random() * side,
    y: random() * side,
    width: (0.05 + 0.3 * random()) * side,
    height: (0.05 + 0.3 * random()) * side,
    round: random() < 0.5,
    colour: colour(),
  }));
  const ground = colour();
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += 3) {
      let base = ground;
      for (const surface of surfaces) {
        const [u, v] = [(x - surface.x) / surface.width, (y - surface.y) / surface.height];
        if (surface.round ? u * u + v * v < 1 : Math.abs(u) < 1 && Math.abs(v) < 1) base = surface.colour;
      }
      const grain = 16 * (random() - 0.5);
      for (let c = 0; c < 3; c++) {
        let value = base[c]! + grain;
        for (const wave of waves) value += wave.weights[c]! * Math.sin(wave.across * x + wave.down * y + wave.phase);
        pixels[at + c] = Math.max(0, Math.min(255, value));
      }
    }
  }
}
