import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../models/files/half.ts';
import { decodeSafetensors, encodeSafetensors, readSafetensorsMetadata } from '../../models/files/safetensors.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../models/two-branch/checkpoint-file.ts';
import {
  branchTensors,
  describeJoined,
  encodeModel,
  readModel,
  readModelMetadata,
  type Model,
} from '../../models/two-branch/model-file.ts';
import { allFinite, initialBranch, type NetworkWeights } from '../../models/network/network.ts';
import { seededRandom } from '../../models/math/random.ts';
import { recipes } from '../../models/two-branch/recipe.ts';
import { modelMetadata } from '../fixtures/model-metadata.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('half precision', () => {
  it('keeps every half through a round trip', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const back = toHalf(fromHalf(bits));
    bits.forEach((value, i) => {
      const isNaNHalf = (value & 0x7c00) === 0x7c00 && (value & 0x3ff) !== 0;
      if (isNaNHalf) expect(Number.isNaN(fromHalf(back.subarray(i, i + 1))[0])).toBe(true);
      else if (back[i] !== value) throw new Error(`half ${value} came back as ${back[i]}`);
    });
  });

  it('rounds to the nearest half, ties to even', () => {
    const of = (value: number) => fromHalf(toHalf(Float32Array.of(value)))[0];
    expect(of(1 + 2 ** -11)).toBe(1); // half-way between 1 and its neighbour, which is odd
    expect(of(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(of(0.1)).toBeCloseTo(0.1, 4);
    expect(of(65_519)).toBe(65_504);
    expect(of(65_520)).toBe(Infinity);
    expect(of(-1e9)).toBe(-Infinity);
    expect(of(2 ** -25)).toBe(0);
    expect(of(2 ** -24)).toBe(2 ** -24);
    expect(of(1.5 * 2 ** -24)).toBe(2 ** -23);
    expect(Object.is(of(-0), -0)).toBe(true);
    expect(of(NaN)).toBeNaN();
  });
});

describe('safetensors', () => {
  const file = {
    metadata: { name: 'grüße', empty: '' },
    tensors: new Map([
      ['a', { shape: [2, 3], data: Float32Array.of(1, -2, 0.5, 0, 4, 1e-3) }],
      ['empty', { shape: [0, 4], data: new Float32Array() }],
      ['scalar', { shape: [], data: Float32Array.of(7) }],
    ]),
  };

  it('comes back from a Buffer at any offset', () => {
    for (const dtype of ['F32', 'F16'] as const) {
      const bytes = encodeSafetensors(file, dtype);
      for (const offset of [0, 1, 2, 3, 5, 8]) {
        const buffer = Buffer.from(new ArrayBuffer(bytes.length + offset + 3), offset, bytes.length);
        buffer.set(bytes);
        const { metadata, tensors } = decodeSafetensors(buffer);
        expect(metadata).toEqual(file.metadata);
        expect([...tensors.keys()]).toEqual([...file.tensors.keys()]);
        for (const [name, { shape, data }] of tensors) {
          expect(shape).toEqual(file.tensors.get(name)!.shape);
          expect([...data].map((value) => Number(value.toFixed(4)))).toEqual(
            [...file.tensors.get(name)!.data].map((value) => Number(value.toFixed(4))),
          );
        }
      }
    }
    expect(decodeSafetensors(encodeSafetensors(file, 'F32')).tensors.get('a')!.data).toEqual(
      file.tensors.get('a')!.data,
    );
  });

  it('is not changed by what happens to the bytes later', () => {
    const bytes = encodeSafetensors(file, 'F32');
    const { tensors } = decodeSafetensors(bytes);
    bytes.fill(0);
    expect(tensors.get('scalar')!.data[0]).toBe(7);
  });

  const withHeader = (header: unknown, body = 64) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([start, json, Buffer.alloc(body)]);
  };
  const tensor = (shape: unknown, from: number, to: number, dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['seven bytes', Buffer.alloc(7)],
    ['a header longer than the file', Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 123])],
    ['a header of 2^63 bytes', Buffer.from([0, 0, 0, 0, 0, 0, 0, 128, 1])],
    ['no JSON', withHeader('{"a":')],
    ['a list', withHeader([])],
    ['null', withHeader('null')],
    ['a tensor beyond the end', withHeader({ a: tensor([32], 0, 128) })],
    ['a tensor that ends before it begins', withHeader({ a: tensor([4], 16, 0) })],
    ['a negative place', withHeader({ a: tensor([4], -16, 0) })],
    ['a shape that does not fit', withHeader({ a: tensor([5], 0, 16) })],
    ['a negative extent', withHeader({ a: tensor([-2, -2], 0, 16) })],
    ['a shape whose product overflows', withHeader({ a: tensor([2 ** 40, 2 ** 40], 0, 16) })],
    ['a type that is not ours', withHeader({ a: tensor([2], 0, 16, 'I64') })],
    ['numbers in the metadata', withHeader({ __metadata__: { a: 1 } })],
    ['tensors that share bytes', withHeader({ a: tensor([16], 0, 64), b: tensor([16], 0, 64) })],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow();
  });

  it('reads the metadata alone', async () => {
    const place = path.join(folder, 'metadata.safetensors');
    writeFileSync(place, encodeSafetensors(file, 'F16'));
    expect(await readSafetensorsMetadata(place)).toEqual(file.metadata);
    for (const bytes of [Buffer.alloc(3), Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 123]), withHeader('null')]) {
      writeFileSync(place, bytes);
      await expect(readSafetensorsMetadata(place)).rejects.toThrow();
    }
  });
});

function network(seed = 1, outputs = 8): NetworkWeights {
  const random = seededRandom(seed);
  return {
    image: initialBranch({ inputs: 6, hidden: 5, outputs }, random),
    text: initialBranch({ inputs: 4, hidden: 3, outputs }, random),
  };
}

function model(weights = network()): Model {
  return {
    network: weights,
    text: {
      spec: recipes.seed.text,
      vectors: { id: 'vectors', dimensions: 4 },
      captions: 0,
      words: [],
      counts: [],
      parts: [],
    },
    metadata: modelMetadata(weights),
  };
}

describe('a model file', () => {
  let count = 0;
  const written = (bytes: Uint8Array) => {
    const place = path.join(folder, `${count++}.safetensors`);
    writeFileSync(place, bytes);
    return place;
  };
  /** the file of `model()` with one thing changed */
  const changed = (
    change: (file: {
      metadata: Record<string, string>;
      tensors: Map<string, { shape: readonly number[]; data: Float32Array }>;
    }) => void,
  ) => {
    const file = decodeSafetensors(encodeModel(model()));
    const copy = { metadata: { ...file.metadata }, tensors: new Map(file.tensors) };
    change(copy);
    return written(encodeSafetensors(copy, 'F32'));
  };

  it('says about itself what was written, with and without its weights', async () => {
    const place = written(encodeModel(model()));
    expect(await readModelMetadata(place)).toEqual(model().metadata);
  });

  it('keeps in how many captions each word was; a file of an earlier version says nothing of it', async () => {
    const captionCounts = new Map([
      ['dog', 12],
      ['__proto__', 1],
    ]);
    expect((await readModel(written(encodeModel({ ...model(), captionCounts })))).captionCounts).toEqual(captionCounts);
    expect((await readModel(written(encodeModel(model())))).captionCounts).toBeUndefined();
  });

  const several = () => {
    const first = model();
    const member = { weights: first.network, image: recipes.layers.image };
    const width = 2 * first.network.text.shape.outputs;
    const joined = { others: [member], basis: Float32Array.from({ length: 2 * width }, (_, i) => i), dimensions: 2 };
    return { ...first, joined, metadata: { ...first.metadata, joined: describeJoined(joined) } };
  };

  it('keeps networks that are joined with the first one, in a format that older versions refuse', async () => {
    const whole = several();
    const bytes = encodeModel(whole);
    expect(decodeSafetensors(bytes).metadata['format']).toBe('descry-model-2');
    const { joined } = await readModel(written(bytes));
    expect(joined!.dimensions).toBe(2);
    expect(joined!.others.map(({ image }) => image)).toEqual([recipes.layers.image]);
    expect(joined!.others[0]!.weights.text.shape).toEqual(whole.network.text.shape);
    const largest = whole.joined.basis.length - 1;
    whole.joined.basis.forEach((value, i) => {
      expect(Math.abs(joined!.basis[i]! - value)).toBeLessThanOrEqual(largest / 250);
    });
    expect((await readModel(written(encodeModel(model())))).joined).toBeUndefined();
  });

  it('is refused where a joined network or the basis is missing', async () => {
    for (const name of ['joined.1.text.outputWeight', 'joined.basis']) {
      const { metadata, tensors } = decodeSafetensors(encodeModel(several()));
      const left = new Map([...tensors].filter(([own]) => own !== name));
      await expect(readModel(written(encodeSafetensors({ metadata, tensors: left }, 'F32')))).rejects.toThrow(name);
    }
  });

  it('of an earlier version is calibrated for libraries of up to 1,000 photos', async () => {
    const earlier = changed(({ metadata }) => {
      const calibration: Record<string, unknown> = { ...model().metadata.calibration };
      delete calibration['largestLibrary'];
      metadata['model'] = JSON.stringify({ ...model().metadata, calibration });
    });
    expect((await readModelMetadata(earlier)).calibration).toMatchObject({ score: 2, largestLibrary: 1000 });
  });

  it('of an older version has no calibration, but can be used', async () => {
    const older = changed(({ metadata, tensors }) => {
      const calibration = { bias: -1, score: 2, lead: 3 };
      metadata['model'] = JSON.stringify({ ...model().metadata, calibration });
      tensors.set('reference', { shape: [1, 2], data: Float32Array.of(1, 0) });
    });
    expect(await readModelMetadata(older)).toEqual({ ...model().metadata, calibration: null });
  });

  /** As an earlier version wrote it: matrices in half precision. */
  const inHalfPrecision = (whole: Model) => {
    const { metadata } = decodeSafetensors(encodeModel(whole));
    const { image, text } = whole.network;
    const tensors = new Map([...branchTensors('image', image), ...branchTensors('text', text)]);
    return encodeSafetensors({ metadata, tensors }, ({ shape }) => (shape.length > 1 ? 'F16' : 'F32'));
  };
  const dtypes = (bytes: Uint8Array) => {
    const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString()) as object;
    return Object.fromEntries(
      Object.entries(header).map(([name, { dtype }]: [string, { dtype?: string }]) => [name, dtype]),
    );
  };

  // The text side of this model is not a fitted one: the network is read on its own.
  it('keeps matrices in 8 bits, and what these cannot hold in full precision', () => {
    const weights = network();
    weights.image.normVariance.fill(1e9);
    weights.image.normMean.fill(-123_456.78);
    weights.text.outputWeight.set([70_000, 1e-3]);
    const bytes = encodeModel(model(weights));
    expect(dtypes(bytes)).toMatchObject({ 'image.hiddenWeight': 'I8', 'text.outputWeight': 'F32' });
    const { tensors } = decodeSafetensors(bytes);
    expect(tensors.size).toBe(16);
    expect(tensors.get('image.normVariance')!.data).toEqual(weights.image.normVariance);
    expect(tensors.get('image.normMean')!.data).toEqual(weights.image.normMean);
    expect(tensors.get('text.outputWeight')!.data).toEqual(weights.text.outputWeight);
    const kept = tensors.get('image.hiddenWeight')!.data;
    expect(kept).not.toEqual(weights.image.hiddenWeight);
    kept.forEach((value, i) => expect(value).toBeCloseTo(weights.image.hiddenWeight[i]!, 2));
  });

  it('that an earlier version wrote, in half precision, can still be read', async () => {
    const whole = model();
    const { network: half } = await readModel(written(inHalfPrecision(whole)));
    const { network: byte } = await readModel(written(encodeModel(whole)));
    for (const side of ['image', 'text'] as const) {
      const exact = whole.network[side];
      half[side].hiddenWeight.forEach((value, i) => expect(value).toBeCloseTo(exact.hiddenWeight[i]!, 3));
      byte[side].hiddenWeight.forEach((value, i) => expect(value).toBeCloseTo(exact.hiddenWeight[i]!, 2));
      expect(byte[side].normGamma).toEqual(exact.normGamma);
    }
  });

  it.each<[string, RegExp, Parameters<typeof changed>[0]]>([
    ['another format', /its format is other/, ({ metadata }) => (metadata['format'] = 'other')],
    ['no metadata', /model/i, ({ metadata }) => delete metadata['model']],
    ['a missing tensor', /image\.hiddenWeight is missing/, ({ tensors }) => tensors.delete('image.hiddenWeight')],
    [
      'other dimensions',
      /text\.hiddenWeight is \[3, 4\], not \[4, 3\]/,
      ({ tensors }) => tensors.set('text.hiddenWeight', { shape: [3, 4], data: new Float32Array(12) }),
    ],
    [
      'what is no number',
      /image\.outputBias holds/,
      ({ tensors }) => tensors.set('image.outputBias', { shape: [8], data: new Float32Array(8).fill(NaN) }),
    ],
    [
      'infinity',
      /image\.normVariance holds/,
      ({ tensors }) => tensors.set('image.normVariance', { shape: [8], data: new Float32Array(8).fill(Infinity) }),
    ],
    [
      'branches that do not meet',
      /missing|dimensions|not \[/,
      ({ metadata }) =>
        (metadata['model'] = JSON.stringify({ ...model().metadata, text: { inputs: 4, hidden: 3, outputs: 9 } })),
    ],
  ])('with %s is refused by name', async (_, reason, change) => {
    const place = changed(change);
    const refused = readModel(place);
    await expect(refused).rejects.toMatchObject({ code: 'model-invalid', message: expect.stringContaining(place) });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(/that Descry exported/);
  });

  it('that is not there, or is something else, is refused too', async () => {
    await expect(readModel(path.join(folder, 'nothing'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(readModel(folder)).rejects.toMatchObject({ code: 'model-invalid' });
    await expect(readModel(written(Buffer.from('a JPEG, perhaps')))).rejects.toMatchObject({ code: 'model-invalid' });
    await expect(readModelMetadata(written(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'model-invalid' });
  });
});

describe('the model that Descry comes with', () => {
  it('opens, although its recipe and its text side name options that are gone', async () => {
    const { metadata, network: weights, text } = await readModel('models/pretrained/default.safetensors');
    expect(metadata.recipe.name).toBe('default');
    expect(text.spec.parts).toEqual(recipes.default.text.parts);
    expect(weights.text.shape.outputs).toBe(recipes.default.network.embedding);
  });
});

describe('a checkpoint', () => {
  const recall = { r1: 1, r5: 5, r10: 10, medianRank: 50.5 };
  const both = { textToImage: recall, imageToText: recall };
  const checkpoint = {
    epoch: 7,
    randomState: 4_000_000_000,
    weights: network(1),
    momentum: network(2),
    best: { epoch: 5, recalls: both, setRecalls: [both, both], weights: network(3) },
    averagedText: network(4).text,
  };

  it('keeps every bit', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint, { of: 'data' }))).toEqual({
      checkpoint,
      note: { of: 'data' },
    });
    const first = { ...checkpoint, best: null, averagedText: null };
    expect(decodeCheckpoint(encodeCheckpoint(first, null)).checkpoint).toEqual(first);
  });

  it('of an earlier version, which averaged both branches, opens', () => {
    const { metadata, tensors } = decodeSafetensors(encodeCheckpoint(checkpoint, null));
    const header = JSON.parse(metadata['checkpoint']!) as object;
    const earlier = encodeSafetensors(
      {
        metadata: { ...metadata, checkpoint: JSON.stringify({ ...header, averaged: 2 }) },
        tensors: new Map([...tensors, ...branchTensors('averaged.image', network(4).image)]),
      },
      'F32',
    );
    expect(decodeCheckpoint(earlier).checkpoint).toEqual(checkpoint);
  });

  it('of an earlier version, which knew one dataset only, has its recall as that of the only set', () => {
    const { metadata, tensors } = decodeSafetensors(encodeCheckpoint(checkpoint, null));
    const { best, ...header } = JSON.parse(metadata['checkpoint']!) as { best: object };
    const earlier = JSON.stringify({ ...header, best: { ...best, setRecalls: undefined } });
    const bytes = encodeSafetensors(
      { metadata: { ...metadata, checkpoint: earlier }, tensors: new Map(tensors) },
      'F32',
    );
    expect(decodeCheckpoint(bytes).checkpoint).toEqual({
      ...checkpoint,
      best: { ...checkpoint.best, setRecalls: [both] },
    });
  });

  it('is rejected when it is cut off at any byte', () => {
    const bytes = encodeCheckpoint(checkpoint, null);
    for (const length of [0, 5, 100, Math.floor(bytes.length / 2), bytes.length - 1]) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length))).toThrow();
    }
  });
});

describe('allFinite', () => {
  it('sees NaN and both infinities anywhere', () => {
    expect(allFinite(Float32Array.of(1, -3e38, 0))).toBe(true);
    expect(allFinite(new Float32Array())).toBe(true);
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const place of [0, 1, 2]) expect(allFinite(new Float32Array(3).fill(bad, place, place + 1))).toBe(false);
    }
  });
});
