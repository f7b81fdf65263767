import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { embedTexts } from '../../models/two-branch/embedding.ts';
import { openKernelImages } from '../../models/two-branch/kernel-images.ts';
import { initialBranch } from '../../models/network/network.ts';
import { seededRandom } from '../../models/math/random.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openOnnxEngine({ threads: 1 });
});

const photos = 60;
const inputs = 24;
const dimensions = 8;
const photoOf = Int32Array.from({ length: 2 * photos }, (_, caption) => caption >> 1);

function normals(count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform()),
  );
}
const row = (rows: Float32Array, width: number, i: number) => rows.subarray(i * width, (i + 1) * width);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const norm = (a: Float32Array) => Math.sqrt(dot(a, a));
function unitRows(rows: Float32Array, width: number): Float32Array {
  for (let i = 0; i < rows.length / width; i++) {
    const own = row(rows, width, i);
    const length = norm(own);
    own.forEach((value, j) => (own[j] = value / length));
  }
  return rows;
}

/** Photos whose captions depend on the first half of their inputs, with noise. */
const images = normals(photos * inputs, 1);
const texts = unitRows(
  Float32Array.from({ length: 2 * photos * dimensions }, (_, at) => {
    const [caption, i] = [Math.trunc(at / dimensions), at % dimensions];
    return images[(caption >> 1) * inputs + i]! + 0.1 * normals(1, at)[0]!;
  }),
  dimensions,
);
const kernel = { width: 0.5, ridge: 0.05, components: 4096, passes: 1, averageDecay: 0, references: 5 };
const open = (change: Partial<typeof kernel> = {}) =>
  openKernelImages(engine, { photos, images, photoOf }, { ...kernel, ...change }, dimensions, 3);

describe('an image branch that is a kernel machine', () => {
  test('predicts embeddings near those of the captions, for its own photos nearer than leave-one-out', async () => {
    const { branch, heldOut } = await (await open()).fit(texts);
    const projection = await engine.projection(branch(new Float32Array()));
    const known = await projection.project(images, photos);
    await projection.dispose();
    const likeness = (embeddings: Float32Array) => {
      let sum = 0;
      for (let photo = 0; photo < photos; photo++) {
        sum += dot(row(embeddings, dimensions, photo), row(texts, dimensions, 2 * photo)) / photos;
      }
      return sum;
    };
    expect(likeness(heldOut)).toBeGreaterThan(0.8);
    expect(likeness(known)).toBeGreaterThan(likeness(heldOut) + 0.02);
    for (let photo = 0; photo < photos; photo++) expect(norm(row(heldOut, dimensions, photo))).toBeCloseTo(1, 5);
  });

  test('a leave-one-out prediction does not depend on the photo’s own captions', async () => {
    const machine = await open();
    const before = (await machine.fit(texts)).heldOut.slice();
    const negated = texts.slice();
    // The captions of photo 7 are negated; only the mean of all targets changes a little with them.
    for (const caption of [14, 15])
      row(negated, dimensions, caption).forEach((value, i) => (negated[caption * dimensions + i] = -value));
    const after = (await machine.fit(negated)).heldOut;
    expect(dot(row(before, dimensions, 7), row(after, dimensions, 7))).toBeGreaterThan(0.99);
    const moved = (photo: number) => 1 - dot(row(before, dimensions, photo), row(after, dimensions, photo));
    expect(Math.max(...Array.from({ length: photos }, (_, photo) => moved(photo)))).toBeGreaterThan(2 * moved(7));
  });

  test('photos similar to every reference caption have shorter embeddings of the same direction', async () => {
    const { branch } = await (await open()).fit(texts);
    const references = texts.slice(0, 5 * dimensions);
    const [plain, held] = [
      await engine.projection(branch(new Float32Array())),
      await engine.projection(branch(references)),
    ];
    const [all, shortened] = [await plain.project(images, photos), await held.project(images, photos)];
    await Promise.all([plain.dispose(), held.dispose()]);
    const popularity = Array.from({ length: photos }, (_, photo) =>
      Math.max(...[0, 1, 2, 3, 4].map((r) => dot(row(all, dimensions, photo), row(references, dimensions, r)))),
    );
    const lengths = popularity.map((_, photo) => norm(row(shortened, dimensions, photo)));
    const order = [...popularity.keys()].sort((a, b) => popularity[a]! - popularity[b]!);
    expect(lengths[order[0]!]).toBeGreaterThan(lengths[order.at(-1)!]! * 1.5);
    lengths.forEach((length, photo) =>
      expect(dot(row(all, dimensions, photo), row(shortened, dimensions, photo)) / length).toBeCloseTo(1, 5),
    );
  });

  test('photos that are all the same are an error that says what to do', async () => {
    const same = new Float32Array(photos * inputs).fill(0.5);
    const opened = openKernelImages(engine, { photos, images: same, photoOf }, kernel, dimensions, 3);
    await expect(opened).rejects.toMatchObject({
      code: 'training-diverged',
      message: expect.stringMatching(/60 training photos.*the same.*more photos/s),
    });
  });

  test('with fewer components than inputs predicts nearly the same', async () => {
    const { branch, heldOut } = await (await open({ components: 16 })).fit(texts);
    expect(branch(new Float32Array()).shape).toMatchObject({ inputs, components: 16, hidden: photos });
    const whole = (await (await open()).fit(texts)).heldOut;
    let sum = 0;
    for (let photo = 0; photo < photos; photo++) {
      sum += dot(row(whole, dimensions, photo), row(heldOut, dimensions, photo)) / photos;
    }
    expect(sum).toBeGreaterThan(0.6);
  });
});

test('sentences are embedded by the words that they use as by all words', async () => {
  const random = seededRandom(9);
  const [width, count] = [300, 1203];
  const branch = initialBranch({ inputs: width, hidden: 16, outputs: dimensions }, random);
  const inputsOf = (caption: number) =>
    Float32Array.from({ length: width }, (_, i) =>
      i < 4 ? (caption % 7) - 3 : (caption * 31 + i * 17) % 101 === 0 ? 1 : 0,
    );
  const fillTexts = (captions: Int32Array, out: Float32Array) =>
    captions.forEach((caption, i) => out.set(inputsOf(caption), i * width));
  const captions = {
    photos: count,
    textInputs: width,
    photoOf: Int32Array.from({ length: count }, (_, i) => i),
    fillTexts,
  };
  const embedded = await embedTexts(engine, branch, captions);
  const all = new Float32Array(count * width);
  fillTexts(captions.photoOf, all);
  const projection = await engine.projection(branch);
  const expected = await projection.project(all, count);
  await projection.dispose();
  expect(embedded).toHaveLength(count * dimensions);
  const worst = embedded.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThan(1e-5);
});
