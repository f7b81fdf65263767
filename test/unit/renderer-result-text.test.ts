import { describe, expect, it } from 'vitest';
import type { Ranking } from '../../electron/ipc/contract.ts';
import { matchesText } from '../../electron/ipc/format.ts';
import { leastRelevance } from '../../models/relevance/levels.ts';
import { matchesIn, resultText } from '../../renderer/state/result-text.ts';

const { sure, likely, possible } = leastRelevance;
const found = (goodMatches: number, ...relevance: number[]) =>
  matchesIn({ relevance: Float32Array.from(relevance, (value) => value + 1e-6), goodMatches });

describe('how sure the photos are that are shown first', () => {
  it('is counted by level, and levels without a photo are left out', () => {
    expect(matchesText({ sure: 3, likely: 9, possible: 1200 })).toBe('3 sure, 9 likely, 1,200 possible matches');
    expect(matchesText({ sure: 0, likely: 2, possible: 0 })).toBe('2 likely matches');
    expect(matchesText({ sure: 1, likely: 0, possible: 0 })).toBe('1 sure match');
    expect(matchesText({ sure: 1, likely: 1, possible: 0 })).toBe('1 sure, 1 likely matches');
  });

  it('is said of these photos only, all of them counted', () => {
    expect(found(3, sure, likely, possible, possible)).toBe('1 sure, 1 likely, 1 possible matches');
    // what comes close to a possible one is shown with it
    expect(found(3, possible, possible / 2 - 1e-3, 0, 0)).toBe('3 possible matches');
  });

  it('is nothing where none is even possible, or the model cannot tell', () => {
    expect(found(2, possible / 2, 0, 0)).toBe('');
    expect(matchesIn({ relevance: new Float32Array(), goodMatches: 5 })).toBe('');
  });
});

describe('a result without a relevance, as a screen reader says it', () => {
  const ranking = (order: 'relevance' | 'date', description: string, ids: number): Ranking => ({
    ...{ query: description, model: 'clip', order, unknownWords: [], hardlyKnownWords: [], tookMs: 1, ranked: 5000 },
    understood: { description, not: [], filter: {}, parts: [] },
    ...{ goodMatches: ids, sure: true, ...listOf(ids), scores: new Float32Array(), relevance: new Float32Array() },
  });
  const listOf = (count: number) => ({
    ...{ ids: new Int32Array(count), contents: new Int32Array(count), days: new Int32Array(count) },
    ...{ aspects: new Float32Array(count), stacks: new Int32Array(count) },
    ...{ favourites: new Uint8Array(count), damaged: new Uint8Array(count) },
  });
  const said = (result: Ranking, examples: readonly unknown[] = []) =>
    resultText(result, { nothingKnown: false, nothingLeft: false, parts: [], examples });

  it('names no number of matches where the model cannot tell', () => {
    expect(said(ranking('relevance', 'a boat', 1000))).toBe(
      '5,000 photos, best first; this model does not say which of them match',
    );
    expect(said(ranking('date', 'a boat', 100))).toBe('The closest 100 of 5,000 photos, newest first');
  });

  it('is another one for filters alone and for photos like others', () => {
    expect(said(ranking('date', '', 1000))).toBe('5,000 photos, newest first');
    expect(said(ranking('relevance', '', 1000), [{}])).toBe('5,000 photos, best first');
    expect(said(ranking('relevance', 'snow', 1000), [{}])).toBe('5,000 photos, best first');
    expect(said(ranking('date', '', 100), [{}])).toBe('The closest 100 of 5,000 photos, newest first');
  });
});
