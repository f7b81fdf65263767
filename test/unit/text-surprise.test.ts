import { describe, expect, it } from 'vitest';
import { surpriseOf } from '../../models/text/surprise.ts';

const surprise = surpriseOf({
  captions: 1000,
  words: ['a', 'man', 'dog', 'runs', 'skateboard', 'unicycle'],
  counts: [1700, 500, 200, 100, 20, 1],
});

describe('the surprise of a sentence', () => {
  it('grows with the rarity of its words, and is about −ln of their share of the captions', () => {
    expect(surprise('a dog')).toBeCloseTo(-Math.log(0.2), 1);
    expect(surprise('unicycle')).toBeGreaterThan(surprise('skateboard'));
    expect(surprise('skateboard')).toBeGreaterThan(surprise('man'));
  });

  it('adds up over the words, each counted once, function words not at all', () => {
    expect(surprise('a man with a dog')).toBeCloseTo(surprise('man') + surprise('dog'));
    expect(surprise('dog dog dog')).toBe(surprise('dog'));
    expect(surprise('')).toBe(0);
  });

  it('is that of the function words where there is nothing else', () => {
    expect(surprise('a')).toBe(0);
    expect(surprise('outside')).toBeGreaterThan(1);
  });

  it('takes an inflection that no caption has for the word that they have', () => {
    expect(surprise('skateboards')).toBe(surprise('skateboard'));
  });

  it('is finite and largest for a word that no caption has, and never negative', () => {
    expect(surprise('zebra')).toBeGreaterThan(surprise('unicycle'));
    expect(Number.isFinite(surprise('zebra'))).toBe(true);
    const everywhere = surpriseOf({ captions: 2, words: ['dog'], counts: [5] });
    expect(everywhere('dog')).toBe(0);
    expect(surpriseOf({ captions: 0, words: [], counts: [] })('dog')).toBeGreaterThanOrEqual(0);
  });
});
