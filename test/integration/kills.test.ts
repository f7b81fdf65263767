/**
 * kill -9 at random moments (issue 11): of the library's process, of a worker, of all of them, while photos are indexed, another
 * model is taken into use, a model is trained or imported. Whatever was killed, the next run ends the work: the database is
 * whole, no finished photo is computed again, and the results are those of an undisturbed run, bit by bit.
 *
 * 20 rounds; more with KILL_ROUNDS=200. The seed of the moments is printed, and KILL_SEED repeats them.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSafetensors } from '../../models/files/safetensors.ts';
import { seededRandom } from '../../models/math/random.ts';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import { writeDataset } from '../fixtures/captioned-dataset.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { scratch, tinyModel } from '../fixtures/tiny-library.ts';
import { testAssets } from '../fixtures/assets.ts';

const program = path.resolve(import.meta.dirname, '../fixtures/killed-library.ts');
const rounds = Number(process.env['KILL_ROUNDS'] ?? 20);
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1e6);
const random = seededRandom(seed);

let base: string;
let remove: () => void;
let builtIn: string;
beforeAll(async () => {
  process.stderr.write(`KILL_SEED=${seed}\n`);
  ({ folder: base, remove } = scratch('kills'));
  builtIn = path.join(base, 'default.safetensors');
  writeFileSync(builtIn, encodeModel(await tinyModel()));
  await testAssets();
});
afterAll(() => remove());

interface Run {
  readonly child: ChildProcess;
  readonly opened: Promise<void>;
  readonly ended: Promise<number | null>;
  readonly errors: () => string;
}

function start(home: string, job: string, subject: string): Run {
  const child = spawn(process.execPath, [program, home, builtIn, job, subject], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DESCRIBED: described(home) },
    // a group of its own, to be killed with all its workers
    detached: true,
  });
  let errors = '';
  child.stderr.on('data', (piece: Buffer) => (errors += piece.toString()));
  return {
    child,
    opened: new Promise((resolve) => child.stdout.once('data', () => resolve())),
    ended: new Promise((resolve) => child.once('close', resolve)),
    errors: () => errors,
  };
}

const described = (home: string) => `${home}.described`;
const describedIn = (home: string) =>
  existsSync(described(home)) ? readFileSync(described(home), 'utf8').trim().split('\n') : [];

async function undisturbed(home: string, job: string, subject: string): Promise<number> {
  const run = start(home, job, subject);
  await run.opened;
  const began = performance.now();
  expect(await run.ended, run.errors()).toBe(0);
  return performance.now() - began;
}

type Victim = 'library' | 'vision' | 'training' | 'all';

function kill({ child }: Run, victim: Victim): void {
  const pid = child.pid!;
  if (victim === 'all') return void process.kill(-pid, 'SIGKILL');
  if (victim === 'library') return void child.kill('SIGKILL');
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  for (const line of stdout.toString().split('\n')) {
    const [, worker, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (Number(parent) === pid && args!.includes(`${victim}-worker.ts`)) process.kill(Number(worker), 'SIGKILL');
  }
}

/**
 * Kills the victim at a random moment, and lets the job be finished: by the same process where it lives, else by a new one.
 * @returns the files of models that were there when a new process began; none where the same one finished the job
 */
async function disturb(
  home: string,
  job: string,
  subject: string,
  victim: Victim,
  usualMs: number,
): Promise<{ models: string[] }> {
  const run = start(home, job, subject);
  await run.opened;
  await sleep(random.uniform() * usualMs);
  if (run.child.exitCode === null) kill(run, victim);
  const code = await run.ended;
  // Workers of a killed library end by themselves.
  if (victim === 'library') await sleep(300);
  const before = contentsWithFeature(home);
  const already = describedIn(home).length;
  const restarted = victim === 'library' || victim === 'all';
  const models = restarted ? modelFiles(home) : [];
  if (restarted) await undisturbed(home, job, subject);
  else expect(code, run.errors()).toBe(0);
  expect(
    describedIn(home)
      .slice(already)
      .filter((name) => before.has(name)),
  ).toEqual([]);
  return { models };
}

const modelFiles = (home: string) =>
  existsSync(path.join(home, 'models'))
    ? readdirSync(path.join(home, 'models')).filter((name) => name.endsWith('.safetensors'))
    : [];

function inDatabase<T>(home: string, read: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(path.join(home, 'library.db'), { readonly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

/** Names of the files whose feature is stored: of photos and of datasets. */
function contentsWithFeature(home: string): Set<string> {
  if (!existsSync(path.join(home, 'library.db'))) return new Set();
  const files = inDatabase(home, (database) =>
    database
      .prepare<[], string>(
        `SELECT path FROM (SELECT path, content FROM photos UNION SELECT path, content FROM dataset_photos)
         WHERE content IN (SELECT content FROM features)`,
      )
      .pluck()
      .all(),
  );
  return new Set(files.map((file) => path.basename(file)));
}

/** The number of each feature's row. */
const featureRows = (home: string): unknown[] =>
  existsSync(path.join(home, 'library.db'))
    ? inDatabase(home, (database) => database.prepare('SELECT rowid, content FROM features').raw().all())
    : [];

/** Each file's name with its feature and embeddings, as text. */
function results(home: string): unknown {
  return inDatabase(home, (database) => {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    const features = `SELECT hex(c.hash), hex(f.data) FROM features f JOIN contents c ON c.id = f.content ORDER BY 1`;
    const embeddings = `SELECT e.model, hex(c.hash), hex(e.data) FROM embeddings e JOIN contents c ON c.id = e.content ORDER BY 1, 2`;
    const photos = 'SELECT path FROM photos ORDER BY 1';
    return [features, embeddings, photos].map((sql) => database.prepare(sql).raw().all());
  });
}

function writePhotos(folder: string, count: number, name: (i: number) => string): void {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) writeFileSync(path.join(folder, name(i)), `photo ${i}`);
}

/** Rounds of a job: the victims in turn. */
function roundsOf(job: string, share: number, possible: readonly Victim[]) {
  const count = Math.max(possible.length, Math.round(rounds * share));
  return Array.from({ length: count }, (_, i) => ({ job, round: i + 1, victim: possible[i % possible.length]! }));
}

describe.skipIf(process.platform === 'win32')('kill -9', () => {
  describe('while photos are indexed', () => {
    let usualMs: number;
    let photos: string;
    let expected: unknown;
    beforeAll(async () => {
      photos = path.join(base, 'photos');
      // 100 ms each: test/fixtures/vision-worker.ts
      writePhotos(photos, 24, (i) => `slow ${i}.jpg`);
      usualMs = await undisturbed(path.join(base, 'index'), 'index', photos);
      expected = results(path.join(base, 'index'));
    });
    test.each(roundsOf('index', 0.3, ['library', 'vision', 'all']))(
      'round $round: $victim',
      async ({ round, victim }) => {
        const home = path.join(base, `index-${round}`);
        await disturb(home, 'index', photos, victim, usualMs);
        expect(results(home)).toEqual(expected);
      },
    );
  });

  describe('while another model is taken into use', () => {
    let usualMs: number;
    let expected: unknown;
    const model = 'other';
    const copy = (home: string) => {
      mkdirSync(home, { recursive: true });
      for (const name of readdirSync(path.join(base, 'use'))) {
        if (name.startsWith('library.db')) copyFileSync(path.join(base, 'use', name), path.join(home, name));
      }
      mkdirSync(path.join(home, 'models'));
      for (const name of readdirSync(path.join(base, 'use', 'models'))) {
        copyFileSync(path.join(base, 'use', 'models', name), path.join(home, 'models', name));
      }
    };
    beforeAll(async () => {
      const file = path.join(base, `${model}.safetensors`);
      writeFileSync(file, encodeModel(await tinyModel({ seed: 2 })));
      const many = path.join(base, 'many');
      writePhotos(many, 1000, (i) => `${i}.jpg`);
      await undisturbed(path.join(base, 'use'), 'index', many);
      await undisturbed(path.join(base, 'use'), 'import', file);
      copy(path.join(base, 'used'));
      usualMs = await undisturbed(path.join(base, 'used'), 'use', model);
      expected = results(path.join(base, 'used'));
    });
    test.each(roundsOf('use', 0.2, ['library', 'all']))('round $round: $victim', async ({ round, victim }) => {
      const home = path.join(base, `use-${round}`);
      copy(home);
      await disturb(home, 'use', model, victim, usualMs);
      expect(results(home)).toEqual(expected);
    });
  });

  describe('while a model is trained', () => {
    let usualMs: number;
    let dataset: string;
    let expected: (readonly [string, unknown])[];
    const trained = (home: string) => {
      return modelFiles(home).map((name) => {
        const { tensors } = decodeSafetensors(readFileSync(path.join(home, 'models', name)));
        expect(tensors.size).toBeGreaterThan(0);
        const numbers = [...tensors].map(([key, { data }]) => [key, Buffer.from(data.buffer).toString('hex')]);
        return [name, numbers] as const;
      });
    };
    beforeAll(async () => {
      dataset = path.join(base, 'dataset');
      writeDataset(dataset, 60);
      usualMs = await undisturbed(path.join(base, 'train'), 'train', dataset);
      expected = trained(path.join(base, 'train'));
    });
    test.each(roundsOf('train', 0.2, ['training', 'library', 'vision', 'all']))(
      'round $round: $victim',
      async ({ round, victim }) => {
        const home = path.join(base, `train-${round}`);
        const { models } = await disturb(home, 'train', dataset, victim, usualMs);
        // Where the model was there before the kill, training was asked for a second time, and made a second one.
        const names = models.length === 0 ? ['mine.safetensors'] : [...models, 'mine-2.safetensors'];
        expect(trained(home)).toEqual(names.toSorted().map((name) => [name, expected[0]![1]]));
        results(home);
      },
    );
  });

  describe('while a model is imported', () => {
    test.each(roundsOf('import', 0.2, ['library', 'all']))('round $round: $victim', async ({ round, victim }) => {
      const home = path.join(base, `import-${round}`);
      const file = path.join(base, 'imported.safetensors');
      writeFileSync(file, encodeModel(await tinyModel({ seed: 3 })));
      await disturb(home, 'import', file, victim, 150);
      results(home);
      // each listed model has its file, and each file is whole
      const listed = inDatabase(home, (database) => database.prepare('SELECT file FROM models').pluck().all());
      expect(listed.length).toBeGreaterThan(0);
      for (const name of listed as string[]) {
        expect(readFileSync(path.join(home, 'models', name))).toEqual(readFileSync(file));
      }
      rmSync(home, { recursive: true });
    });
  });

  describe('while the command line indexes, with the real network', () => {
    const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
    let usualMs: number;
    let photos: string;
    let expected: unknown;
    const index = (home: string) =>
      spawn(process.execPath, [cli, 'index', photos], { env: { ...process.env, DESCRY_HOME: home }, stdio: 'ignore' });
    const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('close', resolve));
    beforeAll(async () => {
      photos = path.join(base, 'drawn');
      await drawPhotos(photos, { count: 20, width: 400, height: 300 });
      const began = performance.now();
      expect(await ended(index(path.join(base, 'cli')))).toBe(0);
      usualMs = performance.now() - began;
      expected = results(path.join(base, 'cli'));
    });
    test.each(roundsOf('index', 0.1, ['library']))('round $round', async ({ round }) => {
      const home = path.join(base, `cli-${round}`);
      // Half of the time or so passes before the first photo.
      const child = index(home);
      const end = ended(child);
      await sleep((0.4 + 0.6 * random.uniform()) * usualMs);
      child.kill('SIGKILL');
      await end;
      const before = featureRows(home);
      expect(await ended(index(home))).toBe(0);
      expect(results(home)).toEqual(expected);
      // a feature that is computed again is another row
      expect(featureRows(home)).toEqual(expect.arrayContaining(before));
    });
  });
});
