import { describe, expect, it } from 'vitest';
import { mentionRates } from '../../models/relevance/mentions.ts';

/** Every caption names the dog, one of five its collar. */
const captionsOf = Array.from({ length: 40 }, () => [
  'A dog runs',
  'The dog is running',
  'A dog with a collar runs',
  'One dog running',
  'The dog runs',
]);

describe('how often captions mention what a photo shows', () => {
  const rate = mentionRates(captionsOf);

  it('is counted by whether the other captions of a photo have the word, in any inflection', () => {
    expect(rate('a dog')).toBeGreaterThan(0.95);
    expect(rate('running dogs')).toBeGreaterThan(0.9);
    expect(rate('a collar')).toBeLessThan(0.2);
  });

  it('is lower for more words, and never nothing', () => {
    expect(rate('a dog with a collar')).toBeLessThanOrEqual(rate('a collar'));
    expect(rate('a collar, a leash, a bone and a ball')).toBeGreaterThan(0);
  });

  it('counts more specific words of other captions', () => {
    expect(mentionRates(captionsOf.map((captions) => [...captions, 'An animal runs']))('an animal')).toBeGreaterThan(0.9);
  });

  it('is complete where nothing is known, and for a query without content words', () => {
    expect(mentionRates([])('a dog')).toBe(1);
    expect(mentionRates([['A dog'], ['A cat']])('a dog')).toBe(1);
    expect(rate('with the of')).toBe(1);
  });
});
