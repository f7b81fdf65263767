import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  FileRefused,
  openRegularFile,
  openRegularFileSync,
  readRegularFile,
  readRegularFileSync,
} from '../../models/files/regular-file.ts';
import { temporaryFolder } from '../fixtures/word-vectors.ts';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await temporaryFolder('regular-file')));
afterAll(() => remove());

const largest = 5_000_000;

describe('what is read', () => {
  test.each([0, 1, 1_048_575, 1_048_576, 1_048_577, 3_000_000])('a file of %d bytes', async (size) => {
    const bytes = Buffer.alloc(size, 'descry');
    const file = path.join(folder, `of-${size}`);
    await writeFile(file, bytes);
    expect((await readRegularFile(file, { largest })).equals(bytes)).toBe(true);
    expect(readRegularFileSync(file, { largest }).equals(bytes)).toBe(true);
  });

  test('a file by a symbolic link', async () => {
    await writeFile(path.join(folder, 'target'), 'text');
    await symlink('target', path.join(folder, 'link'));
    expect(String(await readRegularFile(path.join(folder, 'link'), { largest }))).toBe('text');
  });

  test('a file of just the limit, and none above it', async () => {
    const file = path.join(folder, 'limit');
    await writeFile(file, Buffer.alloc(100));
    expect(await readRegularFile(file, { largest: 100 })).toHaveLength(100);
    await expect(readRegularFile(file, { largest: 99 })).rejects.toThrow('it is longer than 99 bytes');
    expect(() => readRegularFileSync(file, { largest: 99 })).toThrow('it is longer than 99 bytes');
  });

  test.skipIf(process.platform !== 'linux')('a file that says it is empty and is not', async () => {
    const status = String(await readRegularFile('/proc/self/status', { largest }));
    expect(status).toContain('VmRSS');
    await expect(readRegularFile('/proc/self/status', { largest: 100 })).rejects.toThrow(FileRefused);
  });

  test('reading ends when it is cancelled', async () => {
    const file = path.join(folder, 'cancelled');
    await writeFile(file, 'text');
    const reading = readRegularFile(file, { largest, signal: AbortSignal.abort(new Error('enough')) });
    await expect(reading).rejects.toThrow('enough');
  });
});

// A file that is no regular one would hold a test until its timeout.
describe.skipIf(process.platform === 'win32')('what is no regular file is refused at once', () => {
  const refusal = /^it is a (?:named pipe|folder|socket|device), not a regular file$/;
  const each = test.each(['pipe', 'folder', 'socket', 'device', 'link to a pipe']);
  const places: Record<string, string> = {};
  const server = createServer();
  beforeAll(async () => {
    for (const name of ['pipe', 'folder', 'socket']) places[name] = path.join(folder, name);
    execFileSync('mkfifo', [places['pipe']!]);
    await mkdir(places['folder']!);
    await new Promise<void>((done) => server.listen(places['socket'], done));
    places['device'] = '/dev/zero';
    places['link to a pipe'] = path.join(folder, 'pipe-link');
    await symlink('pipe', places['link to a pipe']);
  });
  afterAll(() => server.close());

  each('%s', async (kind) => {
    const file = places[kind]!;
    await expect(openRegularFile(file)).rejects.toThrow(refusal);
    await expect(readRegularFile(file, { largest })).rejects.toThrow(refusal);
    expect(() => openRegularFileSync(file)).toThrow(refusal);
    expect(() => readRegularFileSync(file, { largest })).toThrow(refusal);
  });

  test('a file that is not there keeps the error of the system', async () => {
    await expect(openRegularFile(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
