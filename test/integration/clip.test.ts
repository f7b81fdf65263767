/**
 * An added encoder from end to end, with small graphs in place of the published weights: ONNX Runtime, tokenizer, decoder and database
 * are real.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Descry } from '../../electron/services/descry.ts';
import type { AddedEncoder } from '../../models/contract/added-encoder.ts';
import { networkPixels, type Encoder, type PhotoEncoder } from '../../models/contract/encoder.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import { openEngine } from '../../models/engine/index.ts';
import type { OnnxEngine } from '../../models/engine/engine.ts';
import { describeFolder, encoderOf, encoders } from '../../models/encoders.ts';
import { drawnPictures } from '../../models/mode-trial.ts';
import { colourWords, makeClipFolder, type StandIn } from '../fixtures/clip-stand-in.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
let base: string;
let remove: () => void;
let engine: OnnxEngine;
beforeAll(async () => {
  ({ folder: base, remove } = scratch('clip'));
  engine = (await openEngine('onnx', { threads: 1 })) as OnnxEngine;
});
afterAll(() => remove());

interface Made {
  readonly encoder: Encoder;
  readonly added: AddedEncoder;
  readonly weights: FoundWeights;
}

let folders = 0;
async function make(standIn: StandIn = {}): Promise<Made> {
  const folder = path.join(base, String(folders++));
  makeClipFolder(folder, standIn);
  const source = { kind: 'folder', folder } as const;
  const added = await describeFolder(folder, { id: 'own', title: 'My own', source, addedAt: 5 });
  const { vision, text, tokenizer } = added.files;
  const files = Object.fromEntries(
    Object.entries({ vision, text, tokenizer }).map(([name, file]) => [name, path.join(folder, file.path)]),
  );
  return {
    added,
    encoder: encoderOf({ encoder: 'own', added }),
    weights: { files, ids: { clip: 'own@0123456789ab' } },
  };
}

const openModel = async ({ encoder, weights }: Made) =>
  encoder.open(weights, () => Promise.resolve(engine)).openModel('own', null);

/** @returns [colours, side, side, 3], normalised */
function colourPictures({ preprocessing }: Encoder, colours: readonly (readonly number[])[]): Float32Array {
  const each = preprocessing.side ** 2;
  const bytes = new Uint8Array(colours.length * each * 3);
  bytes.forEach((_, i) => (bytes[i] = 255 * colours[Math.floor(i / 3 / each)]![i % 3]!));
  return networkPixels(bytes, preprocessing) as Float32Array;
}

const rows = (matrix: Float32Array, width: number) =>
  Array.from({ length: matrix.length / width }, (_, i) => matrix.slice(i * width, (i + 1) * width));
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const close = (a: Float32Array, b: Float32Array, by = 1e-5) => {
  expect(a).toHaveLength(b.length);
  a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(by));
};

const some = ['red', 'green', 'blue', 'yellow', 'white', 'black'] as const;

describe.each([
  ['two graphs', {}],
  ['one graph', { layout: 'one', side: 32 }],
  ['two graphs with a mask', { attentionMask: true, side: 32 }],
  ['half precision', { floats: 'float16', side: 32 }],
  ['one graph in half precision', { layout: 'one', floats: 'float16', side: 32 }],
] satisfies [string, StandIn][])('an encoder of %s', (_, standIn) => {
  let made: Made;
  let photos: PhotoEncoder;
  beforeAll(async () => {
    made = await make(standIn);
    photos = await made.encoder.openPhotos(engine, made.weights.files);
  });
  afterAll(() => photos.dispose());

  it('gives embeddings of norm 1, by which sentences find photos', async () => {
    const { encoder } = made;
    const pictures = colourPictures(
      encoder,
      some.map((colour) => colourWords[colour]!),
    );
    const features = await photos.encode(pictures, some.length);
    const model = await openModel(made);
    const images = rows(await model.embedFeatures(features, some.length), model.dimensions);
    const texts = rows(
      await model.embedSentences(some.map((colour) => `a photo of a ${colour} dog`)),
      model.dimensions,
    );
    for (const row of [...images, ...texts]) expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    texts.forEach((text, i) => {
      const scores = images.map((image) => cosine(text, image));
      expect(scores.indexOf(Math.max(...scores)), some[i]).toBe(i);
    });
    await model.dispose();
  });

  it('gives the same for one photo as for several, and each time', async () => {
    const { encoder } = made;
    const { side } = encoder.preprocessing;
    const pixels = networkPixels(drawnPictures(side, 5), encoder.preprocessing) as Float32Array;
    const each = side * side * 3;
    const single: Float32Array[] = [];
    for (let i = 0; i < 5; i++) single.push(await photos.encode(pixels.slice(i * each, (i + 1) * each), 1));
    for (let count = 1; count <= 5; count++) {
      const features = await photos.encode(pixels.slice(0, count * each), count);
      rows(features, encoder.featureLength).forEach((row, i) => close(row, single[i]!));
      expect(await photos.encode(pixels.slice(0, count * each), count)).toEqual(features);
    }
    await expect(photos.encode(pixels, 4)).rejects.toThrow(RangeError);
    await expect(photos.encode(new Uint8Array(each), 1)).rejects.toThrow(/normalised/);
  });

  it('gives the same for a sentence alone as among others of any length, and each time', async () => {
    const model = await openModel(made);
    const sentences = ['red', 'a photo of the sea', 'a dog', 'grass', 'snow '.repeat(200), '', 'dog a', 'a green cat'];
    const together = rows(await model.embedSentences(sentences), model.dimensions);
    for (const [i, sentence] of sentences.entries()) close(await model.embedSentences([sentence]), together[i]!);
    expect(rows(await model.embedSentences(sentences), model.dimensions)).toEqual(together);
    close(await model.embedSentences(['snow '.repeat(300)]), together[4]!);
    const many = Array.from({ length: 70 }, (_, i) => `a photo of ${some[i % 6]}`);
    const all = rows(await model.embedSentences(many), model.dimensions);
    all.forEach((row, i) => close(row, all[i % 6]!));
    await model.dispose();
  });
});

describe('an added encoder', () => {
  it('says what it is and what it cannot do', async () => {
    const made = await make({ side: 32 });
    const { encoder, added } = made;
    expect(encoder).toMatchObject({ id: 'own', title: 'My own', version: 1, featureLength: 16, weights: [] });
    expect(encoder.added).toEqual(added);
    expect(encoder.identity(made.weights.ids)).toEqual({ id: 'own@0123456789ab', version: 1 });
    const { regions, nearDuplicates, tuning, zeroShot } = encoder;
    expect({ regions, nearDuplicates, tuning }).toEqual({ regions: null, nearDuplicates: null, tuning: null });
    expect(zeroShot).toEqual({ data: expect.stringContaining('not trained by Descry'), createdAt: 5 });
    expect(encoder.modes(engine, made.weights.files)).toContain('float');
    const model = await openModel(made);
    expect(model.information).toMatchObject({ implementation: 'own', encoder: { id: 'own@0123456789ab', version: 1 } });
    expect(model).toMatchObject({ judge: null, regions: null, dimensions: 16 });
    expect(model.analyse('Two xqzjvkw dogs')).toEqual({
      tokens: ['two', 'xqzjvkw', 'dogs'],
      known: ['two', 'xqzjvkw', 'dogs'],
      unknown: [],
      hardlyKnown: [],
    });
    expect(model.requireKnown('🐶').tokens).toEqual(['🐶']);
    for (const empty of ['', '  ', '?!', '…']) expect(() => model.requireKnown(empty)).toThrow(/Describe the photo/);
    await model.dispose();
  });

  it('is measured as any other model', async () => {
    const made = await make({ side: 32 });
    const photos = await made.encoder.openPhotos(engine, made.weights.files);
    const pictures = colourPictures(
      made.encoder,
      some.map((colour) => colourWords[colour]!),
    );
    const features = rows(await photos.encode(pictures, some.length), made.encoder.featureLength);
    const model = await openModel(made);
    const captioned = some.map((colour, i) => ({
      name: colour,
      set: 'colours',
      captions: [`a ${colour} dog`, `the ${colour} picture`],
      feature: () => features[i]!,
    }));
    const found = await model.evaluate(captioned);
    expect(found).toMatchObject({ photos: 6, captions: 12, words: null, relevance: null });
    expect(found.recalls.textToImage.r1).toBe(100);
    await model.dispose();
    await photos.dispose();
  });

  it('loads a graph when it is needed, and frees it with the last model', async () => {
    const made = await make({ side: 32 });
    const opened: string[] = [];
    let open = 0;
    const watched: OnnxEngine = {
      ...engine,
      openGraph: async (source, options) => {
        const graph = await engine.openGraph(source, options);
        opened.push(path.basename(source as string));
        open++;
        return { ...graph, dispose: () => (open--, graph.dispose()) };
      },
    };
    const encoder = made.encoder.open(made.weights, () => Promise.resolve(watched));
    const [first, second] = [await encoder.openModel('own', null), await encoder.openModel('own', null)];
    await first.embedFeatures(new Float32Array(16).fill(1), 1);
    expect(opened).toEqual([]);
    await Promise.all([first.embedSentences(['red']), second.embedSentences(['green'])]);
    expect(opened).toEqual(['text_model.onnx']);
    await first.dispose();
    await first.dispose();
    expect(open).toBe(1);
    await second.embedSentences(['blue']);
    await second.dispose();
    expect(open).toBe(0);
    const third = await encoder.openModel('own', null);
    await third.embedSentences(['red']);
    expect(opened).toEqual(['text_model.onnx', 'text_model.onnx']);
    await third.dispose();
  });

  it.each([
    ['nan', /gives numbers that are not finite/],
    ['infinite', /gives numbers that are not finite/],
    ['zero', /gives only zeros/],
  ] as const)('whose graphs give what is no embedding (%s) says so, with the file', async (fault, message) => {
    for (const layout of ['two', 'one'] as const) {
      const made = await make({ fault, layout, side: 32 });
      const photos = await made.encoder.openPhotos(engine, made.weights.files);
      const failed = { code: 'encoder-invalid', message: expect.stringMatching(message) };
      await expect(photos.encode(colourPictures(made.encoder, [[1, 0, 0]]), 1)).rejects.toMatchObject(failed);
      const model = await openModel(made);
      await expect(model.embedSentences(['red'])).rejects.toMatchObject(failed);
      await model.dispose();
      await photos.dispose();
    }
  });

  it('whose files are damaged after it was added says so, with the file', async () => {
    const made = await make({ side: 32 });
    for (const [name, use] of [
      ['vision', () => made.encoder.openPhotos(engine, made.weights.files)],
      ['text', async () => (await openModel(made)).embedSentences(['red'])],
      ['tokenizer', async () => (await openModel(made)).embedSentences(['red'])],
    ] as const) {
      const file = made.weights.files[name]!;
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, 1000));
      await expect(use()).rejects.toMatchObject({ code: 'encoder-invalid', parameters: { file } });
      writeFileSync(file, whole);
    }
    const model = await openModel(made);
    await model.embedSentences(['red']);
    await model.dispose();
  });

  it('says that TensorFlow.js cannot run it', async () => {
    const made = await make({ side: 32 });
    const other = await openEngine('tensorflow');
    expect(made.encoder.modes(other, made.weights.files)).toEqual(['float']);
    const failed = { code: 'engine-unavailable', message: expect.stringContaining('My own needs ONNX Runtime') };
    await expect(made.encoder.openPhotos(other, made.weights.files)).rejects.toMatchObject(failed);
    const encoder = made.encoder.open(made.weights, () => Promise.resolve(other));
    await expect(encoder.openModel('own', null)).rejects.toMatchObject(failed);
  });

  it('refuses a file that is no model of it', async () => {
    const { encoder, weights } = await make({ side: 32 });
    const file = path.join(base, 'a model.safetensors');
    writeFileSync(file, 'anything');
    const failed = { code: 'model-invalid', message: expect.stringContaining(file) };
    await expect(encoder.readInformation(file)).rejects.toMatchObject(failed);
    const opened = encoder.open(weights, () => Promise.resolve(engine));
    await expect(opened.openModel(file, file)).rejects.toMatchObject(failed);
  });
});

describe('a library', () => {
  /** Its files are in the test's folder, and not where those of the machine are (test/integration/encoders-fetch.test.ts). */
  const withFiles = ({ encoder, weights }: Made): Encoder => ({
    ...encoder,
    added: null,
    identity: () => encoder.identity(weights.ids),
    openPhotos: (own, _, mode) => encoder.openPhotos(own, weights.files, mode),
    open: (_, own) => encoder.open(weights, own),
  });

  it('is indexed with it and searched by words for colours', async () => {
    const photos = path.join(base, 'photos');
    mkdirSync(photos);
    for (const colour of some) {
      for (const [shape, width, height] of [
        ['wide', 300, 200],
        ['high', 150, 400],
        ['small', 60, 50],
      ] as const) {
        const [r, g, b] = colourWords[colour]!.map((value) => Math.round(255 * value)) as [number, number, number];
        await sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
          .jpeg()
          .toFile(path.join(photos, `${colour} ${shape}.jpg`));
      }
    }
    const added = withFiles(await make());
    const descry = new Descry({ home: path.join(base, 'home'), builtInModel, encoders: [...encoders, added] });
    try {
      await descry.useModel('own');
      const folder = await descry.library.add(photos);
      await descry.library.scan(folder.id);
      expect(await descry.indexer.run()).toMatchObject({ indexed: 18 });
      for (const colour of some) {
        const { ids, sure, goodMatches, relevance } = await descry.search.query(`a ${colour} dog`, { limit: 20 });
        const names = [...ids].map((photo) => path.basename(descry.store.photos.get(photo)!.path, '.jpg'));
        expect(names.slice(0, 3).sort(), colour).toEqual(
          ['high', 'small', 'wide'].map((shape) => `${colour} ${shape}`),
        );
        expect({ sure, goodMatches, relevance: relevance.length }).toEqual({
          sure: true,
          goodMatches: 18,
          relevance: 0,
        });
      }
      await expect(descry.search.query('?!', { limit: 20 })).rejects.toMatchObject({ code: 'query-empty' });
    } finally {
      await descry.close();
    }
  });
});
