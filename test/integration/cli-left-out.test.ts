/** `descry index` and `descry status` say what is not shown. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { describeShared } from '../fixtures/shared.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const { folder: base, remove } = scratch('cli-left-out');
afterAll(remove);

/** @returns standard output */
async function descry(...args: string[]): Promise<string> {
  const env = { ...process.env, DESCRY_HOME: path.join(base, 'home') };
  return (await promisify(execFile)(process.execPath, [cli, ...args], { env })).stdout;
}

describeShared('the command line', (shared) => {
  it('says what it leaves out of a folder, and lists it', async () => {
    await testAssets();
    const own = path.join(base, 'photos');
    cpSync(path.join(shared, 'photos/seed/skiing.jpg'), path.join(own, 'skiing.jpg'));
    for (const name of ['skiing.NEF', 'clip.mp4', 'deep/clip.mov']) {
      mkdirSync(path.dirname(path.join(own, name)), { recursive: true });
      writeFileSync(path.join(own, name), '');
    }
    const leftOut = { video: 2, 'raw-of-photo': 1 };
    expect(JSON.parse(await descry('index', own, '--json'))).toMatchObject({ photos: 1, failed: [], leftOut });
    const line = 'Not shown: 3 files and folders (2 videos, 1 camera raw file beside its JPEG or HEIC)';
    expect(await descry('index', own)).toContain(line);
    expect(await descry('status')).toContain(line);
    expect(await descry('status', '--left-out')).toContain(
      `Not shown: 2 videos. Descry finds photos only.\n      ${path.join(own, 'clip.mp4')}\n`,
    );
    expect(JSON.parse(await descry('status', '--left-out', '--json'))).toMatchObject({
      folders: [
        {
          path: own,
          leftOut,
          leftOutPaths: {
            video: [path.join(own, 'clip.mp4'), path.join(own, 'deep/clip.mov')],
            'raw-of-photo': [path.join(own, 'skiing.NEF')],
          },
        },
      ],
    });
  });
});
