/** Real mounts, and the real limit on watched folders, each in a namespace of its own (Linux): the computer is not changed. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const run = promisify(execFile);
const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const fewWatches = path.resolve(import.meta.dirname, '../fixtures/few-watches.ts');
const canUnshare = (() => {
  try {
    execFileSync('unshare', ['-Urm', 'sh', '-c', 'echo 20 > /proc/sys/user/max_inotify_watches'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const seed = sharedPhotos('photos/seed');
if (!canUnshare)
  process.stderr.write('\nSKIPPED: real mounts and limits need Linux and user namespaces (unshare -Urm)\n');

let base: { folder: string; remove: () => void };
beforeAll(testAssets);
beforeEach(() => (base = scratch('folder-limits')));
afterEach(() => base.remove());

describe.skipIf(!canUnshare)('the limit on watched folders', () => {
  it('is told, and what is not watched is found by scanning', async () => {
    const script = `echo 20 > /proc/sys/user/max_inotify_watches && exec "${process.execPath}" "${fewWatches}"`;
    const { stdout } = await run('unshare', ['-Ur', 'sh', '-c', script]);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toEqual({
      state: 'watching',
      clock: { why: 'watches', everyMs: expect.any(Number) },
      indexed: 60,
    });
  }, 90_000);
});

describe.skipIf(!canUnshare || !seed)('a disk that is disconnected', () => {
  it('is told from a folder that is gone, also where its mount point is left behind empty', async () => {
    const disk = path.join(base.folder, 'disk');
    mkdirSync(disk);
    const source = path.join(base.folder, 'source');
    mkdirSync(source);
    const script = path.join(base.folder, 'script.sh');
    const descry = `"${process.execPath}" "${cli}"`;
    writeFileSync(
      script,
      [
        `mount -t tmpfs none "${disk}"`,
        `mkdir "${disk}/photos"`,
        ...seed!.slice(0, 6).map((file) => `cp "${file}" "${disk}/photos"`),
        `${descry} index "${disk}" --json`,
        `umount "${disk}"`,
        `${descry} index "${disk}" --json; echo "{\\"code\\": $?}"`,
        `${descry} status --json`,
        `${descry} search "a dog" --json`,
      ].join('\n'),
    );
    const { stdout } = await run('unshare', ['-Urm', 'sh', script], {
      env: { ...process.env, DESCRY_HOME: path.join(base.folder, 'home') },
    });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers[0]).toMatchObject({ photos: 6, indexed: 6 });
    const message = expect.stringContaining(`The disk of ${disk} is not connected`);
    expect(answers[1]).toMatchObject({ error: { code: 'not-found', message } });
    expect(answers[2]).toEqual({ code: 1 });
    expect(answers[3]).toMatchObject({ photos: 6, folders: [{ absence: { kind: 'not-connected', mount: disk } }] });
    expect(answers[4]).toMatchObject({ ranked: 6 });
  }, 90_000);
});
