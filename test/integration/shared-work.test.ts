/** Several processes on one library share the work: what one computes, the other does not. */
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Store } from '../../electron/store/store.ts';
import { testAssets } from '../fixtures/assets.ts';
import { sharedPhotos } from '../fixtures/shared-photos.ts';
import { describeShared } from '../fixtures/shared.ts';
import { many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let base: { folder: string; remove: () => void };
beforeEach(() => (base = scratch('shared-work')));
afterEach(() => base.remove());

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);

describe('two programs on one library', () => {
  let first: TinyLibrary;
  let second: TinyLibrary;
  beforeEach(async () => {
    first = await tinyLibrary(base.folder);
    second = await tinyLibrary(base.folder);
    first.vision.delayMs = second.vision.delayMs = 5;
  });
  afterEach(async () => {
    await first.descry.close();
    await second.descry.close();
  });

  it('compute each photo once between them, and copies too', async () => {
    const copies = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`copy/${i}.jpg`, `photo ${i}`]));
    first.write({ ...many(200), ...copies });
    const folder = await first.descry.library.add(first.photos);
    await first.descry.library.scan(folder.id);
    // Without time for a photo, the first program has all of them before the second has begun.
    first.vision.delayMs = second.vision.delayMs = 20;
    const reports = await Promise.all([first.descry.indexer.run(), second.descry.indexer.run()]);
    expect(sum(reports.map(({ indexed }) => indexed))).toBe(200);
    expect(first.vision.described.length + second.vision.described.length).toBe(200);
    expect(Math.min(...reports.map(({ indexed }) => indexed))).toBeGreaterThan(0);
    const search = await second.descry.search.query('a dog', { limit: 1000 });
    expect(search.ids).toHaveLength(200);
  });

  it('leave no claim behind, also when computing fails', async () => {
    first.write(many(40));
    const folder = await first.descry.library.add(first.photos);
    await first.descry.library.scan(folder.id);
    first.vision.trouble = new Error('no memory');
    await expect(first.descry.indexer.run()).rejects.toThrow('no memory');
    expect((await second.descry.indexer.run()).indexed).toBe(40);
  });
});

describe('claims', () => {
  it('are not given twice, and are free again when their process has ended', () => {
    const file = path.join(base.folder, 'library.db');
    const stores = [new Store(file), new Store(file)] as const;
    expect(stores[0].claims.take('photo', [1, 2, 3])).toEqual(new Set([1, 2, 3]));
    expect(stores[1].claims.take('photo', [2, 3, 4])).toEqual(new Set([4]));
    expect(stores[1].claims.take('content', [1])).toEqual(new Set([1]));
    stores[1].claims.release('photo', [1, 2, 4]); // only its own
    expect(stores[0].claims.take('photo', [2, 4])).toEqual(new Set([4]));
    stores[0].close();
    expect(stores[1].claims.take('photo', [1, 2, 3, 4])).toEqual(new Set([1, 2, 3, 4]));
    stores[1].close();
  });
});

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');

describeShared('two index commands', () => {
  beforeAll(testAssets);

  interface Run {
    readonly child: ChildProcess;
    readonly ended: Promise<{
      code: number | null;
      json: { photos: number; indexed: number } | undefined;
      err: string;
    }>;
  }
  function index(folder: string): Run {
    const child = spawn(process.execPath, [cli, 'index', folder, '--json'], {
      env: { ...process.env, DESCRY_HOME: path.join(base.folder, 'home') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const ended = new Promise<Awaited<Run['ended']>>((resolve) =>
      child.on('close', (code) => {
        const line = out.trim().split('\n').at(-1)!;
        resolve({
          code,
          err,
          json: line === '' ? undefined : (JSON.parse(line) as { photos: number; indexed: number }),
        });
      }),
    );
    return { child, ended };
  }
  /** 40 photos of different content: a JPEG may have anything after its end */
  function photos(): string {
    const folder = path.join(base.folder, 'photos');
    mkdirSync(folder);
    const seeds = sharedPhotos('photos/seed')!;
    for (let i = 0; i < 40; i++) {
      const file = path.join(folder, `${i}.jpg`);
      copyFileSync(seeds[i % seeds.length]!, file);
      appendFileSync(file, `${i}`);
    }
    return folder;
  }
  const indexedPhotos = () => {
    const store = new Store(path.join(base.folder, 'home', 'library.db'));
    try {
      return [...store.folders.counts('default').values()].reduce((total, { indexed }) => total + indexed, 0);
    } finally {
      store.close();
    }
  };

  it('compute as many photos as there are, together', async () => {
    const folder = photos();
    const ends = await Promise.all([index(folder), index(folder)].map(({ ended }) => ended));
    expect(ends.map(({ code, err }) => [code, err.includes('Error')])).toEqual([
      [0, false],
      [0, false],
    ]);
    expect(sum(ends.map(({ json }) => json!.indexed))).toBe(40);
    expect(ends.map(({ json }) => json!.photos)).toEqual([40, 40]);
    expect(indexedPhotos()).toBe(40);
  }, 120_000);

  it('of which one is killed: the other computes the rest', async () => {
    const folder = photos();
    const [killed, other] = [index(folder), index(folder)];
    const database = path.join(base.folder, 'home', 'library.db');
    await expect.poll(() => readdirSync(base.folder).includes('home'), { timeout: 30_000 }).toBe(true);
    await expect
      .poll(
        () => {
          const store = new Store(database);
          const owners = store.claims.owners().filter(({ pid }) => pid === killed.child.pid);
          store.close();
          return owners.length;
        },
        { timeout: 60_000, interval: 20 },
      )
      .toBe(1);
    killed.child.kill('SIGKILL');
    const { code, json } = await other.ended;
    expect([code, json!.photos]).toEqual([0, 40]);
    expect(indexedPhotos()).toBe(40);
  }, 120_000);
});
