import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFlickr30k } from '../../models/datasets/flickr30k.ts';
import { readCaptionTable, readKarpathy, readSplitTable, readTokenFile } from '../../models/datasets/files.ts';
import { seededSplit } from '../../models/datasets/split.ts';
import { describeShared } from '../fixtures/shared.ts';
import { temporaryFolder } from '../fixtures/word-vectors.ts';

let folder: string;
let remove: () => Promise<void>;
let made = 0;
beforeAll(async () => ({ folder, remove } = await temporaryFolder('flickr30k')));
afterAll(() => remove());

/** A dataset of files with these contents; its photos are empty files, which the reader must not open. */
async function dataset(files: Record<string, string>): Promise<string> {
  const root = path.join(folder, String(made++));
  await mkdir(root);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

const heading = 'image_name| comment_number| comment\n';
const rowsOf = (...names: string[]) => names.map((name) => `${name}| 0| A caption of ${name} .\n`).join('');
const photosIn = (under: string, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [`${under}/${name}`, '']));
const karpathy = (...images: [string, string][]) =>
  JSON.stringify({
    dataset: 'flickr30k',
    images: images.map(([filename, split]) => ({ filename, split, sentences: [{ raw: `Of ${filename} .` }] })),
  });

describe('where photos and captions lie', () => {
  test.each([
    ['images', 'captions.csv'],
    ['flickr30k_images', 'results.csv'],
    ['flickr30k-images', 'captions.csv'],
    ['flickr30k_images/flickr30k_images', 'flickr30k_images/results.csv'],
    ['images', 'images/captions.csv'],
  ])('photos in %s with %s', async (under, captions) => {
    const root = await dataset({
      ...photosIn(under, 'a.jpg', 'b.jpg'),
      [captions]: heading + rowsOf('a.jpg', 'b.jpg'),
    });
    const { photos } = await readFlickr30k(root);
    expect(photos.map(({ name }) => name)).toEqual(['a.jpg', 'b.jpg']);
    expect(photos[0]!.file).toBe(path.join(root, under, 'a.jpg'));
    expect(photos[0]!.captions).toEqual(['A caption of a.jpg .']);
  });

  test('captions of the token file, with its numbers', async () => {
    const root = await dataset({
      ...photosIn('images', 'a.jpg'),
      'results_20130124.token': 'a.jpg#0\tFirst , one .\r\na.jpg#1\tSecond .\r\nno caption here\r\n',
    });
    const { photos, report } = await readFlickr30k(root);
    expect(photos[0]!.captions).toEqual(['First , one .', 'Second .']);
    expect(report).toMatchObject({ captions: 2, malformedRows: 1 });
  });

  test("captions of Karpathy's file where there are no others", async () => {
    const root = await dataset({
      ...photosIn('images', 'a.jpg'),
      'dataset_flickr30k.json': karpathy(['a.jpg', 'test']),
    });
    const { photos } = await readFlickr30k(root);
    expect(photos).toMatchObject([{ name: 'a.jpg', split: 'test', captions: ['Of a.jpg .'] }]);
  });

  test('extensions may differ in case and spelling', async () => {
    const root = await dataset({
      ...photosIn('images', 'a.JPG', 'b.jpeg', 'C.jpg'),
      'captions.csv': heading + rowsOf('a.jpg', 'b.jpg', 'c.jpg'),
    });
    const { photos, report } = await readFlickr30k(root);
    expect(photos.map(({ file }) => path.basename(file))).toEqual(['a.JPG', 'b.jpeg']);
    expect(report.missingPhotos).toEqual(['c.jpg']);
  });
});

test('captions without a photo and photos without a caption are left out and counted', async () => {
  const root = await dataset({
    ...photosIn('images', 'a.jpg', 'b.jpg', 'd.jpg', '.hidden.jpg', 'notes.txt'),
    'captions.csv': heading + rowsOf('a.jpg', 'b.jpg', 'gone.jpg', 'gone.jpg') + 'nonsense\n',
    'split.csv': 'image_name,split\na.jpg,train\ngone.jpg,val\n',
  });
  const { photos, report } = await readFlickr30k(root);
  expect(photos.map(({ name }) => name)).toEqual(['a.jpg']);
  expect(report).toEqual({
    captions: 1,
    missingPhotos: ['gone.jpg'],
    photosWithoutCaptions: 1,
    photosWithoutSplit: 1,
    malformedRows: 1,
    recoveredRows: 0,
    splitSource: { kind: 'file', file: 'split.csv' },
    counts: { train: 1, val: 0, test: 0 },
  });
});

test('a name in the captions cannot reach outside the folder', async () => {
  const root = await dataset({
    ...photosIn('images', 'a.jpg'),
    'secret.jpg': '',
    'captions.csv': heading + rowsOf('a.jpg', '../secret.jpg'),
  });
  expect((await readFlickr30k(root)).report.missingPhotos).toEqual(['../secret.jpg']);
});

describe('caption rows', () => {
  test('the malformed row of the public results.csv is recovered', () => {
    const table = readCaptionTable(
      `${heading}2199200615.jpg| 3| A dog .\n2199200615.jpg| 4   A dog runs across the grass .\n`,
    );
    expect(table).toEqual({
      rows: [
        { name: '2199200615.jpg', caption: 'A dog .' },
        { name: '2199200615.jpg', caption: 'A dog runs across the grass .' },
      ],
      malformed: 0,
      recovered: 1,
    });
  });

  test.each([
    ['a.jpg| 0| He says " stop " , twice .', 'He says " stop " , twice .'],
    ['a.jpg| 0| " stop " says the sign "', '" stop " says the sign "'],
    ['a.jpg| 0| "A dog , running"', 'A dog , running'],
    ['"a.jpg"|"0"|"The ""big"" dog"', 'The "big" dog'],
    ['a.jpg|0|No spaces', 'No spaces'],
    ['a.jpg| 0| One | bar more', 'One | bar more'],
    ['a.jpg| 0| One quote " alone', 'One quote " alone'],
  ])('%s', (row, caption) => {
    expect(readCaptionTable(`${row}\r\n`).rows).toEqual([{ name: 'a.jpg', caption }]);
  });

  test.each(['a.jpg', 'a.jpg| 0|', 'a.jpg| 0| ""', '| 0| caption', 'a.jpg| x| caption', 'a.jpg| caption'])(
    '%s is malformed',
    (row) => {
      expect(readCaptionTable(`${heading}${row}\n`)).toEqual({ rows: [], malformed: 1, recovered: 0 });
    },
  );

  test('a stray quote does not join rows', () => {
    expect(readCaptionTable('a.jpg| 0| "One\nb.jpg| 0| two"\n').rows).toHaveLength(2);
  });

  test('a token row without number or caption is malformed', () => {
    expect(readTokenFile('a.jpg\tx\na.jpg#0\t\na.jpg#1\tgood\n')).toMatchObject({
      rows: [{ caption: 'good' }],
      malformed: 2,
    });
  });

  test('a byte order mark is no part of the heading', async () => {
    const root = await dataset({
      ...photosIn('images', 'a.jpg'),
      'captions.csv': `\ufeff${heading}${rowsOf('a.jpg')}`,
    });
    expect((await readFlickr30k(root)).report).toMatchObject({ captions: 1, malformedRows: 0 });
  });
});

describe('the split', () => {
  test('split.csv goes before Karpathy, and his before a seeded one', async () => {
    const files = {
      ...photosIn('images', 'a.jpg', 'b.jpg', 'c.jpg'),
      'captions.csv': heading + rowsOf('a.jpg', 'b.jpg', 'c.jpg'),
    };
    const json = { 'dataset_flickr30k.json': karpathy(['a.jpg', 'test'], ['b.jpg', 'restval'], ['c.jpg', 'val']) };
    const csv = { 'split.csv': 'image_name,split\r\na.jpg,validation\r\nb.jpg,train\r\nc.jpg,train\r\n' };
    const both = await readFlickr30k(await dataset({ ...files, ...json, ...csv }));
    expect(both.report).toMatchObject({
      splitSource: { kind: 'file', file: 'split.csv' },
      counts: { train: 2, val: 1, test: 0 },
    });
    const his = await readFlickr30k(await dataset({ ...files, ...json }));
    expect(his.photos.map(({ split }) => split)).toEqual(['test', 'train', 'val']);
    expect(his.report.splitSource).toEqual({ kind: 'karpathy', file: 'dataset_flickr30k.json' });
    const seeded = await readFlickr30k(await dataset(files), { seed: 7 });
    expect(seeded.report.splitSource).toEqual({ kind: 'seed' });
    expect(seeded.report.counts).toEqual({ train: 1, val: 1, test: 1 });
  });

  test('a seeded one has 80, 10 and 10 %, depends on the seed and not on the order', () => {
    const names = Array.from({ length: 200 }, (_, i) => `${i}.jpg`);
    const split = seededSplit(names, 1);
    const count = (wanted: string) => [...split.values()].filter((name) => name === wanted).length;
    expect([count('train'), count('val'), count('test')]).toEqual([160, 20, 20]);
    const again = seededSplit([...names].reverse(), 1);
    const other = seededSplit(names, 2);
    expect(names.every((name) => again.get(name) === split.get(name))).toBe(true);
    expect(names.some((name) => other.get(name) !== split.get(name))).toBe(true);
  });

  test('rows that are no split are refused with their line', () => {
    expect(() => readSplitTable('image_name,split\na.jpg,train\nb.jpg,holdout\n')).toThrow(/line 3/);
    expect(() => readKarpathy(karpathy(['a.jpg', 'holdout']))).toThrow(/a\.jpg.*holdout/);
  });
});

describe('what cannot be a dataset', () => {
  const image = photosIn('images', 'a.jpg');
  test.each<[string, Record<string, string>, RegExp]>([
    ['no captions', image, /no captions in .*Expected/],
    ['no photos', { 'captions.csv': heading + rowsOf('a.jpg') }, /no photos in .*Expected/],
    [
      'captions of other photos',
      { ...image, 'captions.csv': heading + rowsOf('b.jpg') },
      /None of the 1 photos.*captions\.csv/,
    ],
    ['a captions file of another kind', { ...image, 'captions.csv': '1;2;3\n' }, /captions\.csv has no captions/],
    [
      'a bad split',
      { ...image, 'captions.csv': rowsOf('a.jpg'), 'split.csv': 'a.jpg\n' },
      /split\.csv cannot be used: line 1/,
    ],
    [
      'a split of other photos',
      { ...image, 'captions.csv': rowsOf('a.jpg'), 'split.csv': 'b.jpg,train\n' },
      /split\.csv.*none/,
    ],
    ['a broken JSON', { ...image, 'dataset_flickr30k.json': '{"images": [' }, /dataset_flickr30k\.json cannot be used/],
    [
      'a JSON of another kind',
      { ...image, 'dataset_flickr30k.json': '{"images": [{"file": 1}]}' },
      /dataset_flickr30k\.json cannot/,
    ],
  ])('%s', async (_, files, message) => {
    const root = await dataset(files);
    await expect(readFlickr30k(root)).rejects.toMatchObject({
      code: 'dataset-invalid',
      message: expect.stringMatching(message) as string,
    });
  });

  test('a folder that is absent and a file', async () => {
    const root = await dataset({ 'captions.csv': '' });
    await expect(readFlickr30k(path.join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(readFlickr30k(path.join(root, 'captions.csv'))).rejects.toMatchObject({ code: 'not-a-folder' });
  });
});

describeShared('the shared Flickr photos', (shared) => {
  test('are read whole', async () => {
    const { photos, report } = await readFlickr30k(path.join(shared, 'flickr'));
    expect(photos).toHaveLength(7091);
    expect(photos.every(({ captions }) => captions.length === 5)).toBe(true);
    expect(report).toMatchObject({
      captions: 35_455,
      missingPhotos: [],
      malformedRows: 0,
      splitSource: { kind: 'file', file: 'split.csv' },
      counts: { train: 6091, val: 1000, test: 0 },
    });
  });
});

describeShared('the shared Flickr30K captions', (shared) => {
  test('are read whole, and its split too', async () => {
    const text = (name: string) => readFile(path.join(shared, 'captions', name), 'utf8');
    const table = readCaptionTable(await text('flickr30k_captions.csv'));
    expect(table).toMatchObject({ malformed: 0, recovered: 0 });
    expect(table.rows).toHaveLength(150_425);
    const split = readSplitTable(await text('flickr30k_split.csv'));
    expect(split.size).toBe(30_085);
    expect(table.rows.every(({ name }) => split.has(name))).toBe(true);
  });
});
