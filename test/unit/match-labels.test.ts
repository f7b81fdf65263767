import { describe, expect, it } from 'vitest';
import { CaptionLabels, labelledLibraries, labelQueries, phrasesOf } from '../../models/relevance/match-labels.ts';
import { seededRandom } from '../../models/math/random.ts';

const captionsOf = [
  ['A brown dog runs through the grass .', 'Two dogs are running .'],
  ['A man in a red shirt sits .', 'A guy near his blue car .'],
  ['A woman in a blue shirt rides a bicycle .', 'The lady is riding her bike down the street .'],
  ['Three children playing in the snow .', 'A little girl throws a snowball .'],
  [],
];

describe('which photos are matches', () => {
  const labels = new CaptionLabels(captionsOf);
  const matches = (query: string) => [...labels.matches(query)].sort();

  it('are those whose captions contain all words of the query, in any inflection', () => {
    expect(matches('a dog')).toEqual([0]);
    expect(matches('dogs run')).toEqual([0]);
    expect(matches('the shirts')).toEqual([1, 2]);
    expect(matches('a lady rides')).toEqual([2]);
    expect(matches('women with bicycles')).toEqual([2]);
    expect(matches('a child in the snow')).toEqual([3]);
    expect(matches('a dog on a skateboard')).toEqual([]);
  });

  it('have neighbouring words in one caption: a red shirt and a blue car do not match “a red car”', () => {
    expect(matches('a blue car')).toEqual([1]);
    expect(matches('a red car')).toEqual([]);
    expect(matches('a car beside a shirt')).toEqual([1]);
  });

  it('include those with a more specific word in a caption', () => {
    expect(matches('a person')).toEqual([1, 2, 3]);
    expect(matches('a child')).toEqual([3]);
    expect(matches('an animal')).toEqual([0]);
    expect(matches('a boy')).toEqual([]);
  });

  it('are none for a query without content words', () => {
    expect(matches('')).toEqual([]);
    expect(matches('with the of .')).toEqual([]);
  });
});

describe('phrases', () => {
  it('are cut between function words, with their article', () => {
    const phrases = phrasesOf('A child in a pink dress is climbing stairs .');
    expect(phrases.map(({ text, length }) => `${length} ${text}`)).toEqual([
      '1 a child',
      '3 a child in a pink dress',
      '5 a child in a pink dress is climbing stairs',
      '2 a pink dress',
      '4 a pink dress is climbing stairs',
      '2 climbing stairs',
    ]);
    expect(phrasesOf('with the')).toEqual([]);
  });
});

describe('the queries', () => {
  const queries = labelQueries(captionsOf, seededRandom(1));

  it('are a whole caption and short phrases of each photo, which is always a match of its own', () => {
    for (const photo of [0, 1, 2, 3]) {
      const own = queries.filter((query) => query.photo === photo);
      expect(own.filter(({ kind }) => kind === 'caption')).toHaveLength(1);
      expect(own.filter(({ kind }) => kind === 'phrase').length).toBeGreaterThan(0);
      for (const { matches, text, kind } of own) {
        expect(matches).toContain(photo);
        if (kind === 'caption') expect(captionsOf[photo]).toContain(text);
      }
    }
    expect(queries.some(({ photo }) => photo === 4)).toBe(false); // which has no captions
  });

  it('are the same from the same seed', () => {
    expect(labelQueries(captionsOf, seededRandom(1))).toEqual(queries);
  });
});

describe('the libraries', () => {
  const many = Array.from({ length: 60 }, (_, i) => [`A ${i % 2 ? 'dog' : 'cat'} number ${i} .`]);
  const queries = labelQueries(many, seededRandom(1));
  const pool = Int32Array.from({ length: 50 }, (_, i) => i);
  const options = { size: 10, count: 1000, queryPhotos: new Set(pool) };
  const libraries = labelledLibraries(queries, pool, options, seededRandom(2));

  it('hold the photo of the query, or, one in four, no match', () => {
    let without = 0;
    for (const { query, photos, labels } of libraries) {
      const { photo, matches } = queries[query]!;
      expect(photo).toBeLessThan(50);
      expect(new Set(photos).size).toBe(photos.length);
      expect([...photos].every((row) => row < 50)).toBe(true);
      expect([...labels]).toEqual(Array.from(photos, (row) => (matches.has(row) ? 1 : 0)));
      if (labels.includes(1)) expect(photos).toContain(photo);
      else without++;
    }
    expect(without / libraries.length).toBeGreaterThan(0.12);
    expect(without / libraries.length).toBeLessThan(0.4);
  });

  it('have the requested size, or that of the pool', () => {
    const sizes = libraries.map(({ photos }) => photos.length);
    expect(Math.max(...sizes)).toBe(10);
    const all = labelledLibraries(queries, pool, { ...options, size: 500 }, seededRandom(2));
    expect(Math.max(...all.map(({ photos }) => photos.length))).toBe(50);
    const few = labelledLibraries(queries, pool, { ...options, count: 7 }, seededRandom(2));
    expect(few.length).toBeLessThanOrEqual(7);
  });

  it('of a single photo have it, or are left out', () => {
    const single = labelQueries([['A dog .']], seededRandom(1));
    const one = labelledLibraries(single, Int32Array.of(0), { ...options, queryPhotos: new Set([0]) }, seededRandom(4));
    for (const { labels } of one) expect([...labels]).toEqual([1]);
  });
});
