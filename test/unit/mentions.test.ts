import { describe, expect, it } from 'vitest';
import { mentionRates } from '../../models/relevance/mentions.ts';

/** Every caption names the dog, in one of three words; one of five adds that it has a red collar. */
const captionsOf = Array.from({ length: 40 }, () => [
  'A dog',
  'The dogs',
  'A dog with a red collar',
  'A dog',
  'One dog',
]);

describe('how often captions mention what a photo shows', () => {
  const rate = mentionRates(captionsOf);

  it('is how often the other captions of a photo have a phrase of one of them, by its number of content words', () => {
    // “a dog”, once in each caption; “a collar” is no phrase, because “red” stays with it
    expect(rate('a cat')).toBe(1);
    expect(rate('a red collar')).toBeCloseTo(1 / 3); // never, which counts as a third
    expect(rate('a dog with a red collar')).toBeCloseTo(1 / 3);
  });

  it('is complete where nothing is known, and for a query without content words', () => {
    expect(mentionRates([])('a dog')).toBe(1);
    expect(mentionRates([['A dog'], ['A cat']])('a dog')).toBe(1);
    expect(rate('with the of')).toBe(1);
    expect(rate('a dog with a red collar and a yellow ball on the beach')).toBeCloseTo(1 / 3);
  });

  it('counts half where half of the captions have it', () => {
    const halves = Array.from({ length: 20 }, (_, i) => ['A dog', i % 2 ? 'A dog' : 'A cat']);
    expect(mentionRates(halves)('a dog')).toBeCloseTo(0.5);
  });
});
