import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/services/shared/log.ts';
import { readFolders, setNames, withoutRepeats } from '../../electron/services/training/training-folders.ts';
import type { Split } from '../../models/datasets/flickr30k.ts';
import { captionGroups } from '../../models/branch-models/pairs.ts';
import { describeData } from '../../models/branch-models/describe-data.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const { folder, remove } = scratch('training-folders');
afterAll(remove);
const at = (...parts: string[]) => path.join(folder, ...parts);

/** @param photos caption and split by file name */
function dataset(name: string, photos: Readonly<Record<string, readonly [caption: string, split: Split]>>): string {
  mkdirSync(at(name, 'images'), { recursive: true });
  const [rows, splits] = [['image_name| comment_number| comment'], ['image_name,split']];
  for (const [file, [caption, split]] of Object.entries(photos)) {
    writeFileSync(at(name, 'images', file), `${name} ${file}`);
    rows.push(`${file}| 0| ${caption}`);
    splits.push(`${file},${split}`);
  }
  writeFileSync(at(name, 'captions.csv'), rows.join('\n'));
  writeFileSync(at(name, 'split.csv'), splits.join('\n'));
  return at(name);
}

describe('the folders of a training', () => {
  it('are read one by one: the same file name in two of them is two photos', async () => {
    const one = dataset('a/one', { '1.jpg': ['a dog', 'train'], '2.jpg': ['a cat', 'val'] });
    const two = dataset('b/two', { '1.jpg': ['a house', 'val'], '3.jpg': ['a tree', 'train'] });
    mkdirSync(at('others', 'deep'), { recursive: true });
    writeFileSync(at('others', 'z.jpg'), 'z');
    writeFileSync(at('others', 'deep', '1.jpg'), 'without captions');
    const folders = { datasets: [one, two, path.join(one, '.')], photos: [at('others'), path.join(two, 'images')] };
    const { datasets, photos } = await readFolders(folders, { log: silentLog });
    expect(datasets.map(({ root }) => root)).toEqual([one, two]);
    expect(photos.map(({ set, name, split, captions }) => [set, name, split, ...captions])).toEqual([
      ['one', '1.jpg', 'train', 'a dog'],
      ['one', '2.jpg', 'val', 'a cat'],
      ['two', '1.jpg', 'val', 'a house'],
      ['two', '3.jpg', 'train', 'a tree'],
      ['others', 'deep/1.jpg', 'train'],
      ['others', 'z.jpg', 'train'],
    ]);
  });

  it('have names that differ and say as little as possible of where they are', () => {
    expect(setNames(['/home/anna/flickr', '/data/coco'])).toEqual(['flickr', 'coco']);
    expect(setNames(['/home/anna/x/coco', '/home/ben/x/coco', '/d/flickr'])).toEqual([
      'anna/x/coco',
      'ben/x/coco',
      'flickr',
    ]);
    expect(setNames(['C:\\Photos\\coco', 'D:\\Photos\\coco'])).toEqual(['C:/Photos/coco', 'D:/Photos/coco']);
    expect(setNames(['/coco', '/a/coco'])).toEqual(['coco', 'a/coco']);
    expect(setNames(['/'])).toEqual(['/']);
  });
});

describe('a photo that two folders have', () => {
  const photo = (
    set: string,
    name: string,
    content: number,
    split: Split,
    captions: readonly string[] = ['a dog'],
  ) => ({
    ...{ set, name, content, split, captions },
    file: `/${set}/${name}`,
  });
  const kept = (...photos: ReturnType<typeof photo>[]) =>
    withoutRepeats(photos).kept.map(({ set, name }) => set + name);

  it('is not trained on where another dataset measures on it', () => {
    const photos = [photo('a', '1', 1, 'train'), photo('a', '2', 2, 'val'), photo('b', '1', 2, 'train')];
    expect(kept(...photos, photo('b', '2', 1, 'train'), photo('b', '3', 1, 'test'))).toEqual(['a2', 'b2', 'b3']);
    expect(withoutRepeats(photos).heldElsewhere).toBe(1);
  });

  it('counts once without captions, and not at all where it has captions', () => {
    const without = [photo('p', '1', 1, 'train', []), photo('p', '2', 5, 'train', []), photo('q', '3', 5, 'train', [])];
    expect(kept(photo('a', '1', 1, 'val'), ...without)).toEqual(['a1', 'p2']);
  });
});

describe('photos of several sets in a training', () => {
  const photo = (set: string, name: string, split: Split, ...captions: string[]) => ({
    ...{ set, name, split, captions },
    feature: () => new Float32Array(1),
  });

  it('keep their captions where their names or numbers are the same', () => {
    const photos = [
      photo('a', '12.jpg', 'train', 'a dog', 'a white dog'),
      photo('a', '12_b.jpg', 'train', 'a horse'),
      photo('b', '12.jpg', 'train', 'a cat'),
      photo('b', '13.jpg', 'val', 'a lion'),
      photo('p', '14.jpg', 'train'),
    ];
    const own = [['a dog', 'a white dog'], ['a horse'], ['a cat']];
    expect(captionGroups({ photos, captions: [] })).toEqual(own);
    const more = ['12.jpg', '13.jpg', '14.jpg', '15.jpg'].map((name) => ({ name, caption: `more of ${name}` }));
    expect(captionGroups({ photos, captions: more })).toEqual([...own, ['more of 14.jpg'], ['more of 15.jpg']]);
  });

  it('are described set by set', () => {
    const photos = [photo('a', '1', 'train', 'x'), photo('a', '2', 'val', 'x'), photo('b', '1', 'train', 'x')];
    expect(describeData({ photos: photos.slice(0, 2), final: false })).toBe(
      'a, 1 photos (train); recall on 1 photos (val)',
    );
    expect(describeData({ photos: [...photos, photo('p', '1', 'train')], final: true })).toBe(
      'a, 2 photos (train + val); recall on 1 photos (val); b, 1 photos (train + val); 1 photos without captions',
    );
  });
});
