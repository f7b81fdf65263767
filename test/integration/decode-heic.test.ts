/** HEIC photos as phones write them: tiles, crops, turns; and damaged ones. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { decodePhoto, renderThumbnail } from '../../electron/vision/decode.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { clap, heicGrid, imir, irot, tilesOf, type HeicGrid, type HeicTiles } from '../fixtures/heic-files.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { describeShared } from '../fixtures/shared.ts';

const sharp = loadSharp();
const [width, height] = [1992, 1500];
const full = { columns: 4, rows: 3, tileSide: 512, width, height };

/** Mean absolute difference of two pictures, 0–255. */
const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

describeShared('HEIC', (shared) => {
  let tiles: HeicTiles;
  /** 996 × 750 */
  let reference: Buffer;
  const cases = path.join(shared, 'photos', 'cases');
  beforeAll(async () => {
    const photo = readFileSync(path.join(shared, 'photos', 'formats', 'heic_image1.heic'));
    tiles = tilesOf(photo, 12);
    reference = Buffer.from(await renderThumbnail(heicGrid({ ...full, ...tiles }), { side: 996, format: 'png' }));
  }, 60_000);
  const decode = (grid: Partial<HeicGrid>) => decodePhoto(heicGrid({ ...full, ...tiles, ...grid }), squashed(64));
  const firstTile = (file: Buffer) => file.length - tiles.tiles.reduce((sum, tile) => sum + tile.length, 0);
  const grey = (pixels: Uint8Array) => {
    let count = 0;
    for (let i = 0; i < pixels.length; i += 3) if ([0, 1, 2].every((c) => Math.abs(pixels[i + c]! - 128) <= 2)) count++;
    return count / (pixels.length / 3);
  };

  test.each([
    ['turned by 90°', [irot(1)], [1500, 1992], () => sharp(reference).rotate(270)],
    ['turned by 180°', [irot(2)], [1992, 1500], () => sharp(reference).rotate(180)],
    ['turned by 270°', [irot(3)], [1500, 1992], () => sharp(reference).rotate(90)],
    ['mirrored, top and bottom', [imir(0)], [1992, 1500], () => sharp(reference).flip()],
    ['mirrored, left and right', [imir(1)], [1992, 1500], () => sharp(reference).flop()],
    ['cropped', [clap(1000, 500, -150, 100)], [1000, 500], () => cropped()],
    [
      'cropped, then turned',
      [clap(1000, 500, -150, 100), irot(1)],
      [500, 1000],
      async () => (await cropped()).rotate(270),
    ],
    // the same part: its place is counted in the turned photo
    [
      'turned, then cropped',
      [irot(1), clap(500, 1000, 100, 150)],
      [500, 1000],
      async () => (await cropped()).rotate(270),
    ],
    [
      'cropped, turned, mirrored',
      [clap(1000, 500, -150, 100), irot(3), imir(0)],
      [500, 1000],
      async () => sharp(await (await cropped()).rotate(90).png().toBuffer()).flip(),
    ],
  ] as const)('%s', async (_, transformations, size, expected) => {
    const { pixels, information } = await decode({ transformations });
    expect([information.width, information.height]).toEqual(size);
    expect(information.damage).toBeNull();
    const wanted = await (await expected()).resize(64, 64, { fit: 'fill' }).removeAlpha().raw().toBuffer();
    expect(difference(pixels, wanted)).toBeLessThan(5);
  });
  /** In the reduced reference: 1000 × 500 around the centre, 150 to the left and 100 down; a step of its own for sharp. */
  const cropped = async () =>
    sharp(await sharp(reference).extract({ left: 173, top: 300, width: 500, height: 250 }).png().toBuffer());

  test('the crop of a photo in one piece', async () => {
    const { information, pixels } = await decodePhoto(path.join(cases, 'heic-cropped-clap.heic'), squashed(64));
    expect([information.width, information.height]).toEqual([300, 300]);
    expect(new Set(pixels).size).toBeGreaterThan(100);
  });

  test('more than 256 items, in a file and in one of 1,200', async () => {
    const { information } = await decodePhoto(path.join(cases, 'heic-302-items.heic'), squashed(64));
    expect([information.width, information.height, information.damage]).toEqual([161, 121, null]);
    const many = await decode({ otherItems: 1200 });
    expect([many.information.width, many.information.damage]).toEqual([1992, null]);
    expect(difference(many.pixels, (await decode({})).pixels)).toBe(0);
  });

  test('a file that ends early shows its tiles, and is marked', async () => {
    const file = heicGrid({ ...full, ...tiles });
    const { pixels, information } = await decodePhoto(file.subarray(0, file.length >> 1), squashed(64));
    expect(information.damage).toBe('cut-off');
    expect(grey(pixels)).toBeGreaterThan(0.3);
    expect(grey(pixels)).toBeLessThan(0.8);
    await expect(decodePhoto(file.subarray(0, firstTile(file) + 30_000), squashed(64))).rejects.toMatchObject({
      code: 'photo-truncated',
    });
  });

  test('zeros in place of data: the other tiles are shown, what is missing is named, and nothing of another photo shows', async () => {
    const file = heicGrid({ ...full, ...tiles });
    file.fill(0, file.length >> 1, (file.length >> 1) + 4096);
    const alone = await decodePhoto(file, squashed(64));
    expect(alone.information.damage).toBe('unreadable-part');
    expect(difference(alone.pixels, (await decode({})).pixels)).toBeLessThan(20);
    await decodePhoto(path.join(shared, 'photos', 'formats', 'heic_libheif_example.heic'), squashed(64));
    expect((await decodePhoto(file, squashed(64))).pixels).toEqual(alone.pixels);
    file.fill(0, firstTile(file) + 3000);
    await expect(decodePhoto(file, squashed(64))).rejects.toMatchObject({ code: 'photo-unreadable' });
  });

  test('a damaged tile leaves the others', async () => {
    const broken = tiles.tiles.map((tile, index) => (index === 6 ? tile.subarray(0, 3) : tile));
    const { pixels, information } = await decode({ tiles: broken });
    expect(information.damage).toBe('unreadable-part');
    expect(grey(pixels)).toBeCloseTo(1 / 12, 1);
  });

  test('a photo that is too large for the memory is refused by its numbers', async () => {
    await expect(decode({ columns: 40, rows: 40, width: 20_000, height: 20_000 })).rejects.toMatchObject({
      code: 'photo-too-large',
      message: 'The photo has 20000 × 20000 pixels (400 megapixels); the limit is 268.',
    });
  });
});
