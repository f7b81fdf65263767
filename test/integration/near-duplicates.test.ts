/** Stacks of near-duplicates in a library that lives: photos come, change and go. */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { side } from '../../electron/services/duplicates/alignment.ts';
import { Descry } from '../../electron/services/descry.ts';
import { migrations } from '../../electron/store/migrations.ts';
import { seededRandom } from '../../models/math/random.ts';
import { asVersion } from '../fixtures/as-version.ts';
import { testAssets } from '../fixtures/assets.ts';
import { derivePhoto } from '../fixtures/derived-photos.ts';
import { describeShared } from '../fixtures/shared.ts';
import { featureOf, indexFiles, pictureOf, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { tinyEncoder } from '../fixtures/tiny-encoder.ts';

let tiny: TinyLibrary;
let base: ReturnType<typeof scratch>;

/** A photo 'SCENE NUMBER' is near to all others of its scene. */
const sceneOf = (bytes: Buffer) => bytes.toString().split(' ')[0]!;
function asScenes({ vision }: TinyLibrary): void {
  vision.feature = (bytes) => {
    const random = seededRandom(bytes.length + bytes.at(-1)!);
    return featureOf(sceneOf(bytes)).map((value) => value + 0.02 * random.uniform());
  };
  vision.picture = (bytes) => {
    const soft = pictureOf(sceneOf(bytes), 4);
    return Uint8Array.from(
      { length: side * side },
      (_, i) => soft[Math.floor(i / side / 8) * 4 + Math.floor((i % side) / 8)]!,
    );
  };
}

beforeEach(async () => {
  base = scratch('near-duplicates');
  tiny = await tinyLibrary(base.folder);
  asScenes(tiny);
});
afterEach(async () => {
  await tiny.descry.close();
  base.remove();
});

const contentOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.content!;
const stackOf = (name: string) => tiny.descry.nearDuplicates.stacksOf(Int32Array.of(contentOf(name)))[0]!;
/** Names of the photos of each stack. */
function stacks(): string[][] {
  const { store, nearDuplicates } = tiny.descry;
  const byStack = Map.groupBy(nearDuplicates.stacks(), ([, stack]) => stack);
  return [...byStack.values()]
    .map((members) =>
      members.flatMap(([content]) => store.photos.ofContent(content).map((row) => path.basename(row.path))).toSorted(),
    )
    .toSorted((a, b) => a[0]!.localeCompare(b[0]!));
}
const rescan = async () => {
  await tiny.descry.library.scan(tiny.descry.library.folders()[0]!.id);
  await tiny.descry.indexer.run();
  await tiny.descry.nearDuplicates.run();
};
const scenes = { 'a1.jpg': 'alps 1', 'a2.jpg': 'alps 2', 'a3.jpg': 'alps 3', 'b1.jpg': 'beach 1', 'c1.jpg': 'city 1' };

describe('the stacks of a library', () => {
  it('hold copies of a file, too', async () => {
    await indexFiles(tiny, { 'a.jpg': 'alps 1', 'b.jpg': 'beach 1', 'b copy.jpg': 'beach 1' });
    await tiny.descry.nearDuplicates.run();
    const contents = Int32Array.of(...['b copy.jpg', 'a.jpg', 'b.jpg'].map(contentOf));
    expect([...tiny.descry.nearDuplicates.stacksOf(contents)]).toEqual([contents[0], 0, contents[0]]);
    expect([...tiny.descry.nearDuplicates.stacksOf(contents.slice(1))]).toEqual([0, 0]);
  });

  it('hold no screenshots: those that differ in a line of text look the same', async () => {
    const names = ['Screenshot_20210506-101112.png', 'Screenshot_20210506-101500.png', 'a1.jpg', 'a2.jpg'];
    await indexFiles(tiny, Object.fromEntries(names.map((name, i) => [name, `alps ${i}`])));
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([['a1.jpg', 'a2.jpg']]);
  });

  it('hold near-duplicates; photos that are opened for it are those with a similar one', async () => {
    await indexFiles(tiny, scenes);
    expect(tiny.descry.nearDuplicates.report()).toEqual({ groups: [], complete: false });
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([['a1.jpg', 'a2.jpg', 'a3.jpg']]);
    expect(stackOf('a3.jpg')).toBe(Math.min(...['a1.jpg', 'a2.jpg', 'a3.jpg'].map(contentOf)));
    expect(stackOf('b1.jpg')).toBe(0);
    expect(tiny.vision.greys.map((file) => path.basename(file)).toSorted()).toEqual(['a1.jpg', 'a2.jpg', 'a3.jpg']);
    expect(tiny.descry.nearDuplicates.report().complete).toBe(true);
    expect(tiny.descry.nearDuplicates.hasWork).toBe(false);
  });

  it('are not made where only the features are similar', async () => {
    tiny.vision.picture = pictureOf;
    await indexFiles(tiny, scenes);
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([]);
    expect(tiny.vision.greys).toHaveLength(3);
  });

  it('take in a photo that comes later, and compute nothing twice, also after a restart', async () => {
    await indexFiles(tiny, scenes);
    await tiny.descry.nearDuplicates.run();
    tiny = await tiny.reopen();
    expect(stacks()).toEqual([['a1.jpg', 'a2.jpg', 'a3.jpg']]);
    tiny.vision.greys.length = 0;
    await tiny.descry.nearDuplicates.run();
    expect(tiny.vision.greys).toEqual([]);
    tiny.write({ 'b2.jpg': 'beach 2', 'd1.jpg': 'desert 1' });
    await rescan();
    expect(stacks()).toEqual([
      ['a1.jpg', 'a2.jpg', 'a3.jpg'],
      ['b1.jpg', 'b2.jpg'],
    ]);
    expect(tiny.vision.greys.map((file) => path.basename(file)).toSorted()).toEqual(['b1.jpg', 'b2.jpg']);
  });

  it('are left by a photo that is removed or becomes another one', async () => {
    await indexFiles(tiny, scenes);
    await tiny.descry.nearDuplicates.run();
    rmSync(path.join(tiny.photos, 'a1.jpg'));
    tiny.write({ 'a2.jpg': 'beach 2' });
    await rescan();
    expect(stackOf('a3.jpg')).toBe(0);
    expect(stacks()).toEqual([['a2.jpg', 'b1.jpg']]);
    tiny.descry.library.remove(tiny.descry.library.folders()[0]!.id);
    expect(stacks()).toEqual([]);
    await tiny.descry.cleanup.run();
    const plain = new Sqlite(tiny.descry.store.file, { readonly: true });
    for (const table of ['compared', 'similar_pairs', 'grey_pictures', 'contents']) {
      expect(plain.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
    }
    plain.close();
  });

  it('are the same in whatever order the photos came', async () => {
    const files = Object.entries(scenes);
    await indexFiles(tiny, Object.fromEntries(files));
    await tiny.descry.nearDuplicates.run();
    const expected = stacks();
    await tiny.descry.close();
    base.remove();
    base = scratch('near-duplicates');
    tiny = await tinyLibrary(base.folder);
    asScenes(tiny);
    for (const [name, text] of files.toReversed()) {
      tiny.write({ [name]: text });
      if (tiny.descry.library.folders().length === 0) await tiny.descry.library.add(tiny.photos);
      await rescan();
    }
    expect(stacks()).toEqual(expected);
  });

  it('wait for a disk that is not connected, and leave out a photo that cannot be opened', async () => {
    await indexFiles(tiny, scenes);
    renameSync(tiny.photos, `${tiny.photos}-away`);
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([]);
    renameSync(`${tiny.photos}-away`, tiny.photos);
    const grey = tiny.vision.grey.bind(tiny.vision);
    tiny.vision.grey = async (paths, length) =>
      (await grey(paths, length)).map((picture, i) =>
        paths[i]!.endsWith('a1.jpg') ? { failure: { code: 'photo-unreadable', reason: 'It is broken.' } } : picture,
      );
    expect(tiny.descry.nearDuplicates.hasWork).toBe(true);
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([['a2.jpg', 'a3.jpg']]);
    expect(tiny.descry.nearDuplicates.hasWork).toBe(false);
  });

  it('stop at once when the library is closed, and go on later', async () => {
    await indexFiles(
      tiny,
      Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}.jpg`, `scene${i % 20} ${i}`])),
    );
    const stop = new AbortController();
    const run = tiny.descry.nearDuplicates.run({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(run).rejects.toThrow();
    expect(tiny.descry.nearDuplicates.report().complete).toBe(false);
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toHaveLength(20);
    expect(stacks().every((names) => names.length === 3)).toBe(true);
  });

  it('of an earlier version are made when it is opened, without a feature being computed', async () => {
    await indexFiles(tiny, scenes);
    const before = migrations.findIndex((sql) => sql.includes('CREATE TABLE compared'));
    await tiny.descry.close();
    asVersion(tiny.descry.store.file, before);
    tiny = await tiny.reopen();
    tiny.vision.described.length = 0;
    await tiny.descry.nearDuplicates.run();
    expect(stacks()).toEqual([['a1.jpg', 'a2.jpg', 'a3.jpg']]);
    expect(tiny.vision.described).toEqual([]);
  });

  it('list copies and near-duplicates with paths and sizes', async () => {
    await indexFiles(tiny, { ...scenes, 'copy/a1.jpg': 'alps 1' });
    await tiny.descry.nearDuplicates.run();
    const { groups, complete } = tiny.descry.nearDuplicates.report();
    expect(complete).toBe(true);
    expect(
      groups.map(({ kind, paths }) => [kind, paths.map((file) => path.relative(tiny.photos, file)).toSorted()]),
    ).toEqual([
      ['near', ['a1.jpg', 'a2.jpg', 'a3.jpg']],
      ['exact', ['a1.jpg', path.join('copy', 'a1.jpg')]],
    ]);
    expect(groups[1]).toMatchObject({ bytes: [6, 6], widths: Int32Array.of(4, 4), heights: Int32Array.of(3, 3) });
  });
});

describe('an encoder whose features cannot be compared', () => {
  it('has exact copies only, and nothing to wait for', async () => {
    await tiny.descry.close();
    base.remove();
    base = scratch('near-duplicates');
    tiny = await tinyLibrary(base.folder, { encoders: [tinyEncoder()] });
    await tiny.descry.useModel('tiny');
    tiny.vision.feature = (bytes) => featureOf(bytes).subarray(0, 27).slice();
    await indexFiles(tiny, { ...scenes, 'copy.jpg': 'alps 1' });
    await tiny.descry.nearDuplicates.run();
    const { groups, complete } = tiny.descry.nearDuplicates.report();
    expect(complete).toBe(true);
    expect(groups.map(({ kind }) => kind)).toEqual(['exact']);
    expect(tiny.vision.greys).toEqual([]);
  });
});

describeShared('real photos and copies made of them', (shared) => {
  it('are stacked with their copies, and with nothing else', async () => {
    await testAssets();
    const photos = path.join(base.folder, 'real');
    mkdirSync(photos);
    const names = ['men_and_a_boat', 'skiing', 'dog_carriage', 'windsurfing_dude', 'making_coffee', 'glacier_people'];
    const edits = {
      small: { edits: [{ do: 'resize', scale: 0.4 }], format: 'jpeg', quality: 60 },
      cropped: { edits: [{ do: 'crop', left: 0.05, top: 0, right: 0.03, bottom: 0.06 }], format: 'webp', quality: 80 },
      bright: { edits: [{ do: 'light', brightness: 1.2, saturation: 1.2 }], format: 'jpeg', quality: 90 },
    } as const;
    for (const name of names) {
      const original = path.join(shared, 'photos/seed', `${name}.jpg`);
      if (!existsSync(original)) throw new Error(`${original} is missing`);
      cpSync(original, path.join(photos, `${name}.jpg`));
      for (const [edit, { edits: list, ...format }] of Object.entries(edits)) {
        const bytes = await derivePhoto(original, { edits: [...list], ...format });
        writeFileSync(path.join(photos, `${name}-${edit}.${format.format}`), bytes);
      }
    }
    const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
    const descry = new Descry({ home: path.join(base.folder, 'real-home'), builtInModel });
    const folder = await descry.library.add(photos);
    await descry.library.scan(folder.id);
    await descry.indexer.run();
    await descry.nearDuplicates.run();
    const groups = descry.nearDuplicates.report().groups.map(({ paths }) => paths.map((file) => path.basename(file)));
    await descry.close();
    expect(groups).toHaveLength(names.length);
    for (const group of groups) {
      expect(group).toHaveLength(4);
      const [name] = group[0]!.split('.');
      expect(group.every((file) => file.startsWith(name!.split('-')[0]!))).toBe(true);
    }
  });
});
