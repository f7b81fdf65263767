/** Camera raw by the JPEG inside it. The files are made here by their structure; no camera's file was at hand. */
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { errorCode } from '../../models/errors.ts';
import { decodePhoto, inspectPhoto, renderThumbnail } from '../../electron/vision/decode.ts';
import { colours, quarters, samples } from '../fixtures/four-colours.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { arw, box, cr2, cr3, dng, dngOfTiles, nef, orf, raf, rw2, type Parts } from '../fixtures/raw-files.ts';
import { inTemporaryFolder } from '../fixtures/temporary-file.ts';

const jpeg = (width: number, height: number) =>
  sharp(Buffer.from(samples(255, [width, height])), { raw: { width, height, channels: 3 } }).jpeg({ quality: 92 });
const preview = await jpeg(480, 320).toBuffer();
/** of another picture, so that it is noticed when it is taken for the preview */
const thumbnail = await sharp({ create: { width: 160, height: 120, channels: 3, background: 'black' } })
  .jpeg()
  .toBuffer();

async function expectPreview(file: Buffer, size = [480, 320], shows: readonly (readonly number[])[] = colours) {
  const { pixels, information } = await decodePhoto(file, squashed(32));
  expect([information.width, information.height]).toEqual(size);
  const seen = quarters(pixels);
  const worst = Math.max(...seen.flatMap((colour, i) => colour.map((value, k) => Math.abs(value - shows[i]![k]!))));
  expect(worst, JSON.stringify(seen)).toBeLessThanOrEqual(8);
  return information;
}

const makers: [string, (parts: Parts) => Buffer][] = [
  ['DNG', dng],
  ['NEF', nef],
  ['CR2', cr2],
  ['ARW', arw],
  ['RW2', rw2],
  ['ORF', orf],
  ['CR3', cr3],
];

describe('camera raw', () => {
  test.each(makers)('%s shows its largest JPEG, with what its EXIF says', async (_, write) => {
    const information = await expectPreview(write({ preview, thumbnail }));
    expect(information.camera).toBe('Descry Raw');
    expect(information.taken).toBe(Date.UTC(2019, 4, 6, 7, 8, 9));
  });

  // 6: the first row of pixels is the right side of the picture
  test.each(makers)('%s is turned upright', async (_, write) => {
    await expectPreview(
      write({ preview, thumbnail, orientation: 6 }),
      [320, 480],
      [2, 0, 3, 1].map((i) => colours[i]!),
    );
  });

  test("RAF: the JPEG's own EXIF", async () => {
    const withExif = await jpeg(480, 320)
      .withMetadata({
        orientation: 3,
        exif: { IFD0: { Make: 'FUJIFILM', Model: 'X100F' }, IFD2: { DateTimeOriginal: '2018:01:02 03:04:05' } },
      })
      .toBuffer();
    const information = await expectPreview(raf({ preview: withExif, thumbnail }), [480, 320], [...colours].reverse());
    expect(information.camera).toBe('FUJIFILM X100F');
    expect(information.taken).toBe(Date.UTC(2018, 0, 2, 3, 4, 5));
  });

  test('an orientation in the preview itself does not turn it twice', async () => {
    const turned = await jpeg(480, 320).withMetadata({ orientation: 6 }).toBuffer();
    await expectPreview(
      nef({ preview: turned, thumbnail, orientation: 6 }),
      [320, 480],
      [2, 0, 3, 1].map((i) => colours[i]!),
    );
  });

  test.each([
    ['only a thumbnail', nef({ preview: thumbnail, thumbnail })],
    ['only tiles of the raw picture', dngOfTiles({ preview, thumbnail })],
    ['nothing', box('ftyp', Buffer.from('crx \0\0\0\x01crx isom', 'latin1'))],
  ])('with %s it is named', async (_, file) => {
    const error: unknown = await decodePhoto(file, squashed(32)).catch((reason: unknown) => reason);
    expect(errorCode(error)).toBe('photo-unsupported');
    expect((error as Error).message).toBe(
      'The file is camera raw without an embedded preview, which Descry cannot open.',
    );
  });

  test('is inspected and shown from its file', () =>
    inTemporaryFolder('IMG_1.CR2', cr2({ preview, thumbnail, orientation: 8 }), async (file) => {
      expect(await inspectPhoto(file)).toMatchObject({
        width: 320,
        height: 480,
        camera: 'Descry Raw',
        lens: 'Lens 50mm',
      });
      expect(await sharp(await renderThumbnail(file, { side: 60 })).metadata()).toMatchObject({
        width: 40,
        height: 60,
      });
    }));
});
