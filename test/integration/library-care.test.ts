/** The background check of the database, in the process that the window uses for it, and what the command line does with damage. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LibraryCare, type CheckMethods } from '../../electron/services/library-file/care.ts';
import { LibraryFile } from '../../electron/services/library-file/open-library.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { forkWorker } from '../../electron/workers/fork.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';
import { damagePages } from '../fixtures/damage-pages.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const worker = path.resolve(import.meta.dirname, '../../electron/check-worker.ts');
const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const checker = () =>
  new WorkerSupervisor<CheckMethods>({ name: 'check', start: () => forkWorker(worker), log: () => undefined });
const week = 8 * 24 * 3_600_000;

let home: string;
let photos: string;
let remove: () => void;
let file: LibraryFile;
beforeEach(() => {
  let folder: string;
  ({ folder, remove } = scratch('library-care'));
  home = path.join(folder, 'home');
  photos = path.join(folder, 'photos');
  mkdirSync(home);
  mkdirSync(photos);
  file = new LibraryFile(home, { log: silentLog, onDamage: 'refuse' });
  const { id } = file.store.folders.add(photos);
  file.store.transaction(() => {
    for (let i = 0; i < 2000; i++) {
      file.store.photos.upsert(id, { path: path.join(photos, `${i}.jpg`), bytes: 1, modified: 1 });
    }
  });
  file.store.preferences.set('database-checked', Date.now() - week);
});
afterEach(() => {
  file.close();
  remove();
});

function damage(): void {
  file.close();
  damagePages(file.store.file, 0.5, 'photos');
}

describe('the check in the background', () => {
  it('notes that nothing is damaged, so that none is due for a week', async () => {
    const damaged: string[] = [];
    const care = new LibraryCare({ file, checker, onDamaged: () => damaged.push('now'), log: silentLog });
    expect(file.isCheckDue()).toBe(true);
    await care.check();
    await care.close();
    expect(damaged).toEqual([]);
    expect(file.isCheckDue()).toBe(false);
  });

  it('notes damage, and the next start builds the library again and says so until it was read', async () => {
    damage();
    file = new LibraryFile(home, { log: silentLog, onDamage: 'rebuild' });
    const damaged: string[] = [];
    const care = new LibraryCare({ file, checker, onDamaged: () => damaged.push('now'), log: silentLog });
    await care.check();
    await care.close();
    expect(damaged).toEqual(['now']);
    file.close();
    file = new LibraryFile(home, { log: silentLog, onDamage: 'rebuild' });
    const [notice] = file.notices();
    expect(notice).toMatchObject({ kind: 'rebuilt', folders: 1 });
    file.close();
    file = new LibraryFile(home, { log: silentLog, onDamage: 'rebuild' });
    expect(file.notices()).toEqual([notice]);
    const weights = { kind: 'weights', message: 'The weights are damaged.', at: 1_795_000_000_000 } as const;
    file.note(weights);
    file.close();
    file = new LibraryFile(home, { log: silentLog, onDamage: 'rebuild' });
    expect(file.notices()).toEqual([notice, weights]);
    file.dismiss('rebuilt');
    expect(file.notices()).toMatchObject([{ kind: 'weights' }]);
    file.dismiss('weights');
    expect(file.notices()).toEqual([]);
  });
});

describe('the command line', () => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json', '--home', home], {
      encoding: 'utf8',
    });
    return { status, out: stdout, err: stderr };
  };

  it('says what is damaged and how to build it again, and only `index` does so', () => {
    damage();
    const before = readFileSync(file.store.file);
    for (const command of [['status'], ['folders'], ['search', 'a dog']]) {
      const { status, out, err } = run(...command);
      expect(status).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ error: { code: 'database-corrupt' } });
      expect(err).toContain(file.store.file);
      expect(err).toMatch(/is damaged .*descry index FOLDER.*--home/);
      expect(err.trim().split('\n')).toHaveLength(1);
    }
    expect(readFileSync(file.store.file)).toEqual(before);
    const { err } = run('index', photos); // which holds no photos
    expect(err).toMatch(/was damaged. It was moved to .*library-damaged-\d{4}-\d\d-\d\d\.db and built again/);
    expect(readdirSync(home).some((name) => name.startsWith('library-damaged-'))).toBe(true);
    expect(run('folders').status).toBe(0);
  });
});
