/** The grid's list of all photos, which is kept in memory, against what is stored. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeline } from '../../electron/services/library/timeline.ts';
import { indexFiles, many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { storedTimeline } from '../fixtures/stored-timeline.ts';

let base: { folder: string; remove: () => void };
let tiny: TinyLibrary;
beforeEach(async () => {
  base = scratch('timeline');
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  base.remove();
});

const listed = async () => {
  const { ids, contents, aspects, days, favourites, damaged } = await timeline(tiny.descry);
  return Array.from(ids, (id, i) => ({
    id,
    content: contents[i],
    aspect: aspects[i],
    day: days[i],
    favourite: favourites[i] === 1,
    damaged: damaged[i] === 1,
  }));
};
const stored = () =>
  storedTimeline(tiny.descry.store.file).map(({ width, height, ...row }) => ({
    ...row,
    aspect: Math.fround(width > 0 && height > 0 ? width / height : 1),
  }));

describe('the list of all photos', () => {
  it('is what is stored: after indexing, new and removed photos, failures and favourites', async () => {
    expect(await listed()).toEqual([]);
    await indexFiles(tiny, { ...many(30), 'broken.jpg': 'broken', 'copy.jpg': '3' });
    expect(stored().length).toBeGreaterThanOrEqual(30);
    expect(await listed()).toEqual(stored());

    await indexFiles(tiny, { 'new.jpg': 'new', '5.jpg': 'other bytes than before' });
    expect(await listed()).toEqual(stored());

    rmSync(path.join(tiny.photos, '7.jpg'));
    await tiny.descry.library.scan(tiny.descry.library.folders()[0]!.id);
    expect(await listed()).toEqual(stored());

    const [first] = await listed();
    tiny.descry.store.favourites.set([first!.id], true);
    tiny.descry.search.changed([first!.id]);
    expect((await listed())[0]!.favourite).toBe(true);
    expect(await listed()).toEqual(stored());
  });
});
