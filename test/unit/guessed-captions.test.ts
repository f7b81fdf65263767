/** Captions guessed from the classes of a photo. */
import { describe, expect, it } from 'vitest';
import { imageNetNames } from '../../models/concepts/class-names.ts';
import { guessCaptions, usualNames } from '../../models/concepts/guessed-captions.ts';

const names = ['tabby cat', 'apple', 'sofa'];
/** logits of these probabilities */
const logits = (...probabilities: number[]) => Float32Array.from(probabilities, (p) => Math.log(p) + 7);

describe('guessed captions', () => {
  it('name the class of which the network is certain, with its article', () => {
    expect(guessCaptions(logits(0.06, 0.9, 0.04), names)!.captions).toEqual(['an apple', 'a photo of an apple']);
    expect(guessCaptions(logits(0.06, 0.9, 0.04), names)!.certainty).toBeCloseTo(0.9, 5);
  });

  it('name a second class that is likely, too', () => {
    expect(guessCaptions(logits(0.8, 0.05, 0.15), names)!.captions).toEqual([
      'a tabby cat',
      'a photo of a tabby cat',
      'a tabby cat and a sofa',
    ]);
  });

  it('are none where the network is not certain, or has no numbers', () => {
    expect(guessCaptions(new Float32Array(10), Array<string>(10).fill('dog'))).toBeNull();
    expect(guessCaptions(Float32Array.of(NaN, NaN), names)).toBeNull();
  });

  it('have the usual names of the thousand classes', () => {
    const all = usualNames(imageNetNames);
    expect(all.length).toBe(1000);
    expect([all[0], all[281], all[954]]).toEqual(['tench', 'tabby', 'banana']);
  });
});
