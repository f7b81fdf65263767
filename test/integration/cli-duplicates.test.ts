/** `duplicates` and `similar`, as a user has them: processes, exit codes, and the JSON that programs rely on. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testAssets } from '../fixtures/assets.ts';
import { derivePhoto } from '../fixtures/derived-photos.ts';
import { describeShared } from '../fixtures/shared.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const { folder: base, remove } = scratch('cli-duplicates');
const home = path.join(base, 'home');

function descry(...args: readonly string[]): { code: number | null; out: string; json: Record<string, unknown> } {
  const { status, stdout } = spawnSync(process.execPath, [cli, ...args, '--home', home], { encoding: 'utf8' });
  const last = stdout.trim().split('\n').at(-1)!;
  return { code: status, out: stdout, json: last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {} };
}

afterAll(remove);

describeShared('descry', (shared) => {
  const photos = path.join(base, 'photos');
  const outside = path.join(base, 'outside.webp');
  const seed = (name: string) => path.join(shared, 'photos/seed', `${name}.jpg`);

  beforeAll(async () => {
    await testAssets();
    mkdirSync(path.join(photos, 'copies'), { recursive: true });
    for (const name of ['skiing', 'dog_carriage', 'making_coffee'])
      cpSync(seed(name), path.join(photos, `${name}.jpg`));
    cpSync(seed('skiing'), path.join(photos, 'copies', 'skiing.jpg'));
    const smaller = { edits: [{ do: 'resize' as const, scale: 0.5 }], format: 'jpeg' as const, quality: 70 };
    writeFileSync(path.join(photos, 'copies', 'small.jpg'), await derivePhoto(seed('dog_carriage'), smaller));
    writeFileSync(outside, await derivePhoto(seed('making_coffee'), { ...smaller, format: 'webp' }));
  });

  it('says that there is nothing to look among in an empty library', () => {
    for (const args of [['duplicates'], ['similar', outside]]) {
      expect(descry(...args, '--json')).toMatchObject({ code: 1, json: { error: { code: 'no-photos' } } });
    }
  });

  it('lists exact and near duplicates with their sizes, and what could be freed', () => {
    expect(descry('index', photos, '--json').code).toBe(0);
    const { code, json } = descry('duplicates', '--json');
    expect(code).toBe(0);
    const groups = json['groups'] as {
      kind: string;
      freeableBytes: number;
      photos: { path: string; bytes: number }[];
    }[];
    expect(json['complete']).toBe(true);
    const listed = groups.map(({ kind, photos: files }) => [
      kind,
      files.map((file) => path.relative(photos, file.path)).toSorted(),
    ]);
    expect(listed.toSorted()).toEqual([
      ['exact', [path.join('copies', 'skiing.jpg'), 'skiing.jpg']],
      ['near', [path.join('copies', 'small.jpg'), 'dog_carriage.jpg']],
    ]);
    for (const { freeableBytes, photos: files } of groups) {
      expect(freeableBytes).toBe(Math.min(...files.map(({ bytes }) => bytes)));
    }
    const text = descry('duplicates').out;
    expect(text).toContain('Nearly the same');
    expect(text).toContain(path.join(photos, 'copies', 'small.jpg'));
  });

  it('lists what is twice in one folder only', () => {
    expect(descry('duplicates', '--folder', path.join(photos, 'copies'), '--json').json['groups']).toEqual([]);
  });

  it('ranks photos by how much they are like one outside of the library', () => {
    const { code, json } = descry('similar', outside, '--top', '2', '--json');
    expect(code).toBe(0);
    expect(json['results']).toMatchObject([{ rank: 1, path: path.join(photos, 'making_coffee.jpg') }, { rank: 2 }]);
    const [first, second] = json['results'] as { score: number }[];
    // an inner product, less than the cosine: how distinctive the photo is counts, too
    expect(first!.score).toBeGreaterThan(2 * second!.score);
    const inFolder = descry('similar', outside, '--folder', path.join(photos, 'copies'), '--json').json;
    expect((inFolder['results'] as { path: string }[]).every((one) => one.path.includes('copies'))).toBe(true);
  });

  it('says which file it cannot compare with', () => {
    const missing = path.join(base, 'missing.jpg');
    expect(descry('similar', missing, '--json')).toMatchObject({ code: 1, json: { error: { code: 'not-found' } } });
    const text = path.join(base, 'text.jpg');
    writeFileSync(text, 'no picture');
    expect(descry('similar', text, '--json')).toMatchObject({ code: 1, json: { error: { code: 'photo-unreadable' } } });
    expect(descry('similar', text).code).toBe(1);
  });
});
