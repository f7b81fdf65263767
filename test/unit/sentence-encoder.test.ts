import { beforeAll, describe, expect, test } from 'vitest';
import type { WordVectors } from '../../models/text/word-vectors.ts';
import { fittedText, textSpec, type FittedText, type TextSpec } from '../../models/text/fitted-text.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../../models/text/sentence-encoder.ts';
import { smallWordVectors, vectorOfWord } from '../fixtures/word-vectors.ts';

let vectors: WordVectors;
beforeAll(async () => {
  vectors = await smallWordVectors({
    the: [1, 1, 1, 0.5],
    dog: [0.5, -1, 2, 0],
    dogs: [0.75, -1, 1.5, 0],
    cat: [0.25, 1, -2, 1],
    beach: [-1, 0.5, 0, 2],
    horse: [1, -2, -0.5, 0.25],
    unused: [2, 2, 2, 2],
  });
});

const captions = ['The dog .', 'The dogs on the beach', 'the cat', 'A zorb and the dog', 'a zorb'];
const specOf = (...parts: unknown[]): TextSpec => textSpec.parse({ parts });
const encoderOf = (spec: TextSpec, from = captions) =>
  new SentenceEncoder(fitSentenceEncoder(from, vectors, spec), vectors);
const sifOnly = () => specOf({ kind: 'sif' });
const everything = () => specOf({ kind: 'sif', scale: 2, norm: 'l2' }, { kind: 'bag-of-words', minCount: 1 });

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('SIF', () => {
  test('is the weighted mean without its projection on the principal component (Arora et al. 2017, algorithm 1)', () => {
    const fitted = fitSentenceEncoder(captions, vectors, sifOnly());
    // by hand: ten caption words have vectors: the ×5, dog ×2, dogs, cat, beach
    const p = { the: 5 / 10, dog: 2 / 10, beach: 1 / 10 };
    const weight = (word: keyof typeof p) => 1e-3 / (1e-3 + p[word]);
    const used = ['the', 'dog', 'beach'] as const;
    const mean = [0, 1, 2, 3].map(
      (i) => used.reduce((sum, word) => sum + weight(word) * vectorOfWord(vectors, word)![i]!, 0) / used.length,
    );
    const part = fitted.parts[0]!;
    if (part.kind !== 'sif') throw new Error('the part is no SIF');
    const projection = dot(mean, part.component);
    const expected = mean.map((x, i) => x - projection * part.component[i]!);
    const row = new SentenceEncoder(fitted, vectors).encode(['The dog, on (xyzzy) beach!']);
    row.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 7));
    expect(Math.hypot(...row)).toBeGreaterThan(1e-4);
  });

  test('removes the component from queries as from captions: every row is orthogonal to it', () => {
    const fitted = fitSentenceEncoder(captions, vectors, sifOnly());
    const part = fitted.parts[0]!;
    if (part.kind !== 'sif') throw new Error('the part is no SIF');
    const encoder = new SentenceEncoder(fitted, vectors);
    const sentences = [...captions.slice(0, 3), 'a horse', 'cat and dog and unused'];
    const rows = encoder.encode(sentences);
    for (let r = 0; r < sentences.length; r++) {
      const row = rows.subarray(r * 4, r * 4 + 4);
      expect(Math.hypot(...row)).toBeGreaterThan(1e-4);
      expect(dot(row, part.component)).toBeCloseTo(0, 6);
    }
  });

  test('gives frequent words less weight than rare ones', () => {
    const many = [...Array.from({ length: 100 }, () => 'the'), 'dog', 'cat', 'beach'];
    const fitted = fitSentenceEncoder(many, vectors, sifOnly());
    const part = fitted.parts[0]!;
    if (part.kind !== 'sif') throw new Error('the part is no SIF');
    const counted = new Map(part.ranks.map((rank, i) => [rank, part.counts[i]]));
    expect(counted.get(vectors.rank('the'))).toBe(100);
    const encoder = new SentenceEncoder(fitted, vectors);
    expect(Math.hypot(...encoder.encode(['dog']))).toBeGreaterThan(10 * Math.hypot(...encoder.encode(['the'])));
  });
});

describe('bag of words', () => {
  const vocabularyOf = (fitted: FittedText) =>
    fitted.parts[0]!.kind === 'bag-of-words' ? fitted.parts[0]!.vocabulary : [];

  test('has one column for each word that is frequent enough, most frequent first', () => {
    const fitted = fitSentenceEncoder(captions, vectors, specOf({ kind: 'bag-of-words' }));
    expect(vocabularyOf(fitted)).toEqual(['the', 'a', 'dog', 'zorb']);
    expect(vocabularyOf(fitSentenceEncoder(captions, vectors, specOf({ kind: 'bag-of-words', maxWords: 2 })))).toEqual([
      'the',
      'a',
    ]);
  });

  test.each([
    [{}, [1, 0, 1, 0]],
    [{ scale: 3 }, [3, 0, 3, 0]],
    [{ norm: 'l2', scale: 3 }, [3 / Math.SQRT2, 0, 3 / Math.SQRT2, 0]],
  ])('has the same number for each word of the sentence, however often it occurs: %j', (options, expected) => {
    const row = encoderOf(specOf({ kind: 'bag-of-words', ...options })).encode(['dog! The dogs']);
    expect(row).toHaveLength(4);
    row.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 6));
  });
});

test('parts lie side by side, and each is what it is alone', () => {
  const encoder = encoderOf(everything());
  const sentence = ['the cat and the dogs'];
  const row = encoder.encode(sentence);
  const sif = encoderOf(specOf({ kind: 'sif', scale: 2, norm: 'l2' })).encode(sentence);
  const bag = encoderOf(specOf({ kind: 'bag-of-words', minCount: 1 })).encode(sentence);
  expect([...row]).toEqual([...sif, ...bag]);
  expect(Math.hypot(...sif)).toBeCloseTo(2, 6);
});

test('batches of prepared sentences are the rows of encode, in any order and over any old content', () => {
  const encoder = encoderOf(everything());
  const d = encoder.dimensions;
  const all = encoder.encode(captions);
  const out = new Float32Array(3 * d + 1).fill(9);
  encoder.fill(encoder.prepare(captions), Int32Array.of(3, 0, 3), out);
  [3, 0, 3].forEach((caption, r) => {
    expect([...out.subarray(r * d, (r + 1) * d)]).toEqual([...all.subarray(caption * d, (caption + 1) * d)]);
  });
  expect(out[3 * d]).toBe(9);
  expect(() => encoder.fill(encoder.prepare(captions), [9], out)).toThrow(RangeError);
  expect(() => encoder.fill(encoder.prepare(captions), [0, 1, 2, 3], out)).toThrow(RangeError);
});

test('a sentence without a known word is a row of zeros', () => {
  const row = encoderOf(everything()).encode(['', 'xyzzy']);
  expect(row.every((x) => x === 0)).toBe(true);
});

test('the fitted state survives JSON bit by bit', () => {
  const fitted = fitSentenceEncoder(captions, vectors, everything());
  const copy = fittedText.parse(JSON.parse(JSON.stringify(fitted)));
  const sentence = ['the horse, a zorb and dogs on the beach'];
  expect(new SentenceEncoder(copy, vectors).encode(sentence)).toEqual(
    new SentenceEncoder(fitted, vectors).encode(sentence),
  );
});

test('fitting does not depend on the order of the captions', () => {
  expect(fitSentenceEncoder([...captions].reverse(), vectors, specOf({ kind: 'bag-of-words', minCount: 1 }))).toEqual(
    fitSentenceEncoder(captions, vectors, specOf({ kind: 'bag-of-words', minCount: 1 })),
  );
});

test('other word vectors than those it was fitted with are refused', async () => {
  const fitted = fitSentenceEncoder(captions, vectors, sifOnly());
  const others = await smallWordVectors({ the: [1, 2, 3, 4], dog: [4, 3, 2, 1] });
  expect(() => new SentenceEncoder(fitted, others)).toThrow(expect.objectContaining({ code: 'model-incompatible' }));
});

test('a fitted state whose pieces do not fit each other is refused', () => {
  const fitted = fitSentenceEncoder(captions, vectors, sifOnly());
  for (const parts of [
    [],
    [{ kind: 'bag-of-words' as const, vocabulary: ['the'] }],
    [{ ...fitted.parts[0]!, component: [1] }],
  ]) {
    const broken = { ...fitted, parts } as FittedText;
    expect(() => new SentenceEncoder(broken, vectors)).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  }
});

test('a fitted state of an earlier version, which could count words in other ways, is read where it counted none', () => {
  const fitted = fitSentenceEncoder(captions, vectors, specOf({ kind: 'bag-of-words', minCount: 1 }));
  const earlier = (weighting: string): unknown => ({
    ...fitted,
    spec: { parts: [{ ...fitted.spec.parts[0], weighting }] },
    parts: [{ ...fitted.parts[0], documents: [4, 2, 2, 1] }],
  });
  expect(fittedText.parse(earlier('binary'))).toEqual(fitted);
  expect(() => fittedText.parse(earlier('idf'))).toThrow(/weighting/);
});

test('a recipe with a misspelt option is refused', () => {
  expect(textSpec.safeParse({ parts: [{ kind: 'sif', alpha: 1 }] }).success).toBe(false);
  expect(textSpec.safeParse({ parts: [] }).success).toBe(false);
});

describe('analysis of a query', () => {
  test('names unknown words once, with the nearest known spelling', () => {
    const { tokens, known, unknown } = encoderOf(sifOnly()).analyse('A hosre, a hosre and the qwrtp beach');
    expect(tokens).toHaveLength(8);
    expect(known).toEqual(['the', 'beach']);
    expect(unknown).toEqual([
      { word: 'hosre', suggestion: 'horse' },
      { word: 'and', suggestion: null },
      { word: 'qwrtp', suggestion: null },
    ]);
  });

  test('a word that only the captions have is known where there is a bag of words, and only there', () => {
    expect(encoderOf(everything()).analyse('zorbs').known).toEqual(['zorb']);
    expect(
      encoderOf(sifOnly())
        .analyse('zorbs')
        .unknown.map(({ word }) => word),
    ).toEqual(['zorbs']);
  });

  test('parts of a compound are judged one by one', () => {
    const { known, unknown } = encoderOf(sifOnly()).analyse('dog-qwrtp');
    expect([known, unknown.map(({ word }) => word)]).toEqual([['dog'], ['qwrtp']]);
  });

  test('sentences without a word and without a known word are refused with a way out', () => {
    const encoder = encoderOf(sifOnly());
    const code = (expected: string, message: RegExp) =>
      expect.objectContaining({ code: expected, message: expect.stringMatching(message) as string });
    expect(() => encoder.requireKnown(' ?! ')).toThrow(code('query-empty', /few words/));
    expect(() => encoder.requireKnown('hosre xyzzy')).toThrow(code('query-unknown', /"hosre".*"xyzzy".*mean "horse"/));
    expect(() => encoder.requireKnown('xyzzy')).toThrow(code('query-unknown', /English/));
    expect(() => encoder.requireKnown('x')).toThrow(code('query-unknown', /single letters/));
    expect(() => encoder.requireKnown('a')).toThrow(code('query-unknown', /"a" does not say what/));
    expect(encoder.requireKnown('xyzzy dog').known).toEqual(['dog']);
  });
});
