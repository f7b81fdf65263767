/** Formats beyond those of the web: each shows its four colours in their places. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { errorCode } from '../../models/errors.ts';
import { decodePhoto, renderThumbnail } from '../../electron/vision/decode.ts';
import { colours, greys, height, quarters, samples, width } from '../fixtures/four-colours.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { bmp, pam, pnm, psd } from '../fixtures/rare-pictures.ts';
import { tiffKinds, tiffOf, turnedTiff } from '../fixtures/tiff-kinds.ts';
import * as written from '../fixtures/written-pictures.ts';

const grey = greys.map((value) => [value, value, value]);
const blackAbove = [0, 0, 255, 255].map((value) => [value, value, value]);

async function expectPicture(
  file: Buffer,
  shows: readonly (readonly number[])[] = colours,
  tolerance = 1,
): Promise<void> {
  const { pixels, information } = await decodePhoto(file, squashed(32));
  expect([information.width, information.height]).toEqual([width, height]);
  const seen = quarters(pixels);
  const worst = Math.max(...seen.flatMap((colour, i) => colour.map((value, k) => Math.abs(value - shows[i]![k]!))));
  expect(worst, JSON.stringify(seen)).toBeLessThanOrEqual(tolerance);
}

/** @returns the code and the message of the failure */
async function failure(file: Buffer): Promise<{ code: string; message: string }> {
  const error: unknown = await decodePhoto(file, squashed(32)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { code: errorCode(error), message: (error as Error).message };
}

const jpeg = await sharp(Buffer.from(samples()), { raw: { width, height, channels: 3 } })
  .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
  .toBuffer();

describe('BMP', () => {
  test.each([
    ['4 bits', bmp({ bits: 4 })],
    ['8 bits', bmp({ bits: 8 })],
    ['24 bits', bmp({ bits: 24 })],
    ['24 bits from the top', bmp({ bits: 24, topDown: true })],
    ['32 bits', bmp({ bits: 32 })],
    ['runs of 4 bits', bmp({ bits: 4, runs: true })],
    ['runs of 8 bits', bmp({ bits: 8, runs: true })],
    ['32 bits by masks', bmp({ bits: 32, masks: [0xff, 0xff00, 0xff0000] })],
    ["OS/2's header", bmp({ bits: 24, os2: true })],
    ["OS/2's palette", bmp({ bits: 8, os2: true })],
  ])('%s', (_, file) => expectPicture(file));
  test('1 bit', () => expectPicture(bmp({ bits: 1 }), blackAbove));
  test('16 bits', () => expectPicture(bmp({ bits: 16 }), colours, 5));
  test('16 bits by masks', () => expectPicture(bmp({ bits: 16, masks: [0xf800, 0x7e0, 0x1f] }), colours, 5));
  test('a wrong size in the header, with all pixels', () => {
    const file = bmp({ bits: 24 });
    file.writeUInt32LE(99_999_999, 2);
    return expectPicture(file);
  });
});

test('a BMP with a PNG inside is named', async () => {
  const file = bmp({ bits: 24 });
  file.writeUInt32LE(5, 30);
  expect(await failure(file)).toEqual({
    code: 'photo-unsupported',
    message: 'The file is a BMP with another picture inside, which Descry cannot open.',
  });
});

describe('PNM', () => {
  test.each([2, 5] as const)('P%i', (kind) => expectPicture(pnm(kind), grey));
  test.each([3, 6] as const)('P%i', (kind) => expectPicture(pnm(kind)));
  test.each([1, 4] as const)('P%i', (kind) => expectPicture(pnm(kind), blackAbove));
  test.each([3, 6] as const)('P%i with 16 bits', (kind) => expectPicture(pnm(kind, 65_535)));
  test('P6 with 10 bits', () => expectPicture(pnm(6, 1023)));
  test('PAM', () => expectPicture(pam()));
});

describe('JPEG XL, JPEG 2000, Photoshop', () => {
  test('without loss', () => expectPicture(written.jxlLossless));
  test('with loss', () => expectPicture(written.jxlLossy, colours, 14));
  test('the first picture of several', () => expectPicture(written.jxlAnimated));
  // Display P3 to sRGB, by its matrix
  test('a colour profile', () =>
    expectPicture(written.jxlDisplayP3, [[218, 0, 26], [0, 183, 30], [34, 61, 208], [232, 220, 57]], 6)); // prettier-ignore
  test('turned, with EXIF', async () => {
    await expectPicture(written.jxlFromTurnedJpeg, colours, 8);
    const { information } = await decodePhoto(written.jxlFromTurnedJpeg, squashed(8));
    expect(information.camera).toBe('Descry Test');
    expect(information.taken).toBe(Date.UTC(2021, 1, 3, 4, 5, 6));
  });
  test('JPEG 2000', () => expectPicture(written.jp2));
  test('JPEG 2000 without its boxes', () => expectPicture(written.j2k));
  test('Photoshop', () => expectPicture(psd()));
  test('Photoshop without the merged picture is named', async () =>
    expect(await failure(psd(false))).toEqual({
      code: 'photo-unsupported',
      message: 'The file is a Photoshop document without a merged picture, which Descry cannot open.',
    }));
});

describe('TIFF', () => {
  test.each(tiffKinds(jpeg).map((kind) => [kind.name, kind] as const))('%s', (_, { file, shows, tolerance }) =>
    expectPicture(file, shows, tolerance),
  );
  test.each([
    ['LZMA', written.tiffLzma],
    ['LZMA with a predictor', written.tiffLzmaPredictor],
    ['LZMA in tiles', written.tiffLzmaTiles],
  ])('%s', (_, file) => expectPicture(file));
  test('ZSTD with a predictor', () => expectPicture(written.tiffZstd));
  test('WebP', () => expectPicture(written.tiffWebp, colours, 12));
  test('upside down, with a camera, by ImageMagick', async () => {
    const upsideDown = [...colours].reverse();
    await expectPicture(turnedTiff, upsideDown, 2);
    expect((await decodePhoto(turnedTiff, squashed(8))).information.camera).toBe('Descry Twelve');
  });

  test.each([
    [34661, 'JBIG compression'],
    [34887, 'LERC compression'],
    [50002, 'JPEG XL compression'],
    [33003, 'JPEG 2000 compression'],
    [12345, 'compression 12345, which is not known'],
  ])('compression %i is named', async (compression, name) =>
    expect(await failure(tiffOf(compression))).toEqual({
      code: 'photo-unsupported',
      message: `The file is a TIFF with ${name}, which Descry cannot open.`,
    }),
  );
});

describe('what lacks its end', () => {
  const cut = (file: Buffer, part = 0.6) => file.subarray(0, Math.floor(file.length * part));
  const planes = tiffKinds(jpeg).find(({ name }) => name === 'planes in tiles')!.file;
  test.each([
    ['BMP', cut(bmp({ bits: 24 }))],
    ['OS/2 BMP', cut(bmp({ bits: 24, os2: true }))],
    ['P3', cut(pnm(3))],
    ['P6', cut(pnm(6))],
    ['PAM', cut(pam())],
    ['JPEG XL in boxes', cut(written.jxlFromTurnedJpeg)],
    ['JPEG 2000', cut(written.jp2)],
    ['Photoshop', cut(psd())],
    // its directory stands first
    ['TIFF by ImageMagick', Buffer.concat([planes.subarray(0, 4), moved(planes)])],
  ])('%s', async (_, file) => expect((await failure(file)).code).toBe('photo-truncated'));

  /** The rest of a TIFF whose first tile lies beyond its end. */
  function moved(file: Buffer): Buffer {
    const copy = Buffer.from(file);
    const directory = copy.readUInt32LE(4);
    for (let at = directory + 2; at < copy.length - 12; at += 12) {
      if (copy.readUInt16LE(at) !== 0x144) continue;
      copy.writeUInt32LE(copy.length - 10, copy.readUInt32LE(at + 8));
      break;
    }
    return copy.subarray(4);
  }
});

describe('what is too large is refused by its header', () => {
  const huge = (file: Buffer, change: (copy: Buffer) => void) => {
    const copy = Buffer.from(file);
    change(copy);
    return copy;
  };
  test.each([
    [
      'BMP',
      huge(bmp({ bits: 8, runs: true }), (copy) => copy.writeUInt32LE(60_000, 18) && copy.writeInt32LE(60_000, 22)),
    ],
    ['PNM', Buffer.from('P6\n60000 60000\n255\nabc')],
    ['PAM', Buffer.from('P7\nWIDTH 60000\nHEIGHT 60000\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nabc')],
  ])('%s', async (_, file) => {
    const before = process.memoryUsage().rss;
    expect(await failure(file)).toEqual({
      code: 'photo-too-large',
      message: 'The photo has 60000 × 60000 pixels (3,600 megapixels); the limit of its format is 100.',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });
});

describe('JPEG of rare kinds', () => {
  /** @param change of the marker and the precision */
  const changed = (change: (frame: Buffer) => void) => {
    const copy = Buffer.from(jpeg);
    change(copy.subarray(copy.indexOf('ffc00011', 'hex')));
    return copy;
  };
  test.each([
    ['a hierarchical JPEG', changed((frame) => frame.writeUInt8(0xc5, 1))],
    ['a lossless JPEG', changed((frame) => frame.writeUInt8(0xc7, 1))],
    ['a JPEG with 16 bits per sample', changed((frame) => frame.writeUInt8(16, 4))],
  ])('%s is named', async (name, file) =>
    expect(await failure(file)).toEqual({
      code: 'photo-unsupported',
      message: `The file is ${name}, which Descry cannot open.`,
    }),
  );
});

test('a large view of such a file is made, too', async () => {
  const thumbnail = await renderThumbnail(bmp({ bits: 24 }), { side: 24 });
  expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'webp', width: 24, height: 16 });
});
