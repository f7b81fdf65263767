/** Edits that keep a file's size and time, and changes of a file's entry that are no edits. */
import { execFileSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let remove: () => void;
beforeEach(async () => {
  const base = scratch('change-check');
  remove = base.remove;
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const at = (name: string) => path.join(tiny.photos, name);
async function scan(): Promise<number> {
  const { id } = await tiny.descry.library.add(tiny.photos);
  await tiny.descry.library.scan(id);
  return id;
}

describe('an edit that keeps size and time', () => {
  const { stringify } = JSON;
  /** as `exiftool -P` does; the system's time of change is another one then, which has a resolution of some ms */
  async function edit(name: string, bytes: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = statSync(at(name));
    writeFileSync(at(name), bytes);
    execFileSync(process.execPath, [
      '-e',
      `fs.utimesSync(${stringify(at(name))}, ${before.atimeMs / 1000}, ${before.mtimeMs / 1000})`,
    ]);
    expect(Math.floor(statSync(at(name)).mtimeMs)).toBe(Math.floor(before.mtimeMs));
    expect(statSync(at(name)).size).toBe(before.size);
  }
  const touch = async (names: readonly string[]) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const name of names) chmodSync(at(name), (statSync(at(name)).mode & 0o777) === 0o644 ? 0o664 : 0o644);
  };
  const contentOf = (name: string) => tiny.descry.store.photos.byPath(at(name))!.content;
  const index = async () => {
    const id = await scan();
    const differing = await tiny.descry.changes.run();
    await tiny.descry.indexer.run();
    return { id, differing };
  };

  it('is noticed, and until its file was read the photo is found as before', async () => {
    tiny.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    await index();
    const [a, b] = [contentOf('a.jpg'), contentOf('b.jpg')];
    await edit('a.jpg', 'new');
    await scan();
    expect(contentOf('a.jpg')).toBe(a);
    expect(await tiny.descry.changes.run()).toBe(1);
    await tiny.descry.indexer.run();
    expect(contentOf('a.jpg')).not.toBe(a);
    expect(contentOf('a.jpg')).not.toBeNull();
    expect(contentOf('b.jpg')).toBe(b);
    expect((await index()).differing).toBe(0);
  });

  it('is found by the next scan where the program was closed before the file was read', async () => {
    tiny.write({ 'a.jpg': 'one' });
    await index();
    await edit('a.jpg', 'new');
    await scan();
    tiny = await tiny.reopen();
    expect((await index()).differing).toBe(1);
  });

  it('is no edit where only the entry was changed: no feature is computed, and the file is read once', async () => {
    tiny.write({ 'a.jpg': 'one', 'b.jpg': 'two' });
    await index();
    tiny.vision.described.length = 0;
    tiny.vision.identified.length = 0;
    await touch(['a.jpg']);
    expect((await index()).differing).toBe(0);
    expect((await index()).differing).toBe(0);
    expect(tiny.vision.identified).toEqual([at('a.jpg')]);
    expect(tiny.vision.described).toEqual([]);
  });

  it('is looked for in all files only once where the system keeps changing their entries, but in single ones always', async () => {
    const names = Object.keys(many(120));
    tiny.write(many(120));
    await index();
    const identified = async () => {
      tiny.vision.identified.length = 0;
      await index();
      return tiny.vision.identified.length;
    };
    await touch(names);
    expect(await identified()).toBe(120);
    await touch(names);
    expect(await identified()).toBe(0);
    await edit('7.jpg', 'photo X');
    expect(await identified()).toBe(2); // by the check, and by the indexer
    await touch(names);
    tiny.descry.library.checkAll(1); // the user asks for it
    expect(await identified()).toBe(120);
  });

  it('costs nothing after an update from a version that did not store the time of change', async () => {
    tiny.write(many(60));
    const { id } = await index();
    for (const photo of tiny.descry.store.photos.inFolder(id)) tiny.descry.store.photos.setChanged(photo.id, null);
    tiny.vision.identified.length = 0;
    await index();
    expect(tiny.vision.identified).toEqual([]);
    expect(tiny.descry.store.photos.inFolder(id).every(({ changed }) => changed !== null)).toBe(true);
  });

  it('has a photo that had failed tried again', async () => {
    tiny.write({ 'a.jpg': 'broken', 'b.jpg': 'fine' });
    await index();
    expect(tiny.descry.store.failures.count()).toBe(1);
    await edit('a.jpg', 'mended');
    expect(statSync(at('a.jpg')).size).toBe(6);
    await index();
    expect(tiny.descry.store.failures.count()).toBe(0);
  });
});
