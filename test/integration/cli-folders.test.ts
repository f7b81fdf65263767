/** Folders on the command line: photos that vanish, and folders that are moved. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { describeShared } from '../fixtures/shared.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');

describeShared('descry index and descry folders', () => {
  const { folder: base, remove } = scratch('cli-folders');
  const photos = path.join(base, 'photos');
  const descry = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json'], {
      env: { ...process.env, DESCRY_HOME: path.join(base, 'home') },
      encoding: 'utf8',
    });
    return {
      code: status,
      json: JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>,
      err: stderr,
    };
  };
  beforeAll(async () => {
    await testAssets();
    mkdirSync(photos);
    for (const file of sharedPhotos('photos/seed')!.slice(0, 8)) {
      copyFileSync(file, path.join(photos, path.basename(file)));
    }
  });
  afterAll(remove);

  it('keep photos that vanish, until they are back or the user says that they were deleted', () => {
    expect(descry('index', photos)).toMatchObject({ code: 0, json: { photos: 8, indexed: 8, missing: 0 } });
    const hidden = path.join(base, 'hidden');
    mkdirSync(hidden);
    const names = readdirSync(photos).slice(0, 6);
    for (const name of names) renameSync(path.join(photos, name), path.join(hidden, name));
    const kept = descry('index', photos);
    expect(kept).toMatchObject({ code: 0, json: { photos: 8, missing: 6 } });
    expect(kept.err).toContain('--accept-missing');
    expect(descry('status').json).toMatchObject({ photos: 8, folders: [{ path: photos, missing: 6, absence: null }] });
    expect(descry('index', photos, '--accept-missing')).toMatchObject({ code: 0, json: { photos: 2, missing: 0 } });
    for (const name of names) renameSync(path.join(hidden, name), path.join(photos, name));
    expect(descry('index', photos)).toMatchObject({ code: 0, json: { photos: 8, indexed: 0 } });
  }, 120_000);

  it('take up a folder at its new place, or show the copies there', () => {
    const moved = path.join(base, 'moved');
    renameSync(photos, moved);
    expect(descry('status').json).toMatchObject({ folders: [{ path: photos, absence: { kind: 'gone' } }] });
    expect(descry('index', moved)).toMatchObject({ code: 0, json: { photos: 8, indexed: 0 } });
    const { json } = descry('search', 'a dog');
    expect(json['ranked']).toBe(8);
    expect((json['results'] as { path: string }[]).every((one) => one.path.startsWith(moved))).toBe(true);
    // one photo each, though the library knows two places of it
    expect(descry('status').json).toMatchObject({ photos: 8, indexed: 8 });
    const inOld = descry('search', 'a dog', '--folder', photos);
    expect(inOld.json['ranked']).toBe(8);
    expect((inOld.json['results'] as { path: string }[]).every((one) => one.path.startsWith(moved))).toBe(true);
    expect(inOld.err).toContain('any more');
    expect(descry('index', photos).json).toMatchObject({
      error: { message: expect.stringContaining('Its 8 photos stay') as string },
    });
    expect(descry('folders', 'move', photos, moved)).toMatchObject({
      code: 1,
      json: { error: { code: 'nested-folder' } },
    });
    descry('folders', 'remove', photos);
    const again = path.join(base, 'again');
    renameSync(moved, again);
    expect(descry('folders', 'move', moved, again)).toMatchObject({
      code: 0,
      json: { to: again, photos: 8, added: 0, removed: 0 },
    });
    expect(descry('status').json).toMatchObject({ photos: 8, folders: [{ path: again, absence: null }] });
  }, 120_000);

  it('say that all photos wait where the program came with another model than they were indexed with', () => {
    const database = new Sqlite(path.join(base, 'home', 'library.db'));
    database.prepare("UPDATE settings SET value = '1' WHERE key = 'built-in-model'").run();
    database.close();
    const { json, err } = descry('search', 'a dog');
    expect(json).toMatchObject({ results: [] });
    expect(err).toContain('8 photos are not indexed yet');
  }, 60_000);
});
