/** `descry explain`: what a sentence means, without weights, index or library. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { libraryNames } from '../../electron/services/understanding/names.ts';
import { Store } from '../../electron/store/store.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const compiled = path.resolve(import.meta.dirname, '../../node_modules/.cache/compile');
const { folder: base, remove } = scratch('explain');
afterAll(remove);

function explain(args: readonly string[], home = path.join(base, 'absent')) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'explain', ...args], {
    env: {
      NODE_COMPILE_CACHE: compiled,
      ...process.env,
      DESCRY_HOME: home,
      // No weights can be fetched.
      DESCRY_ASSETS: path.join(base, 'no-weights'),
      npm_config_registry: 'http://127.0.0.1:9/',
    },
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

describe('explain', () => {
  it('answers with the fields of the sentences, and makes no library', () => {
    const { code, out, err } = explain([
      'a red car in Paris last summer, not at night',
      '--now',
      '2026-11-26',
      '--json',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({
      description: 'a red car',
      from: '2026-06-01',
      to: '2026-08-31',
      months: null,
      place: 'Paris',
      country: 'FR',
      camera: null,
      kind: null,
      folder: null,
      favourite: null,
      not: ['at night'],
    });
    expect(existsSync(path.join(base, 'absent'))).toBe(false);
    expect(existsSync(path.join(base, 'no-weights'))).toBe(false);
  });

  it('says it in words', () => {
    const { out } = explain(['screenshots near Zermatt in August without text', '--now', '2026-11-26']);
    expect(out).toBe(
      [
        'seen      anything',
        'when      August of any year',
        'where     near Zermatt, Valais, Switzerland',
        'kind      screenshot',
        'not seen  "text"',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [['-beach dog'], 'dog', ['beach']],
    [['--json', '-beach', '--now', '2026-11-26'], '', ['beach']],
    [['--', '-beach dog'], 'dog', ['beach']],
    [['dog -beach'], 'dog', ['beach']],
  ])('takes a sentence that begins with what must not be seen: %j', (args, description, not) => {
    const json = args.includes('--json') ? [] : ['--json'];
    const { code, out } = explain([...json, ...args]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ description, not });
  });

  it('still refuses an option that it does not have', () => {
    expect(explain(['dog', '--colour']).code).toBe(2);
    expect(explain(['dog', '-x']).code).toBe(2);
  });

  it('counts from today where no day is given', () => {
    const { from } = JSON.parse(explain(['yesterday', '--json']).out) as { from: string };
    expect(Math.abs(Date.now() - Date.parse(from))).toBeLessThan(3 * 86_400_000);
  });

  it('refuses what is no day, and a sentence that is too long', () => {
    for (const day of ['2026-02-30', 'yesterday', '26-11-26']) {
      expect(explain(['a dog', '--now', day])).toMatchObject({ code: 2, out: '' });
    }
    const { code, out } = explain(['dog '.repeat(300), '--json']);
    expect({ code, json: JSON.parse(out) as unknown }).toMatchObject({
      code: 1,
      json: { error: { code: 'query-too-long' } },
    });
  });

  it('knows the cameras and folders of the library', () => {
    const home = path.join(base, 'home');
    const photos = path.join(base, 'photos');
    const store = new Store(path.join(home, 'library.db'));
    const { id } = store.folders.add(photos);
    for (const [i, name] of ['a.jpg', path.join('Trip 2019', 'Alps', 'b.jpg')].entries()) {
      const { id: photo } = store.photos.upsert(id, { path: path.join(photos, name), bytes: 1, modified: 1 });
      const content = store.contents.ensure(new Uint8Array(32).fill(i));
      store.contents.describe(content, {
        ...{ width: 1, height: 1, taken: null, camera: 'ACME Q77', latitude: null, longitude: null },
        ...{ lens: null, exposure: null, aperture: null, iso: null, focal: null },
      });
      store.photos.setContent(photo, content);
    }
    expect(libraryNames(store)).toEqual({
      cameras: ['ACME Q77'],
      folders: [photos, path.join(photos, 'Trip 2019'), path.join(photos, 'Trip 2019', 'Alps')],
    });
    store.close();
    expect(JSON.parse(explain(['birds from Trip 2019 with my Q77', '--json'], home).out)).toMatchObject({
      description: 'birds',
      camera: 'Q77',
      folder: path.join(photos, 'Trip 2019'),
    });
  });
});
