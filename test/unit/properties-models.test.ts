/** Files of numbers: safetensors, models, checkpoints, recipes, graphs and rows in a few bits. */
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { nibblesOf, regionScores } from '../../electron/store/region-rows.ts';
import { namesOfClasses, parseClassNames } from '../../models/concepts/class-names.ts';
import { DescryError } from '../../models/errors.ts';
import { fromByteRows, toByteRows } from '../../models/files/byte-rows.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../models/files/safetensors.ts';
import { seededRandom } from '../../models/math/random.ts';
import { allFinite, initialBranch } from '../../models/network/network.ts';
import { projectionGraph } from '../../models/network/projection-graph.ts';
import { ModelProto } from '../../models/onnx/proto.ts';
import { kerasTensors, parseKerasModel } from '../../models/resnet50/keras.ts';
import { decodeTuning } from '../../models/resnet50/tuning/checkpoint.ts';
import {
  decodeBranch,
  decodeCheckpoint,
  encodeBranch,
  encodeCheckpoint,
} from '../../models/two-branch/checkpoint-file.ts';
import { decodeModel, encodeModel, type Model } from '../../models/two-branch/model-file.ts';
import { parseRecipe, recipes } from '../../models/two-branch/recipe.ts';
import { damaged, expectCleanPrototypes, jsonOf, property } from '../fixtures/properties.ts';
import { modelMetadata } from '../fixtures/model-metadata.ts';

const extent = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
const tensor: fc.Arbitrary<Tensor> = fc
  .array(fc.nat(3), { maxLength: 3 })
  .chain((shape) =>
    fc
      .float32Array({ minLength: extent(shape), maxLength: extent(shape), noNaN: true, noDefaultInfinity: true })
      .map((data) => ({ shape, data })),
  );
const safetensors = fc
  .array(fc.tuple(fc.string({ maxLength: 8 }), tensor), { maxLength: 4 })
  .filter((all) => all.every(([name]) => name !== '__metadata__' && name !== '__proto__'))
  .map((all) => ({ metadata: { a: 'ü"' }, tensors: new Map(all) }));

/** What is read of a file is never more than the file holds. */
function expectWithin(tensors: ReadonlyMap<string, Tensor>, bytes: number): void {
  let numbers = 0;
  for (const { shape, data } of tensors.values()) {
    expect(data).toHaveLength(extent(shape));
    numbers += data.length;
  }
  expect(numbers).toBeLessThanOrEqual(bytes);
}

const branch = (inputs: number) => initialBranch({ inputs, hidden: 2, outputs: 3 }, seededRandom(1));
const network = { image: branch(4), text: branch(2) };
const model: Model = {
  network,
  text: {
    spec: recipes.seed.text,
    vectors: { id: 'vectors', dimensions: 4 },
    captions: 3,
    words: ['dog'],
    counts: [3],
    parts: [{ kind: 'bag-of-words', vocabulary: ['dog'] }],
  },
  metadata: modelMetadata(network),
  captionCounts: new Map([['dog', 3]]),
};
const modelBytes = encodeModel(model);
const joinedBytes = encodeModel({
  ...model,
  metadata: {
    ...model.metadata,
    joined: {
      members: [{ input: recipes.seed.image, image: network.image.shape, text: network.text.shape }],
      dimensions: 2,
    },
  },
  joined: { others: [{ image: recipes.seed.image, weights: network }], basis: new Float32Array(12), dimensions: 2 },
});
const checkpoint = encodeCheckpoint(
  { epoch: 1, randomState: 2, weights: network, momentum: network, best: null, averagedText: null },
  { note: true },
);
const branchBytes = encodeBranch(network.text, 'note');
/** Errors that readers expect of bytes that are not what they should be; any other is a fault. */
const isExpected = (error: unknown) =>
  error instanceof RangeError ||
  error instanceof SyntaxError ||
  (error as Error).name === 'ZodError' ||
  (error as Error).name === '$ZodError';

describe('safetensors', () => {
  property('a written file is read back', safetensors, (file) => {
    const { metadata, tensors } = decodeSafetensors(encodeSafetensors(file, 'F32'));
    expect(metadata).toEqual(file.metadata);
    expect(tensors).toEqual(file.tensors);
  });

  const small = encodeSafetensors(
    {
      metadata: { a: 'b' },
      tensors: new Map([
        ['m', { shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, 5, 6) }],
        ['v', { shape: [2], data: Float32Array.of(1, 2) }],
        ['e', { shape: [0, 4], data: new Float32Array() }],
      ]),
    },
    ({ shape }) => (shape.length === 2 ? 'I8' : 'F16'),
  );
  property('a damaged one is refused, or gives no more numbers than it holds', damaged(small, modelBytes), (bytes) => {
    try {
      expectWithin(decodeSafetensors(bytes).tensors, bytes.length);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
    expectCleanPrototypes();
  });
});

describe('models and checkpoints', () => {
  property('a damaged model is refused with its name, or is whole', damaged(modelBytes, joinedBytes), (bytes) => {
    try {
      const read = decodeModel(bytes, 'some.safetensors');
      expect(read.network.image.shape.outputs).toBe(read.network.text.shape.outputs);
      for (const { hiddenWeight, outputWeight, shape } of [read.network.image, read.network.text]) {
        expect(hiddenWeight).toHaveLength((shape.components ?? shape.inputs) * shape.hidden);
        expect(allFinite(hiddenWeight) && allFinite(outputWeight)).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof DescryError)) throw error;
      expect(error.code).toBe('model-invalid');
      expect(error.message).toMatch(/^some\.safetensors is no Descry model: /);
      expect(error.message.length).toBeLessThan(2000);
    }
  });

  property('a damaged checkpoint is refused, or is whole', damaged(checkpoint, branchBytes), (bytes) => {
    for (const decode of [decodeCheckpoint, decodeBranch, decodeTuning]) {
      try {
        decode(bytes);
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    }
  });

  const names = Object.keys(recipes.default).concat('kind', 'parts', 'epochs', 'name', 'image', 'text', 'memory');
  const valid = fc.constantFrom(...Object.values(recipes));
  const edited = fc.tuple(valid, jsonOf(names)).map(([recipe, other]) => ({ ...recipe, ...(other as object) }));
  property('a recipe is refused in words, or is one that is read again', fc.oneof(jsonOf(names), edited), (value) => {
    try {
      const recipe = parseRecipe(value, 'recipe.json');
      expect(parseRecipe(JSON.parse(JSON.stringify(recipe)), 'again')).toEqual(recipe);
    } catch (error) {
      if (!(error instanceof DescryError)) throw error;
      expect(error.code).toBe('recipe-invalid');
    }
    expectCleanPrototypes();
  });

  const synset = fc.tuple(fc.string({ maxLength: 5 }), fc.nat(6), fc.nat(6));
  const classNames = fc.record({ synsets: fc.array(synset, { maxLength: 6 }), classes: fc.array(fc.nat(6)) });
  property(
    'names of classes are found also where meanings go round in circles',
    fc.oneof(classNames, jsonOf(['synsets', 'classes'])),
    (value) => {
      try {
        const names = parseClassNames(value);
        expect(namesOfClasses(names)).toHaveLength(names.classes.length);
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    },
  );

  const modelJson = {
    format: 'layers-model',
    weightsManifest: [{ paths: ['shard'], weights: [{ name: 'a', shape: [2, 2], dtype: 'float32' }] }],
  };
  property(
    'a damaged Keras model is refused, or has its weights',
    damaged(Buffer.from(JSON.stringify(modelJson))),
    (bytes) => {
      try {
        for (const group of parseKerasModel(new TextDecoder().decode(bytes))) {
          for (const shard of group.paths) expect(path.join('/folder', shard)).toMatch(/^[/\\]folder(?:[/\\]|$)/);
          for (const [, { shape, data }] of kerasTensors(group, Buffer.alloc(20))) {
            expect(data).toHaveLength(extent(shape));
          }
        }
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    },
  );

  property('a damaged graph is refused, or is read', damaged(projectionGraph(network.image.shape)), (bytes) => {
    try {
      ModelProto.encode(ModelProto.decode(bytes)).finish();
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    expectCleanPrototypes();
  });
});

describe('rows in a few bits', () => {
  const rows = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }))
    .chain(([count, width]) =>
      fc
        .float32Array({ minLength: count * width, maxLength: count * width, noNaN: true, noDefaultInfinity: true })
        .map((values) => ({ count, width, values })),
    );
  property('8 bits are off by at most half a scale', rows, ({ count, width, values }) => {
    const bytes = toByteRows(values, count);
    const back = fromByteRows(bytes);
    values.forEach((value, i) => {
      // and by the rounding of a scale that is subnormal
      const scale = bytes.scales[Math.floor(i / width)]!;
      expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(scale * 0.5001 + 127 * 2 ** -149);
    });
  });

  property('4 bits of unit rows give inner products within their steps', rows, ({ count, width, values }) => {
    const unit = values.map((value) => Math.max(-1, Math.min(1, value)));
    const out = new Float32Array(count);
    regionScores(nibblesOf(unit, count), new Float32Array(width).fill(1), out);
    for (let row = 0; row < count; row++) {
      const exact = unit.slice(row * width, (row + 1) * width).reduce((sum, value) => sum + value, 0);
      expect(Math.abs(out[row]! - exact)).toBeLessThanOrEqual((width / 14) * 1.001);
    }
  });
});
