import { describe, expect, it } from 'vitest';
import { errorText } from '../../renderer/base/errors.ts';
import { texts } from '../../renderer/base/texts.ts';

describe('an error in the window', () => {
  it('is worded by its code where it brings what the sentence names', () => {
    const message = 'whatever the service says';
    expect(
      errorText({ code: 'disk-full', message, parameters: { weightsFolder: '/a', freeBytes: 1e6, neededBytes: 2e9 } }),
    ).toBe('The disk of /a has 1 MB free, and the models need 2 GB for a moment. Free some space, then try again.');
    expect(errorText({ code: 'disk-full', message, parameters: { weightsFolder: '/a' } })).toBe(
      'The disk of /a is full. Free some space, then try again.',
    );
  });

  it('is its message where it brings nothing, or the code has no sentence', () => {
    expect(errorText({ code: 'disk-full', message: 'The disk is full.' })).toBe('The disk is full.');
    expect(errorText({ code: 'asset-corrupt', message: 'It is damaged.', parameters: { folder: '/a' } })).toBe(
      'It is damaged.',
    );
  });

  it('puts a parameter in as it is, whatever is in it', () => {
    expect(errorText({ code: 'not-found', message: '', parameters: { folder: '/a/$&/{file}', file: 'x' } })).toContain(
      '/a/$&/{file}',
    );
  });

  it('names no command, option or variable', () => {
    for (const sentence of Object.values(texts.errors).flat()) {
      expect(sentence).not.toMatch(/--[a-z]|DESCRY_|\bdescry [a-z]/);
    }
  });

  it('is never empty', () => {
    expect(errorText({ code: 'usage', message: '' })).toBe('Something went wrong');
  });
});
