import { describe, expect, it } from 'vitest';
import { matchesText } from '../../electron/ipc/format.ts';
import { leastRelevance } from '../../models/relevance/levels.ts';
import { matchesIn } from '../../renderer/state/result-text.ts';

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
