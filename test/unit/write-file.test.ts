import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically, writeAtomicallySync } from '../../electron/services/shared/write-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['writeAtomically', (file: string, text: string) => writeAtomically(file, text)],
  ['writeAtomically, not durable', (file: string, text: string) => writeAtomically(file, text, { durable: false })],
  ['writeAtomicallySync', async (file: string, text: string) => writeAtomicallySync(file, text)],
])('%s', (_, write) => {
  it('makes the folder, replaces what was there, and leaves nothing else', async () => {
    const file = path.join(folder, 'a', 'b', 'file.json');
    await write(file, 'first');
    await write(file, 'second');
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(path.dirname(file))).toEqual(['file.json']);
  });

  it('says why a file cannot be written, names it, and keeps what was there', async () => {
    mkdirSync(path.join(folder, 'a folder'));
    writeFileSync(path.join(folder, 'a file'), 'kept');
    const inFile = path.join(folder, 'a file', 'x');
    await expect(write(inFile, 'x')).rejects.toMatchObject({
      code: 'not-a-folder',
      message: expect.stringContaining(inFile) as string,
      parameters: { file: inFile },
    });
    await expect(write(path.join(folder, 'a folder'), 'x')).rejects.toMatchObject({ code: 'usage' });
    expect(readdirSync(folder).sort()).toEqual(['a file', 'a folder']);
    expect(readFileSync(path.join(folder, 'a file'), 'utf8')).toBe('kept');
  });
});
