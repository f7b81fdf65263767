/** Thumbnails and previews that are made while photos are indexed, of the same decoding: real files and decoders, a small network. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pLimit from 'p-limit';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batches } from '../../electron/vision/batches.ts';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { HeldFiles, largestHeld } from '../../electron/vision/held-files.ts';
import type { OpenPhotoEncoder } from '../../electron/vision/batches.ts';
import { LocalVision } from '../../electron/vision/local.ts';
import { decodeWithPictures, thumbnailFormat } from '../../electron/vision/one-decode.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { imageNet } from '../../models/resnet50/feature.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { describeShared } from '../fixtures/shared.ts';
import { scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

const sharp = loadSharp();
let base: string;
let remove: () => void;
beforeEach(() => ({ folder: base, remove } = scratch('indexing-pictures')));
afterEach(() => remove());

const bytesOf = (picture: unknown) => (picture as { bytes: Uint8Array }).bytes;

/** Features are averages of the pixels. */
function smallEncoder(onBatch: (count: number) => Promise<void> | void = () => undefined): OpenPhotoEncoder {
  return {
    photos: {
      encode: async (pixels, count) => {
        await onBatch(count);
        const each = pixels.length / count;
        return Float32Array.from({ length: imageNet.dimensions * count }, (_, i) => {
          const photo = Math.floor(i / imageNet.dimensions);
          return 0.1 + pixels[photo * each + (((i % imageNet.dimensions) * 7919) % each)]! / 255;
        });
      },
      encodeRegions: null,
      dispose: async () => undefined,
    },
    preprocessing: squashed(imageNet.side),
    featureLength: imageNet.dimensions,
    regions: null,
  };
}

describe('a photo that is indexed', () => {
  let tiny: TinyLibrary;
  let held: HeldFiles;
  beforeEach(async () => {
    tiny = await tinyLibrary(base);
    held = new HeldFiles();
    const vision = new LocalVision({ encoder: async () => smallEncoder(), decoders: 2, batch: 4, held });
    for (const name of ['identify', 'describe', 'thumbnail', 'previews', 'grey', 'inspect'] as const) {
      Object.assign(tiny.vision, { [name]: vision[name].bind(vision) });
    }
  });
  afterEach(() => tiny.descry.close());

  async function index() {
    const { library, indexer } = tiny.descry;
    const folder = library.folders()[0] ?? (await library.add(tiny.photos));
    await library.scan(folder.id);
    return indexer.run();
  }
  const contentOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.content!;

  it('has its thumbnail and its preview at once, without being opened again', async () => {
    mkdirSync(tiny.photos, { recursive: true });
    await drawPhotos(tiny.photos, { count: 3, width: 1600, height: 1200 });
    // half red, half blue, turned by its EXIF
    const half = { create: { width: 600, height: 900, channels: 3 as const, background: 'red' } };
    const turned = sharp({ create: { width: 1200, height: 900, channels: 3, background: 'blue' } })
      .composite([{ input: half, left: 0, top: 0 }])
      .withMetadata({ orientation: 6 });
    writeFileSync(path.join(tiny.photos, 'turned.jpg'), await turned.jpeg().toBuffer());
    expect(await index()).toMatchObject({ indexed: 4, failed: [] });
    expect(held.size).toBe(0);
    const files = ['drawn-00000.jpg', 'turned.jpg'].map((name) => path.join(tiny.photos, name));
    const contents = ['drawn-00000.jpg', 'turned.jpg'].map(contentOf);
    for (const file of files) rmSync(file);
    const { pictures, store } = tiny.descry;
    const shown = await Promise.all(contents.map(async (one) => sharp(bytesOf(await pictures.thumbnail(one)))));
    expect(await shown[0]!.metadata()).toMatchObject({ format: 'webp', width: 448, height: 336 });
    expect(await shown[1]!.metadata()).toMatchObject({ format: 'webp', height: 448 });
    const { data, info } = await shown[1]!.raw().toBuffer({ resolveWithObject: true });
    const at = (y: number) => Array.from(data.subarray((y * info.width + 100) * 3, (y * info.width + 100) * 3 + 3));
    expect(at(40)[0]).toBeGreaterThan(200); // red is on top now
    expect(at(400)[2]).toBeGreaterThan(200);
    const [drawn, redAndBlue] = store.previews.of(contents);
    expect(thumbHashToApproximateAspectRatio(drawn!)).toBeCloseTo(4 / 3, 0);
    expect(thumbHashToApproximateAspectRatio(redAndBlue!)).toBeLessThan(1);
    const { r, g, b } = thumbHashToAverageRGBA(redAndBlue!);
    expect([Math.abs(r - b) < 0.2, g < 0.2]).toEqual([true, true]);
    expect(redAndBlue!.length).toBeLessThan(32);
  });

  it('is its own thumbnail where it is a small JPEG', async () => {
    mkdirSync(tiny.photos, { recursive: true });
    await drawPhotos(tiny.photos, { count: 1, width: 400, height: 300 });
    const file = path.join(tiny.photos, 'drawn-00000.jpg');
    const photo = await sharp(readFileSync(file)).jpeg({ quality: 60 }).toBuffer();
    writeFileSync(file, photo);
    await index();
    rmSync(file);
    const picture = await tiny.descry.pictures.thumbnail(contentOf('drawn-00000.jpg'));
    expect(picture).toMatchObject({ kind: 'bytes', type: 'image/jpeg' });
    expect(Buffer.from(bytesOf(picture)).equals(photo)).toBe(true);
  });

  it('gets no thumbnail where the cache is full, and its preview all the same', async () => {
    mkdirSync(tiny.photos, { recursive: true });
    await drawPhotos(tiny.photos, { count: 2, width: 1600, height: 1200 });
    await index();
    const { store, thumbnails } = tiny.descry;
    const before = await thumbnails.size();
    Object.assign(thumbnails, { hasRoom: () => false });
    await drawPhotos(path.join(tiny.photos, 'more'), { count: 2, width: 1600, height: 1200, seed: 2 });
    expect(await index()).toMatchObject({ indexed: 2 });
    expect(await thumbnails.size()).toBe(before);
    expect(store.previews.of([contentOf('more/drawn-00000.jpg')])[0]).not.toBeNull();
  });

  it('of an earlier version gets its preview of the thumbnail that it has, in the background', async () => {
    mkdirSync(tiny.photos, { recursive: true });
    await drawPhotos(tiny.photos, { count: 3, width: 1600, height: 1200 });
    await index();
    const { store, thumbnails, previews } = tiny.descry;
    const contents = [0, 1, 2].map((i) => contentOf(`drawn-0000${i}.jpg`));
    const made = store.previews.of(contents);
    await thumbnails.remove([store.contents.hash(contents[2]!)!]);
    rmSync(tiny.photos, { recursive: true });
    for (const content of contents) store.previews.remove(content);
    expect(await previews.run()).toBe(2);
    const found = store.previews.of(contents);
    expect(found[2]).toBeNull();
    // the thumbnail was encoded once more than the photo
    for (const i of [0, 1]) {
      const [a, b] = [made[i]!, found[i]!].map(thumbHashToAverageRGBA);
      expect(Math.abs(a!.r - b!.r) + Math.abs(a!.g - b!.g) + Math.abs(a!.b - b!.b)).toBeLessThan(0.1);
    }
    expect(await previews.run()).toBe(0);
  });
});

describe('the pixels for the network', () => {
  it('are those of a photo that is decoded for it alone, where it need not be reduced', async () => {
    for (const [width, height] of [
      [500, 375],
      [900, 700],
      [300, 90],
    ] as const) {
      const [file] = await drawPhotos(base, { count: 1, width, height });
      const bytes = readFileSync(file!);
      const alone = await decodePhoto(bytes, squashed(256));
      const both = await decodeWithPictures(bytes, squashed(256), { thumbnail: true });
      expect(Buffer.from(both.pixels.buffer).equals(Buffer.from(alone.pixels.buffer))).toBe(true);
      expect(both.information).toEqual(alone.information);
    }
  });

  it.each([
    [4000, 3000],
    [3264, 2448],
    [6000, 800],
    [900, 2600],
  ])('of %i × %i differ by little, and the thumbnail has its size', async (width, height) => {
    const [file] = await drawPhotos(base, { count: 1, width, height });
    const bytes = readFileSync(file!);
    const { pixels: alone } = await decodePhoto(bytes, squashed(256));
    const { pixels, thumbnail } = await decodeWithPictures(bytes, squashed(256), { thumbnail: true });
    const difference = alone.reduce((sum: number, value, i) => sum + Math.abs(value - pixels[i]!), 0) / alone.length;
    expect(difference).toBeLessThan(6);
    const { width: across, height: along } = await sharp(thumbnail).metadata();
    expect(Math.max(across, along)).toBeGreaterThanOrEqual(400);
    expect(Math.max(across, along)).toBeLessThanOrEqual(thumbnailFormat.side);
    expect(Math.abs(across / along / (width / height) - 1)).toBeLessThan(0.02);
  });
});

describeShared('a damaged photo', (shared) => {
  it('is its own thumbnail never, and its damage is named', async () => {
    const file = path.join(shared, 'photos', 'formats', 'truncated_half_fox.jpg');
    const { thumbnail, information } = await decodeWithPictures(readFileSync(file), squashed(64), { thumbnail: true });
    expect(information.damage).not.toBeNull();
    expect((await sharp(thumbnail).metadata()).format).toBe('webp');
  });
});

describe('decoding and the network', () => {
  it('overlap across requests; photos in memory and in a batch are few', async () => {
    const batches: number[] = [];
    let decoded = 0;
    let aheadMost = 0;
    let encoded = 0;
    const encoder = smallEncoder(async (count) => {
      batches.push(count);
      // long enough for four photos to be decoded meanwhile on a busy machine
      await new Promise((resolve) => setTimeout(resolve, 150));
      encoded += count;
    });
    const vision = new LocalVision({ encoder: async () => encoder, decoders: 2, batch: 4 });
    const files = await drawPhotos(base, { count: 60, width: 64, height: 48 });
    const onDecoded = () => (aheadMost = Math.max(aheadMost, ++decoded - encoded));
    const requests = [files.slice(0, 20), files.slice(20, 40), files.slice(40)];
    const answers = await Promise.all(
      requests.map((some) => vision.describe(some, 'small', undefined, 'anywhere', undefined, onDecoded)),
    );
    expect(answers.flat().every((one) => 'feature' in one && one.pictures === undefined)).toBe(true);
    expect(batches.reduce((sum, count) => sum + count)).toBe(60);
    expect(Math.max(...batches)).toBe(4);
    expect(batches.filter((count) => count === 4).length).toBeGreaterThan(9);
    expect(aheadMost).toBeLessThanOrEqual(16 + 2 + 2 + 4);
    await vision.dispose();
  });

  it('fail together: the error of a batch is that of its photos, and later ones are encoded', async () => {
    let broken = true;
    const batches = new Batches(
      smallEncoder(() => {
        if (broken) throw new Error('no memory');
      }),
      pLimit(1),
      4,
    );
    const pixels = new Uint8Array(imageNet.side ** 2 * 3);
    await expect(batches.encode(pixels)).rejects.toThrow('no memory');
    broken = false;
    expect((await batches.encode(pixels)).feature).toHaveLength(imageNet.dimensions);
  });

  it('do not keep a thumbnail of the window waiting', async () => {
    const vision = new LocalVision({ encoder: async () => smallEncoder(), decoders: 1, batch: 4 });
    const files = await drawPhotos(base, { count: 20, width: 1600, height: 1200 });
    let decoded = 0;
    const indexing = vision.describe(files, 'small', undefined, 'anywhere', {}, () => decoded++);
    const { bytes, preview } = await vision.thumbnail({ path: files[19]!, roots: 'anywhere', side: 'cache' });
    expect(decoded).toBeLessThan(10);
    expect([bytes.length > 1000, preview!.length > 10]).toEqual([true, true]);
    await indexing;
    await vision.dispose();
  });
});

describe('a file that was read to be hashed', () => {
  it('is not read again to be decoded, also if it was replaced meanwhile', async () => {
    const vision = new LocalVision({ encoder: async () => smallEncoder(), decoders: 2, batch: 4 });
    const [file, other] = await drawPhotos(base, { count: 2, width: 300, height: 200 });
    const roots = [base];
    const [identity] = await vision.identify([file!], roots, { keep: true });
    copyFileSync(other!, file!);
    const [description] = await vision.describe([file!], 'small', undefined, roots);
    expect(description).toMatchObject({ hash: (identity as { hash: Uint8Array }).hash });
    const [again] = await vision.describe([file!], 'small', undefined, roots);
    expect(again!.hash).not.toEqual(description!.hash);
    await vision.dispose();
  });

  it('is kept within a limit, only for its folders, and not at all where it is large', () => {
    const held = new HeldFiles();
    const hash = new Uint8Array(32);
    for (let i = 0; i < 10; i++) held.keep(`${i}`, ['/a'], { bytes: Buffer.alloc(20e6), hash });
    expect(held.size).toBeLessThanOrEqual(64 * 2 ** 20);
    expect(held.take('0', ['/a'])).toBeUndefined();
    expect(held.take('9', ['/b'])).toBeUndefined();
    expect(held.take('9', 'anywhere')).toBeUndefined();
    expect(held.take('9', ['/a'])?.bytes).toHaveLength(20e6);
    held.clear();
    expect(held.size).toBe(0);
    expect(largestHeld).toBeLessThan(64 * 2 ** 20);
  });
});
