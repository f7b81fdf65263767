/** The pictures of a library's photos, decoded from real files. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Picture } from '../../electron/ipc/photo-url.ts';
import { LocalVision } from '../../electron/vision/local.ts';
import type { ThumbnailRequest } from '../../electron/vision/vision.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { describeShared } from '../fixtures/shared.ts';
import { keptThumbnails } from '../fixtures/kept-thumbnails.ts';
import { indexFiles, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

const sharp = loadSharp();
const real = new LocalVision({ encoder: () => Promise.reject(new Error('no network')), decoders: 2, batch: 4 });
let tiny: TinyLibrary;
let base: string;
let remove: () => void;

beforeEach(async () => {
  ({ folder: base, remove } = scratch('pictures'));
  tiny = await tinyLibrary(base);
  // Features are not computed here, pictures are.
  Object.assign(tiny.vision, {
    thumbnail: real.thumbnail.bind(real),
    grey: real.grey.bind(real),
    inspect: real.inspect.bind(real),
  });
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

const inPhotos = (name: string) => path.join(tiny.photos, name);
/** A picture of one colour, with so many bytes: zeros after the end of a JPEG are ignored. */
async function jpeg(background: string, bytes = 20_000): Promise<Buffer> {
  const image = await sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .jpeg()
    .toBuffer();
  return Buffer.concat([image, Buffer.alloc(bytes - image.length)]);
}
const old = new Date(Date.now() - 60_000);
function put(file: string, bytes: Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  utimesSync(file, old, old);
}
const contentOf = (name: string) => tiny.descry.store.photos.byPath(inPhotos(name))!.content!;
const bytesOf = (picture: Picture | undefined) => {
  if (picture?.kind !== 'bytes') throw new Error(`not decoded: ${JSON.stringify(picture)}`);
  return picture.bytes;
};
const cachedThumbnails = () => keptThumbnails(path.join(tiny.home, 'thumbnails'));

describe('the large view', () => {
  it('of a file is the file where its first bytes are of a format that Chromium shows, whatever its name', async () => {
    put(inPhotos('jpeg-named.heic'), await jpeg('red'));
    await indexFiles(tiny, {});
    expect(await tiny.descry.pictures.preview(contentOf('jpeg-named.heic'))).toMatchObject({
      kind: 'file',
      type: 'image/jpeg',
      bytes: 20_000,
    });
  });

  it('is decoded here where the window asks for that', async () => {
    put(inPhotos('a.jpg'), await jpeg('red'));
    await indexFiles(tiny, {});
    const { pictures } = tiny.descry;
    expect(await sharp(bytesOf(await pictures.decoded(contentOf('a.jpg')))).metadata()).toMatchObject({
      format: 'webp',
      width: 64,
    });
    expect(pictures.problem(contentOf('a.jpg'))).toBeNull();
  });

  it('of a JPEG that ends before its first pixel is not the file, which Chromium would show as an empty picture', async () => {
    const image = await sharp({ create: { width: 640, height: 480, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    const firstPixel = image.indexOf(Buffer.from([0xff, 0xda]));
    put(inPhotos('head.jpg'), image.subarray(0, firstPixel));
    await indexFiles(tiny, {});
    const { pictures, store } = tiny.descry;
    const content = contentOf('head.jpg');
    // as indexing found it
    store.failures.set(store.photos.byPath(inPhotos('head.jpg'))!.id, 'photo-truncated', 'The file ends early.', 0);
    await expect(pictures.preview(content)).rejects.toThrow('The file ends before the photo does.');
    expect(pictures.problem(content)?.code).toBe('photo-truncated');
  });

  it('that cannot be made has a reason, which is the one that was found', async () => {
    put(inPhotos('broken.jpg'), Buffer.from('\xff\xd8\xff\xe0 and nothing of a photo after it', 'latin1'));
    put(inPhotos('gone.jpg'), await jpeg('green'));
    put(inPhotos('changed.jpg'), await jpeg('blue'));
    await indexFiles(tiny, {});
    const { pictures } = tiny.descry;
    const [broken, gone, changed] = ['broken.jpg', 'gone.jpg', 'changed.jpg'].map(contentOf) as [
      number,
      number,
      number,
    ];
    const problemOf = async (content: number) => {
      const picture = await pictures.decoded(content).catch(() => undefined);
      expect(picture).toBeUndefined();
      return pictures.problem(content);
    };
    expect(pictures.problem(broken)).toBeNull();
    expect((await problemOf(broken))?.code).toMatch(/^photo-(?:truncated|unreadable)$/);
    rmSync(inPhotos('gone.jpg'));
    expect(await problemOf(gone)).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(`The file ${inPhotos('gone.jpg')} does not exist any more.`),
    });
    put(inPhotos('changed.jpg'), await jpeg('yellow', 21_000));
    expect((await problemOf(changed))?.code).toBe('photo-changed');
    renameSync(tiny.photos, `${tiny.photos} away`);
    expect((await problemOf(changed))?.message).toContain(
      `The folder ${tiny.photos} is not there any more, though its disk is`,
    );
    renameSync(`${tiny.photos} away`, tiny.photos);
    put(inPhotos('changed.jpg'), await jpeg('blue'));
    await pictures.decoded(changed);
    expect(pictures.problem(changed)).toBeNull();
  });
});

describeShared('the large view of a file with a wrong name', (shared) => {
  it('is decoded: a HEIC that is named .jpg', async () => {
    mkdirSync(tiny.photos, { recursive: true });
    copyFileSync(path.join(shared, 'photos', 'cases', 'heic-named-jpg.jpg'), inPhotos('heic-named-jpg.jpg'));
    await indexFiles(tiny, {});
    const picture = bytesOf(await tiny.descry.pictures.preview(contentOf('heic-named-jpg.jpg')));
    expect((await sharp(picture).metadata()).format).toBe('webp');
  });
});

describe('thumbnails that are scrolled past', () => {
  it('are not made, and those that are seen then come next', async () => {
    for (let i = 0; i < 30; i++) put(inPhotos(`${i}.jpg`), await jpeg(`rgb(${i}, 0, 0)`));
    await indexFiles(tiny, {});
    const made: string[] = [];
    let ready = () => undefined as void;
    const gate = new Promise<void>((resolve) => (ready = resolve));
    Object.assign(tiny.vision, {
      thumbnail: async (request: ThumbnailRequest) => {
        made.push(path.basename(request.path));
        await gate;
        return real.thumbnail(request);
      },
    });
    const { pictures } = tiny.descry;
    const scrolled = new AbortController();
    const past = Array.from({ length: 29 }, (_, i) =>
      pictures.thumbnail(contentOf(`${i}.jpg`), { signal: scrolled.signal }),
    );
    for (const one of past) one.catch(() => undefined);
    await vi.waitFor(() => expect(made.length).toBeGreaterThan(0));
    const begun = made.length;
    expect(begun).toBeLessThanOrEqual(4);
    scrolled.abort();
    const seen = pictures.thumbnail(contentOf('29.jpg'));
    ready();
    expect(bytesOf(await seen).length).toBeGreaterThan(0);
    expect((await Promise.allSettled(past)).filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(made.slice(begun)).toEqual(['29.jpg']);
    // what had begun is kept
    await vi.waitFor(() => expect(cachedThumbnails()).toHaveLength(begun + 1));
  });
});

describe('thumbnails of the cache', () => {
  it('come many at once, in the order in which they were asked for; none is made', async () => {
    const names = ['red.jpg', 'green.jpg', 'blue.jpg'];
    for (const name of names) put(inPhotos(name), await jpeg(name.replace('.jpg', '')));
    await indexFiles(tiny, {});
    await tiny.descry.thumbnails.clear();
    const [red, green, blue] = names.map(contentOf);
    const made = bytesOf(await tiny.descry.pictures.thumbnail(blue!));
    const files = cachedThumbnails().length;
    const found = await tiny.descry.pictures.cached(Int32Array.of(red!, blue!, 999_999, green!, blue!));
    const bytes = found.map((one) => one && Uint8Array.from(one));
    expect(bytes).toEqual([undefined, Uint8Array.from(made), undefined, undefined, Uint8Array.from(made)]);
    expect(cachedThumbnails()).toHaveLength(files);
  });
});

describe('a file outside of the library', () => {
  const outside = () => path.join(base, 'private');

  it.each([
    ['a subfolder', () => inPhotos('holiday')],
    ['the registered folder', () => tiny.photos],
  ])('is not shown, compared or read where %s was replaced by a link, and nothing of it is kept', async (_, place) => {
    put(inPhotos('holiday/a.jpg'), await jpeg('red'));
    await indexFiles(tiny, {});
    const content = contentOf('holiday/a.jpg');
    // The very same file, so that only its place tells that it is not the library's any more.
    renameSync(place(), outside());
    symlinkSync(outside(), place());
    const { pictures } = tiny.descry;
    const refused = { code: 'photo-outside', message: expect.stringContaining('a link on its way leads to') as string };
    await expect(pictures.thumbnail(content)).rejects.toMatchObject(refused);
    await expect(pictures.preview(content)).rejects.toMatchObject(refused);
    await expect(pictures.decoded(content)).rejects.toMatchObject(refused);
    expect(cachedThumbnails()).toEqual([]);
    const file = inPhotos('holiday/a.jpg');
    for (const found of [
      ...(await real.identify([file], [tiny.photos])),
      ...(await real.grey([file], 8, [tiny.photos])),
      ...(await real.inspect([file], [tiny.photos])),
    ]) {
      expect(found).toMatchObject({ failure: { code: 'photo-outside' } });
    }
    rmSync(place());
    renameSync(outside(), place());
    expect(bytesOf(await pictures.thumbnail(content)).length).toBeGreaterThan(0);
    expect(cachedThumbnails()).toHaveLength(1);
  });

  it('is refused with its features, too, and taken again when it is back', async () => {
    put(inPhotos('holiday/a.jpg'), await jpeg('red'));
    const { library, store, indexer } = tiny.descry;
    Object.assign(tiny.vision, { identify: real.identify.bind(real) });
    const folder = await library.add(tiny.photos);
    await library.scan(folder.id);
    renameSync(inPhotos('holiday'), outside());
    symlinkSync(outside(), inPhotos('holiday'));
    expect((await indexer.run()).failed).toMatchObject([{ code: 'photo-outside' }]);
    expect(tiny.vision.described).toEqual([]);
    rmSync(inPhotos('holiday'));
    renameSync(outside(), inPhotos('holiday'));
    await library.scan(folder.id);
    expect(store.failures.count()).toBe(0);
    expect(await indexer.run()).toMatchObject({ indexed: 1, failed: [] });
  });
});

describe('a file that was overwritten by one of the same size and time', () => {
  it('has no thumbnail under its old content, and no small grey picture', async () => {
    put(inPhotos('a.jpg'), await jpeg('red'));
    await indexFiles(tiny, {});
    const content = contentOf('a.jpg');
    const { mtimeMs, size } = statSync(inPhotos('a.jpg'));
    put(inPhotos('a.jpg'), await jpeg('blue'));
    expect(statSync(inPhotos('a.jpg'))).toMatchObject({ mtimeMs, size });
    const { pictures, store } = tiny.descry;
    expect(await pictures.thumbnail(content)).toBeUndefined();
    expect(await pictures.decoded(content)).toBeUndefined();
    expect(pictures.problem(content)?.code).toBe('photo-changed');
    expect(cachedThumbnails()).toEqual([]);
    const [grey] = await real.grey([inPhotos('a.jpg')], 8, [tiny.photos]);
    expect('hash' in grey! && store.contents.hash(content)?.equals(grey.hash)).toBe(false);
    put(inPhotos('a.jpg'), await jpeg('red'));
    const shown = await sharp(bytesOf(await pictures.thumbnail(content)))
      .raw()
      .toBuffer();
    expect(shown[0]).toBeGreaterThan(200);
  });

  it('is shown by its copy', async () => {
    for (const name of ['a.jpg', 'b.jpg']) put(inPhotos(name), await jpeg('red'));
    await indexFiles(tiny, {});
    const content = contentOf('a.jpg');
    put(inPhotos('a.jpg'), await jpeg('blue'));
    const shown = await sharp(bytesOf(await tiny.descry.pictures.thumbnail(content)))
      .raw()
      .toBuffer();
    expect(shown[0]).toBeGreaterThan(200);
    expect(readFileSync(inPhotos('b.jpg'))).toEqual(await jpeg('red'));
  });
});
