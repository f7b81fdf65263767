import { expect, it } from 'vitest';
import { plainOn } from '../../electron/cli/terminal.ts';

const name = 'photo\u001b]0;title\u0007\u202Egpj.exe\r\n\tgrün 犬.jpg';

it('on a terminal, names cannot command it or turn the direction of reading', () => {
  expect(plainOn({ isTTY: true }, name)).toBe('photo?]0;title??gpj.exe?\n\tgrün 犬.jpg');
});

it('in a pipe or a file, a program gets them as they are', () => {
  expect(plainOn({}, name)).toBe(name);
});
