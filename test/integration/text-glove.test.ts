/** The real GloVe, and captions as people wrote them. */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readFlickr30k, type DatasetPhoto } from '../../models/datasets/flickr30k.ts';
import { allWords, vectorOfWord } from '../fixtures/word-vectors.ts';
import { loadWordVectors, type WordVectors } from '../../models/text/word-vectors.ts';
import { fitSentenceEncoder, SentenceEncoder } from '../../models/text/sentence-encoder.ts';
import { textSpec } from '../../models/text/fitted-text.ts';
import { testAssets } from '../fixtures/assets.ts';
import { describeShared } from '../fixtures/shared.ts';

let file: string;
let glove: WordVectors;
beforeAll(async () => {
  file = (await testAssets()).glove;
  glove = loadWordVectors(file);
});

const dot = (a: Float32Array, b: Float32Array) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const milliseconds = (work: () => unknown) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

test('has its 341,479 words in order of frequency, with the published vectors', () => {
  expect([glove.size, glove.dimensions]).toEqual([341_479, 100]);
  expect(['the', ',', 'dog', 'sandberger'].map((word) => glove.rank(word))).toEqual([0, 1, 2769, 341_478]);
  const published = { the: [-0.038194, -0.24487, 0.72812], dog: [0.30817, 0.30938, 0.52803] };
  for (const [word, numbers] of Object.entries(published)) {
    numbers.forEach((number, i) => expect(vectorOfWord(glove, word)![i]).toBeCloseTo(number, 3));
  }
});

test('finds every word where it is', () => {
  let rank = 0;
  for (const word of allWords(glove)) if (glove.rank(word) === rank) rank++;
  expect(rank).toBe(glove.size);
});

test('is the table that the default weights were trained with', () => {
  expect(glove.id).toBe('e669aac3c2d9241bc1d88a217352e974');
});

test('has more similar vectors for dog and cat than for dog and guitar', () => {
  const like = (a: string, b: string) => cosine(vectorOfWord(glove, a)!, vectorOfWord(glove, b)!);
  expect(like('dog', 'cat')).toBeGreaterThan(0.8);
  expect(like('dog', 'guitar')).toBeLessThan(0.4);
});

test('loads in less than 0.3 s', () => {
  expect(median([1, 2, 3, 4, 5].map(() => milliseconds(() => loadWordVectors(file))))).toBeLessThan(300);
});

describeShared('an encoder fitted on the shared captions', (shared) => {
  let captions: string[];
  let unseen: DatasetPhoto[];
  let encoder: SentenceEncoder;
  beforeAll(async () => {
    const { photos } = await readFlickr30k(path.join(shared, 'flickr'));
    captions = photos.filter(({ split }) => split === 'train').flatMap((photo) => photo.captions);
    unseen = photos.filter(({ split }) => split === 'val');
    const spec = textSpec.parse({ parts: [{ kind: 'sif' }, { kind: 'bag-of-words' }] });
    encoder = new SentenceEncoder(fitSentenceEncoder(captions, glove, spec), glove);
  });

  test('reads the sentences of the original program whole', () => {
    for (const sentence of ['Children and kids having fun .', 'Animals , like a horse , a dog or a cat .']) {
      expect(encoder.requireKnown(sentence).unknown).toEqual([]);
    }
  });

  test('finds one caption of a photo by another among 1,000 with SIF, in half of the cases', () => {
    const sif = new SentenceEncoder(
      fitSentenceEncoder(captions, glove, textSpec.parse({ parts: [{ kind: 'sif', norm: 'l2' }] })),
      glove,
    );
    const rowsOf = (caption: number) => {
      const rows = sif.encode(unseen.map((photo) => photo.captions[caption]!));
      return unseen.map((_, i) => rows.subarray(i * 100, i * 100 + 100));
    };
    const [first, second] = [rowsOf(0), rowsOf(1)];
    const found = first.filter((row, i) => {
      const own = dot(row, second[i]!);
      return second.filter((other) => dot(row, other) > own).length < 10;
    });
    // measured: 50.6 %, and 43.8 % where the principal component is left in
    expect(found.length / unseen.length).toBeGreaterThan(0.48);
  });

  test.each([
    ['skatebord', 'skateboard'],
    ['bycicle', 'bicycle'],
    ['motercycle', 'motorcycle'],
    ['wmoan', 'woman'],
    ['hrose', 'horse'],
    ['umbrela', 'umbrella'],
    ['qzxwvk', null],
  ])('suggests for %s: %s', (word, suggestion) => {
    expect(encoder.analyse(word).unknown).toEqual([{ word, suggestion }]);
  });

  test('suggests within 30 ms and encodes 500 captions in about 20 (three times that on a busy machine)', () => {
    const words = ['skatebord', 'bycicle', 'motercycle', 'umbrela', 'ellephant'];
    expect(median(words.map((word) => milliseconds(() => encoder.analyse(word))))).toBeLessThan(90);
    const batch = captions.slice(0, 500);
    expect(median([1, 2, 3, 4, 5].map(() => milliseconds(() => encoder.encode(batch))))).toBeLessThan(60);
  });
});
