/** The command line as a user has it: processes, exit codes, and the JSON that programs rely on. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import { testAssets } from '../fixtures/assets.ts';
import { failure } from '../fixtures/cli-failure.ts';
import { runCli, type CliOptions } from '../fixtures/run-cli.ts';
import { describeShared } from '../fixtures/shared.ts';
import { scratch, tinyModel } from '../fixtures/tiny-library.ts';

const { folder: base, remove } = scratch('cli');
const home = path.join(base, 'home');

/** @returns the answer, and the last line of standard output, read as JSON */
async function descry(args: readonly string[], { environment, ...options }: CliOptions = {}) {
  const answer = await runCli(args, { ...options, environment: { DESCRY_HOME: home, ...environment } });
  let json: unknown;
  try {
    json = JSON.parse(answer.out.trim().split('\n').at(-1)!);
  } catch {
    json = undefined;
  }
  return { ...answer, json };
}
beforeAll(testAssets); // fetched before the first process asks
afterAll(remove);

describe('usage', () => {
  it('exits with 2 for what is no command of ours, with 0 for help and version', async () => {
    const wrong = [
      ['nonsense'],
      ['index'],
      ['search'],
      ['search', 'a dog', '--top', 'many'],
      ['search', 'a dog', '--top', '0'],
      ['train'],
      ['evaluate', '--dataset', '.', '--split', 'half'],
      ['status', '--engine', 'abacus'],
      ['search', 'two', 'sentences'],
    ];
    for (const { code, out, err } of await Promise.all(wrong.map((args) => descry(args)))) {
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('error:');
    }
    const [help, version, json] = await Promise.all([
      descry(['--help']),
      descry(['--version']),
      descry(['train', '--json']),
    ]);
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('search'), err: '' });
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(json).toMatchObject({
      code: 2,
      json: { error: { code: 'usage', message: expect.stringContaining('--dataset') } },
    });
    expect(existsSync(home)).toBe(false);
  });
});

describe('bad input', () => {
  it('exits with 2 for more epochs than a recipe of the encoder may have', async () => {
    expect(await descry(['train', '--dataset', base, '--epochs', '1001', '--json'])).toMatchObject({
      code: 2,
      json: { error: { code: 'usage', message: '--epochs must be a whole number, from 1 to 1000.' } },
    });
  });

  it('names the file and the way out, with exit code 1', async () => {
    const file = path.join(base, 'file.jpg');
    const empty = path.join(base, 'empty');
    const outer = path.join(base, 'outer');
    writeFileSync(file, 'no photo');
    mkdirSync(empty);
    mkdirSync(path.join(outer, 'inner'), { recursive: true });
    writeFileSync(path.join(base, 'recipe.json'), '{"name":"mine"}');
    const foreign = path.join(base, 'foreign');
    const newer = path.join(base, 'newer');
    const text = path.join(base, 'text');
    for (const folder of [foreign, newer, text]) mkdirSync(folder);
    writeFileSync(path.join(text, 'library.db'), 'This is no database, and somebody wants it back. '.repeat(50));
    new Database(path.join(foreign, 'library.db')).exec('CREATE TABLE theirs (x)').close();
    await descry(['folders'], { environment: { DESCRY_HOME: newer } });
    const database = new Database(path.join(newer, 'library.db'));
    database.pragma('user_version = 999');
    database.close();
    const before = readFileSync(path.join(text, 'library.db'));

    const ask = (args: string[], DESCRY_HOME = path.join(base, 'bad')) =>
      descry([...args, '--json'], { environment: { DESCRY_HOME } });
    const cases: [() => ReturnType<typeof descry>, object][] = [
      [() => ask(['index', file]), failure('not-a-folder', file)],
      [() => ask(['index', path.join(base, 'missing')]), failure('not-found', 'missing')],
      [() => ask(['index', empty]), failure('no-photos', empty, 'JPEG')],
      [() => ask(['index', outer, path.join(outer, 'inner')]), failure('nested-folder', 'inner', outer)],
      [() => ask(['search', 'a dog']), failure('no-photos', 'descry index')],
      [() => ask(['search', 'a dog', '--folder', path.join(base, 'missing')]), failure('not-found', 'missing')],
      [() => ask(['train', '--dataset', empty]), failure('dataset-invalid', empty, 'captions.csv')],
      [() => ask(['train', '--dataset', path.join(base, 'missing')]), failure('not-found', 'missing')],
      [
        () => ask(['train', '--dataset', empty, '--recipe', 'wonder']),
        failure('recipe-invalid', 'wonder', 'default, layers, seed'),
      ],
      [
        () => ask(['train', '--dataset', empty, '--recipe', path.join(base, 'recipe.json')]),
        failure('recipe-invalid', 'recipe.json', 'optimiser'),
      ],
      [() => ask(['models', 'import', file]), failure('model-invalid', file, 'models export')],
      [() => ask(['models', 'import', path.join(base, 'missing')]), failure('not-found', 'missing')],
      [() => ask(['models', 'use', 'unknown']), failure('model-unknown', 'unknown', 'default')],
      [() => ask(['models', 'remove', 'default']), failure('model-in-use', 'default')],
      [() => ask(['models', 'export', 'default', path.join(file, 'x')]), failure('not-a-folder', 'file.jpg')],
      [() => ask(['status'], file), failure('not-a-folder', file, '--home')],
      [() => ask(['status'], foreign), failure('database-foreign', foreign, '--home')],
      [() => ask(['status'], text), failure('database-corrupt', text, '--home')],
      [() => ask(['status'], newer), failure('database-newer', newer, 'Update')],
    ];
    // A few at a time: each is a process.
    while (cases.length > 0) {
      const some = cases.splice(0, 4);
      const answers = await Promise.all(some.map(([run]) => run()));
      answers.forEach((answer, i) => {
        expect(answer).toMatchObject(some[i]![1]);
        expect(answer.err.trim().split('\n')).toHaveLength(1);
      });
    }
    expect(readFileSync(path.join(text, 'library.db'))).toEqual(before);
    const left = await ask(['folders']);
    expect(left.json).toEqual([]);
  });
});

describeShared('the command line on real photos', (shared) => {
  const seed = path.join(shared, 'photos/seed');
  const number = expect.any(Number);

  it('indexes a folder that search has not seen, and answers in the promised shape', async () => {
    const searched = await descry([
      'search',
      'Children and kids having fun .',
      '--folder',
      seed,
      '--top',
      '5',
      '--json',
    ]);
    expect(searched.code).toBe(0);
    expect(searched.out.trim().split('\n')).toHaveLength(1);
    expect(searched.json).toEqual({
      query: 'Children and kids having fun .',
      hardlyKnownWords: [{ word: 'fun', by: 'similar' }],
      understood: {
        ...{ description: 'Children and kids having fun .', not: [] },
        ...{ from: null, to: null, months: null, place: null, country: null, camera: null, kind: null },
        ...{ folder: null, favourite: null },
      },
      unknownWords: [],
      tookMs: number,
      model: 'default',
      order: 'relevance',
      ranked: 35,
      goodMatches: number,
      matches: { sure: number, likely: number, possible: number, unlikely: number },
      results: Array.from({ length: 5 }, (_, i) => ({
        rank: i + 1,
        path: expect.stringContaining(realpathSync(seed)),
        damage: null,
        score: number,
        relevance: number,
        match: expect.stringMatching(/^(sure|likely|possible|unlikely)$/),
      })),
    });
    const [animals, unknown, nothing, empty, again, status, models, human, explained] = await Promise.all([
      descry(['search', 'Animals , like a horse , a dog or a cat .', '--top', '5', '--json']),
      descry(['search', 'a dog on the graass', '--top', '1000', '--json']),
      descry(['search', 'qwxzkv', '--json']),
      descry(['search', ' . ', '--json']),
      descry(['index', seed, '--json']),
      descry(['status', '--json']),
      descry(['models', '--json']),
      descry(['search', 'a horse', '--top', '3']),
      descry(['search', 'a horse', '--top', '3', '--explain']),
    ]);
    const { results } = animals.json as { results: { path: string; score: number }[] };
    const first = results.map((result) => path.basename(result.path));
    expect(first.filter((name) => /horse|dog|cat/.test(name)).length).toBeGreaterThanOrEqual(2);
    expect(results.map(({ score }) => score)).toEqual(results.map(({ score }) => score).sort((a, b) => b - a));
    expect(unknown.json).toMatchObject({
      unknownWords: expect.arrayContaining([{ word: 'graass', suggestion: 'grass' }]),
    });
    expect((unknown.json as { results: [] }).results).toHaveLength(35);
    expect(nothing).toMatchObject(failure('query-unknown', 'qwxzkv'));
    expect(empty).toMatchObject(failure('query-empty', 'words'));
    expect(again).toMatchObject({ code: 0 });
    const counts = { photos: 35, indexed: 0, reused: 35, missing: 0, failed: [], leftOut: {} };
    expect(again.json).toEqual({ ...counts, seconds: number, photosPerSecond: 0 });
    expect(status.json).toMatchObject({
      folders: [{ path: realpathSync(seed), photos: 35 }],
      photos: 35,
      failures: [],
      model: 'default',
      versions: { descry: expect.any(String), node: process.versions.node },
      paths: { home, database: path.join(home, 'library.db'), assets: expect.any(String) },
      sizes: { database: number, assets: number },
    });
    expect(models.json).toMatchObject([
      { id: 'default', recall: expect.anything(), createdAt: number, recipe: expect.any(String) },
    ]);
    expect(human.out.trim().split('\n')).toHaveLength(3);
    expect(human.out).toMatch(/^ {2}1 {2}(sure|likely|possible|unlikely) +\//);
    expect(explained.out).toMatch(/^ {2}1 {2}(sure|likely|possible|unlikely) +<?\d+% {2}0\.\d{3} {2}\//);
    expect(human.err).toBe(''); // no bar in a pipe
  });

  it('searches in a subfolder and among several folders', async () => {
    const own = path.join(base, 'own');
    cpSync(path.join(seed, 'skiing.jpg'), path.join(own, 'winter/skiing.jpg'));
    cpSync(path.join(seed, 'making_coffee.jpg'), path.join(own, 'coffee.jpg'));
    const indexed = await descry(['index', own, '--json']);
    expect(indexed.json).toMatchObject({ photos: 2, indexed: 0, reused: 2 });
    const [below, all, gone, nested] = await Promise.all([
      descry(['search', 'a mountain', '--folder', path.join(own, 'winter'), '--json']),
      descry(['search', 'a mountain', '--top', '100', '--json']),
      descry(['search', 'a mountain', '--folder', path.join(own, 'summer'), '--json']),
      descry(['index', path.join(own, 'winter'), '--json']),
    ]);
    expect(below.json).toMatchObject({ results: [{ path: path.join(own, 'winter/skiing.jpg') }] });
    expect((all.json as { results: [] }).results).toHaveLength(35); // copies are one result
    expect(gone).toMatchObject(failure('not-found', 'summer'));
    expect(nested).toMatchObject(failure('nested-folder', 'winter'));
    // Both are copies of photos in the other folder, which still uses what was computed.
    expect((await descry(['folders', 'remove', own, '--json'])).json).toEqual({
      removed: own,
      photos: 2,
      forgotten: 0,
    });
    expect(((await descry(['folders', '--json'])).json as unknown[]).length).toBe(1);
  });

  it('indexes the collection of broken and odd files to the end, with every failure in the list', async () => {
    const formats = path.join(shared, 'photos/formats');
    const { code, json } = await descry(['index', formats, '--json', '--home', path.join(base, 'formats')]);
    expect(code).toBe(0);
    const { photos, indexed, reused, failed } = json as {
      photos: number;
      indexed: number;
      reused: number;
      failed: { path: string; code: string; reason: string }[];
    };
    expect(photos).toBe(readdirSync(formats).length);
    expect(photos).toBe(indexed + reused + failed.length);
    expect(failed.length).toBeGreaterThan(3);
    for (const { path: file, code, reason } of failed) {
      expect(path.dirname(file)).toBe(realpathSync(formats));
      expect(code).toMatch(/^photo-/);
      expect(reason.length).toBeGreaterThan(10);
    }
    expect(failed.map(({ path: file }) => path.basename(file))).toEqual(
      expect.arrayContaining(['zero_bytes.jpg', 'truncated.jpg', 'corrupt_header.jpg', 'bomb_65536_square.png']),
    );
  });

  it('writes nothing but JSON, whatever decoders complain of, and names damage', async () => {
    const home = path.join(base, 'cases');
    const indexed = await descry(['index', path.join(shared, 'photos/cases'), '--json', '--home', home]);
    const { failed } = JSON.parse(indexed.out) as { failed: { path: string }[] };
    expect(failed.map(({ path: file }) => path.basename(file))).toContain('heic-decoder-error-on-stdout.heic');
    const { out } = await descry(['search', 'people at a table', '--top', '100', '--json', '--home', home]);
    const { results } = JSON.parse(out) as { results: { path: string; damage: string | null }[] };
    const damaged = results.filter(({ damage }) => damage !== null);
    expect(damaged).toMatchObject([{ path: expect.stringMatching(/in-the-middle/), damage: 'unreadable-part' }]);
  });

  it('stops at Ctrl-C with a usable library, and the next run goes on', async () => {
    const many = path.join(base, 'many');
    const images = path.join(shared, 'flickr/images');
    mkdirSync(many);
    for (const name of readdirSync(images).slice(0, 64)) cpSync(path.join(images, name), path.join(many, name));
    const at = path.join(base, 'interrupted');
    const database = path.join(at, 'library.db');
    const stopped = await descry(['index', many, '--json', '--home', at], {
      interruptWhen: () => existsSync(database) && embeddings(database) >= 16,
    });
    expect(stopped).toMatchObject({ code: 130, json: { error: { code: 'cancelled', message: expect.any(String) } } });
    const kept = embeddings(database);
    expect(kept).toBeGreaterThanOrEqual(16);
    expect(kept).toBeLessThan(64);
    const found = await descry(['search', 'a man in a red shirt', '--home', at, '--top', '3']);
    expect(found).toMatchObject({ code: 0, err: expect.stringContaining('not indexed yet') });
    const resumed = await descry(['index', many, '--json', '--home', at]);
    expect(resumed.json).toMatchObject({ photos: 64, indexed: 64 - kept, reused: kept, failed: [] });
  });

  it('exports, imports, uses and removes models without opening a photo', async () => {
    const file = path.join(base, 'exported.safetensors');
    const other = path.join(base, 'Other Model.safetensors');
    writeFileSync(other, encodeModel(await tinyModel()));
    expect(await descry(['models', 'export', 'default', file, '--json'])).toMatchObject({
      code: 0,
      json: { model: 'default' },
    });
    const imported = await descry(['models', 'import', other, '--json']);
    expect(imported.json).toMatchObject({ id: 'other-model', recipe: 'tiny', inUse: false });
    const strange = path.join(base, 'strange.safetensors');
    writeFileSync(strange, encodeModel(await tinyModel({ encoder: 'another network' })));
    expect(await descry(['models', 'import', strange, '--json'])).toMatchObject(
      failure('model-incompatible', 'another network'),
    );
    expect((await descry(['models', 'use', 'other-model', '--json'])).code).toBe(0);
    const search = await descry(['search', 'a dog', '--json']);
    expect(search.json).toMatchObject({ model: 'other-model' });
    expect((search.json as { results: [] }).results).toHaveLength(10);
    expect(await descry(['models', 'remove', 'other-model', '--json'])).toMatchObject({
      code: 0,
      json: { model: 'default' },
    });
    expect((await descry(['models', '--json'])).json).toHaveLength(1);
  });

  it('trains with a line for each step and epoch, goes on after Ctrl-C, and evaluates', async () => {
    const dataset = path.join(base, 'dataset');
    mkdirSync(path.join(dataset, 'images'), { recursive: true });
    const photos = readdirSync(seed);
    const rows = photos.flatMap((name, i) => {
      cpSync(path.join(seed, name), path.join(dataset, 'images', name));
      const words = name.replace('.jpg', '').replaceAll('_', ' ');
      return [`${name}| 0| ${words} .`, `${name}| 1| a photo of ${words} number ${i} .`];
    });
    writeFileSync(
      path.join(dataset, 'captions.csv'),
      ['image_name| comment_number| comment', ...rows, 'gone.jpg| 0| gone .'].join('\n'),
    );
    const train = ['train', '--dataset', dataset, '--recipe', 'seed', '--epochs', '4', '--name', 'mine', '--json'];
    const run = path.join(home, 'training');
    const stopped = await descry(train, { interruptWhen: () => existsSync(run) && readdirSync(run).length > 0 });
    expect(stopped.code).toBe(130);
    const resumed = await descry(train);
    expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('gone.jpg') });
    const lines = resumed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ kind: 'resumed' });
    const recall = { r1: number, r5: number, r10: number, medianRank: number };
    const epochs = lines.filter(({ kind }) => kind === 'epoch');
    expect(epochs.at(-1)).toEqual({
      kind: 'epoch',
      epoch: 4,
      epochs: 4,
      step: number,
      steps: number,
      loss: number,
      valRecall: { textToImage: recall, imageToText: recall },
      best: expect.any(Boolean),
      seconds: number,
      eta: number,
    });
    expect(lines.at(-1)).toMatchObject({ kind: 'summary', model: 'mine', recipe: 'seed', seconds: number });
    const evaluated = await descry(['evaluate', '--dataset', dataset, '--split', 'all', '--model', 'mine', '--json']);
    const report = {
      model: 'mine',
      dataset,
      photos: 35,
      captions: 70,
      textToImage: recall,
      imageToText: recall,
      words: expect.objectContaining({ rare: { queries: number, map: number }, common: { queries: 0, map: null } }),
    };
    expect(evaluated.json).toEqual(report);
    const copy = path.join(base, 'copy-of-dataset');
    cpSync(dataset, copy, { recursive: true });
    const both = await descry(['evaluate', '--dataset', dataset, copy, '--split', 'all', '--model', 'mine', '--json']);
    expect(both.json).toEqual([report, { ...report, dataset: copy }]);
    const twice = ['evaluate', '--dataset', dataset, '--dataset', copy, '--split', 'all', '--model', 'mine'];
    expect((await descry(twice)).out).toMatch(/mine on 35 photos.*words.*mine on 35 photos.*words/s);
    const relevance = await descry([
      'evaluate',
      '--dataset',
      dataset,
      '--split',
      'all',
      '--model',
      'mine',
      '--relevance',
    ]);
    expect(relevance).toMatchObject({
      code: 0,
      out: expect.stringMatching(/libraries of 35 photos.*sure +\d+.*above the cut-off/s),
    });
    expect(readdirSync(run)).toEqual([]);
  });
});

function embeddings(file: string): number {
  try {
    const database = new Database(file, { readonly: true });
    try {
      return database.prepare('SELECT count(*) FROM embeddings').pluck().get() as number;
    } finally {
      database.close();
    }
  } catch {
    return 0; // not there yet
  }
}
