import { describe, expect, it } from 'vitest';
import { averagePrecision, captionCounts, reportWords, wordQueries } from '../../models/relevance/word-report.ts';

const rows = (...values: number[]) => Int32Array.of(...values);

describe('average precision', () => {
  it('agrees with values counted by hand', () => {
    // order of the photos: 2, 0, 3, 1, 4; relevant at the places 1, 3 and 5
    const scores = Float32Array.of(0.8, 0.3, 0.9, 0.5, 0.1);
    expect(averagePrecision(scores, rows(2, 3, 4))).toBeCloseTo((1 / 1 + 2 / 3 + 3 / 5) / 3, 12);
    expect(averagePrecision(scores, rows(0, 2))).toBe(1);
    expect(averagePrecision(scores, rows(4))).toBeCloseTo(1 / 5, 12);
    expect(averagePrecision(Float32Array.of(-0.2, -0.1), rows(0))).toBe(0.5);
  });

  it('takes ties and scores that are no numbers against the relevant photos', () => {
    expect(averagePrecision(new Float32Array(4).fill(0.5), rows(0))).toBe(1 / 4);
    expect(averagePrecision(new Float32Array(4).fill(NaN), rows(1, 2))).toBeCloseTo((1 / 3 + 2 / 4) / 2, 12);
    expect(averagePrecision(Float32Array.of(NaN, -5, NaN), rows(1))).toBe(1);
  });
});

describe('word queries', () => {
  const photo = (i: number) => [
    'A man stands in a room .',
    ...(i < 5 ? ['The tabby , a TABBY cat .'] : []),
    ...(i < 4 ? ["an owl on the man 's arm"] : []),
    ...(i % 10 === 7 ? ['two cats near a sofa'] : []),
    ...(i < 6 ? ['near the lamp'] : []),
    ...(i < 7 ? ['a well-lit room'] : []),
  ];

  it('are the content words of at least 5 and of at most 15 % of the photos', () => {
    const queries = wordQueries(Array.from({ length: 40 }, (_, i) => photo(i)));
    // owl: 4 photos; well-lit: 7 of 40, more than 15 %; sofa and cats: 4; man, stands and room: all; near: a function word
    expect(queries.map(({ word }) => word)).toEqual(['cat', 'lamp', 'tabby']);
    expect(queries[1]).toEqual({ word: 'lamp', relevant: rows(0, 1, 2, 3, 4, 5) });
    const more = wordQueries(Array.from({ length: 50 }, (_, i) => photo(i)));
    expect(more.map(({ word }) => word)).toEqual(['cat', 'cats', 'lamp', 'sofa', 'tabby', 'two', 'well-lit']);
    expect(more[3]).toEqual({ word: 'sofa', relevant: rows(7, 17, 27, 37, 47) });
  });

  it('of few photos are none', () => {
    expect(wordQueries(Array.from({ length: 20 }, () => ['a dog']))).toEqual([]);
    expect(wordQueries([])).toEqual([]);
  });
});

describe('a report of words', () => {
  it('counts the captions that have a word, not how often they have it', () => {
    expect(captionCounts(['A dog and a dog .', 'The dog , white', 'a cat'])).toEqual(
      new Map([...['a', 'dog'].map((word) => [word, 2] as const), ['and', 1], ['the', 1], ['white', 1], ['cat', 1]]),
    );
  });

  it('takes the mean of each group: below 20 captions, to 200, above', () => {
    const counts = new Map([
      ['nineteen', 19],
      ['twenty', 20],
      ['hundreds', 200],
      ['most', 201],
    ]);
    const queries = ['never', 'nineteen', 'twenty', 'hundreds', 'most'].map((word) => ({ word, relevant: rows(0) }));
    const scores = Float32Array.of(
      ...[0.9, 0.1, 0.2], // never seen: 1
      ...[0.1, 0.8, 0.2], // 19: 1 / 3
      ...[0.5, 0.9, 0.2], // 20: 1 / 2
      ...[0.1, 0.1, 0.1], // 200: 1 / 3
      ...[0.9, 0.1, 0.2], // 201: 1
    );
    const report = reportWords(queries, scores, (word) => counts.get(word) ?? 0);
    expect(report.rare).toEqual({ queries: 2, map: expect.closeTo(2 / 3, 12) });
    expect(report.known).toEqual({ queries: 2, map: expect.closeTo(5 / 12, 12) });
    expect(report.common).toEqual({ queries: 1, map: 1 });
  });

  it('has no mean of a group without words', () => {
    const none = { queries: 0, map: null };
    expect(reportWords([], new Float32Array(0), () => 0)).toEqual({ rare: none, known: none, common: none });
  });
});
