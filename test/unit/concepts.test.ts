/** The concept part of embeddings, on three classes and a dozen word vectors. */
import { beforeAll, describe, expect, it } from 'vitest';
import { ClassIndex, imageNetNames, namesOfClasses, parseClassNames } from '../../models/concepts/class-names.ts';
import { Concepts, longestPhotoPart, type Classifier, type ConceptWeights } from '../../models/concepts/concepts.ts';
import { fitConcepts } from '../../models/concepts/fit.ts';
import { knowledgeOf } from '../../models/concepts/knowledge.ts';
import type { ConceptSpec } from '../../models/concepts/spec.ts';
import { openEngine } from '../../models/engine/index.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { seededRandom } from '../../models/math/random.ts';
import type { WordVectors } from '../../models/text/word-vectors.ts';
import { decodeConcepts, encodeConcepts } from '../../models/two-branch/concept-tensors.ts';
import { smallWordVectors } from '../fixtures/word-vectors.ts';

const names = parseClassNames({
  synsets: [
    ['animal'],
    ['cat,true cat', 0],
    ['tabby,tabby cat', 1],
    ['fire engine,fire truck'],
    ['banana', 5],
    ['fruit'],
  ],
  classes: [2, 3, 4],
});
const spec: ConceptSpec = {
  dimensions: 2,
  photoTemperature: 1,
  wordTemperature: 0.1,
  removedComponents: 0,
  generality: 0.5,
  namesWeight: 0.5,
  halfCount: 20,
  leastWeight: 0.3,
  amount: 0.2,
};
/** Of a feature the first three numbers are the logits. */
const classifier: Classifier = {
  inputs: 3,
  weights: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
  bias: new Float32Array(3),
};
const photo = { cat: [6, 0, 0, 9], engine: [0, 6, 0, 9], banana: [0, 0, 6, 9] };
const photos = Float32Array.from(Array.from({ length: 30 }, (_, i) => Object.values(photo)[i % 3]!).flat());

let vectors: WordVectors;
let engine: Engine;
let weights: ConceptWeights;
beforeAll(async () => {
  const axis = (i: number, also = 0.1) => [0, 1, 2, 3].map((k) => (k === i ? 1 : k === 3 ? also : 0));
  vectors = await smallWordVectors({
    ...{ the: axis(3), tabby: axis(0), cat: axis(0, 0.2), kitten: axis(0, 0.3), animal: axis(0, 0.5), true: axis(3) },
    ...{ fire: [0, 0.8, 0.2, 0.1], engine: axis(1), truck: axis(1, 0.2), ambulance: axis(1, 0.4) },
    ...{ banana: axis(2), fruit: axis(2, 0.2), mango: axis(2, 0.3), idea: axis(3, 1) },
  });
  engine = await openEngine('onnx');
  const sources = { products: engine.similarities, vectors, classifier, names, random: seededRandom(1) };
  weights = (await fitConcepts(sources, spec, photos, 30))!;
});

const open = (counts: Record<string, number> = {}, of = weights, by: Engine = engine) =>
  new Concepts(of, vectors, by.similarities, new Map(Object.entries(counts)));
const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const norm = (a: Float32Array) => Math.sqrt(inner(a, a));
async function scores(sentence: string, concepts = open()): Promise<Record<keyof typeof photo, number>> {
  const parts = await concepts.ofPhotos(Float32Array.from(Object.values(photo).flat()), 3);
  const words = concepts.ofSentence(sentence);
  const at = (row: number) => inner(words, parts.subarray(row * 2, row * 2 + 2));
  return { cat: at(0), engine: at(1), banana: at(2) };
}

describe('class names', () => {
  it('list the names of a class, and then those of more general meanings', () => {
    expect(namesOfClasses(names)[0]).toEqual([
      { names: ['tabby', 'tabby cat'], distance: 0 },
      { names: ['cat', 'true cat'], distance: 1 },
      { names: ['animal'], distance: 2 },
    ]);
  });

  it('find classes by any of their names, in any inflection', () => {
    const index = new ClassIndex(names);
    expect([...index.find('animals')!]).toEqual([[0, 2]]);
    expect([...index.find('fire truck')!]).toEqual([[1, 0]]);
    expect(index.find('dog')).toBeUndefined();
  });

  it('are refused where a place is outside the list', () => {
    expect(() => parseClassNames({ synsets: [['cat', 3]], classes: [0] })).toThrow(/no name/);
  });

  it('of ImageNet say what its photos show', () => {
    const index = new ClassIndex(imageNetNames);
    const named = (word: string) => [...(index.find(word)?.keys() ?? [])];
    expect(imageNetNames.classes).toHaveLength(1000);
    expect(named('dogs').length).toBe(118);
    expect(named('cat')).toEqual(expect.arrayContaining([281, 282, 283, 284, 285]));
    expect(named('crane')).toEqual([134, 517]);
    expect(named('entity')).toEqual([]);
    expect(named('mug')).toEqual([504]);
  });
});

describe('concepts', () => {
  it('find a photo by words that name its class, more general ones, and similar ones', async () => {
    for (const word of ['tabby', 'a cat', 'animals', 'kitten']) {
      const { cat, engine: other, banana } = await scores(word);
      expect([word, cat > 0.1, other < 0, banana < 0]).toEqual([word, true, true, true]);
    }
    expect((await scores('mango')).banana).toBeGreaterThan(0.1);
  });

  it('take words that together name a class as one', async () => {
    const together = await scores('a fire engine');
    expect(open().wordsOf('a fire engine and an idea')).toEqual([
      { word: 'fire engine', namesClasses: true },
      { word: 'idea', namesClasses: false },
    ]);
    expect(together.engine).toBeGreaterThan(0.1);
  });

  it('count a word less, the more captions have it, and one that names a class at least so much', () => {
    const length = (word: string, count: number) => norm(open({ [word]: count }).ofSentence(word));
    expect(length('mango', 0)).toBeCloseTo(1, 5);
    expect(length('mango', 20)).toBeCloseTo(0.5, 5);
    expect(length('cat', 20)).toBeCloseTo(0.5, 5);
    expect(length('cat', 10_000)).toBeCloseTo(0.3, 5);
    expect(length('the', 0)).toBe(0);
    expect(length('xyzzy', 0)).toBe(0);
  });

  it('limit the length of a photo, whatever its feature', async () => {
    const loud = { ...weights, spec: { ...spec, amount: 1 } };
    const parts = await open({}, loud).ofPhotos(Float32Array.of(50, -50, -50, 0, 0, 0, 0, 0), 2);
    for (const row of [parts.subarray(0, 2), parts.subarray(2)])
      expect(norm(row)).toBeLessThan(longestPhotoPart + 1e-5);
    expect(norm(parts.subarray(0, 2))).toBeGreaterThan(0.5);
  });

  it('are the same in a file, but for 8 bits, and on both engines', async () => {
    const { description, tensors } = encodeConcepts(weights);
    const again = decodeConcepts(description, new Map(tensors));
    expect(await scores('a kitten', open({}, again))).toEqual(await scores('a kitten'));
    const other = await openEngine('tensorflow');
    const onOther = await scores('a kitten', open({}, weights, other));
    expect(onOther.cat).toBeCloseTo((await scores('a kitten')).cat, 4);
    tensors.splice(0, 1);
    expect(() => decodeConcepts(description, new Map(tensors))).toThrow(/concepts.classifier is missing/);
  });

  it('are not fitted for more dimensions than there are words', async () => {
    const sources = { products: engine.similarities, vectors, classifier, names, random: seededRandom(1) };
    expect(await fitConcepts(sources, { ...spec, dimensions: 4 }, photos, 30)).toBeUndefined();
  });
});

it('a model knows words from captions, by classes, or by similar words', () => {
  const counts = new Map([
    ['the', 900],
    ['cat', 40],
    ['mango', 3],
  ]);
  const { learnt, byClasses, bySimilar } = knowledgeOf(counts, new ClassIndex(names), vectors);
  expect(learnt).toEqual({ count: 1, examples: ['cat'] });
  expect(byClasses.examples.slice(0, 3)).toEqual(['tabby', 'animal', 'banana']);
  expect(byClasses.count).toBe(8);
  expect(bySimilar.examples).toEqual(expect.arrayContaining(['kitten', 'ambulance', 'mango', 'idea']));
  expect(bySimilar.examples).not.toContain('cat');
  expect(knowledgeOf(counts, undefined, vectors).byClasses.count).toBe(0);
});
