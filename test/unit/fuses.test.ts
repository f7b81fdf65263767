/**
 * The fuses of an Electron newer than the one that can be had everywhere: a file with the mark and the states that Electron's binary
 * has. test/e2e/security.test.ts reads those of the program that was built.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { afterAll, expect, it } from 'vitest';
import { fuses, setFuses } from '../../build/fuses.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-fuses-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** electron/docs/tutorial/fuses.md: this mark, the version, the count, and a character for each: 0 off, 1 on, r removed */
const mark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

async function after(before: string): Promise<string> {
  const program = path.join(folder, 'descry');
  writeFileSync(
    program,
    Buffer.from(`code${mark}\x01${String.fromCharCode(before.length)}${before}more code`, 'latin1'),
  );
  await setFuses(program);
  const text = readFileSync(program, 'latin1');
  const at = text.indexOf(mark) + mark.length + 2;
  expect(text.slice(at + before.length)).toBe('more code');
  return text.slice(at, at + before.length);
}

it('all that @electron/fuses knows are named', () => {
  const known = Object.values(FuseV1Options).filter((value) => typeof value === 'number');
  expect(Object.keys(fuses).map(Number).sort()).toEqual(known.sort());
});

it.each([
  // as Electron ships them
  ['100100010', '010011001'],
  // whatever they were
  ['111111111', '010011001'],
  // Electron 25 has seven
  ['1001000', '0100110'],
])('%s becomes %s', async (before, expected) => {
  expect(await after(before)).toBe(expected);
});

it('a fuse that is unknown here is not left as it happens to be: nothing is packaged', async () => {
  await expect(after('1001000100')).rejects.toThrow(/fuse/i);
});
