/** Damaged and incomplete photos: what can be read is shown and marked, and an error is the file's own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCode, errorMessage } from '../../models/errors.ts';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { describeShared } from '../fixtures/shared.ts';

const sharp = loadSharp();
const [width, height] = [640, 480];

/** Mean absolute difference of the rows of two pictures, 0–255. */
function difference(a: Uint8Array, b: Uint8Array, fromRow: number, toRow: number, side = 64): number {
  let sum = 0;
  for (let i = fromRow * side * 3; i < toRow * side * 3; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / ((toRow - fromRow) * side * 3);
}

/** Noise: its data is spread evenly over its rows. */
const picture = () =>
  sharp({
    create: { width, height, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 110, sigma: 50 } },
  }).blur(2);
const decode = (bytes: Uint8Array) => decodePhoto(bytes, squashed(64));
const damage = async (bytes: Uint8Array) => (await decode(bytes)).information.damage;
const failure = (bytes: Uint8Array) =>
  decode(bytes).then(
    () => ({ code: 'opened', message: '' }),
    (error: unknown) => ({ code: errorCode(error), message: errorMessage(error) }),
  );
const share = (bytes: Buffer, part: number) => bytes.subarray(0, Math.round(bytes.length * part));

let baseline: Buffer;
let progressive: Buffer;
let png: Buffer;
beforeAll(async () => {
  const pixels = await picture().png().toBuffer();
  baseline = await sharp(pixels).jpeg({ quality: 90 }).toBuffer();
  progressive = await sharp(pixels).jpeg({ quality: 90, progressive: true }).toBuffer();
  png = pixels;
});

describe('JPEG', () => {
  test('without its last marker, and with zeros after it, is whole, and so it is with what phones append', async () => {
    const open = baseline.subarray(0, -2);
    for (const bytes of [
      open,
      progressive.subarray(0, -2),
      Buffer.concat([open, Buffer.alloc(4096)]),
      Buffer.concat([open, Buffer.from([0xff])]),
      Buffer.concat([baseline, Buffer.alloc(4096)]),
      Buffer.concat([baseline, Buffer.from('SEFT and other data of a phone')]),
      Buffer.concat([baseline, share(baseline, 0.5)]),
    ]) {
      const { pixels, information } = await decode(bytes);
      expect(information.damage).toBeNull();
      const whole = (bytes.length > baseline.length + 4096 ? baseline : undefined) ?? baseline;
      if (bytes.indexOf(Buffer.from([0xff, 0xc2])) < 0) expect(pixels).toEqual((await decode(whole)).pixels);
    }
  });

  test.each([0.3, 0.6, 0.9, 0.99])('of which the first %f is there shows this part', async (part) => {
    const { pixels, information } = await decode(share(baseline, part));
    expect(information).toMatchObject({ width, height, damage: 'cut-off' });
    const read = Math.floor(64 * part) - 2;
    expect(difference(pixels, (await decode(baseline)).pixels, 0, read)).toBeLessThan(3);
    if (part < 0.9) expect([...pixels.subarray(-3)]).toEqual([128, 128, 128]);
  });

  test('that has zeros in place of its end', async () => {
    const bytes = Buffer.from(baseline);
    bytes.fill(0, bytes.length >> 1);
    expect(await damage(bytes)).toBe('cut-off');
  });

  test('that is progressive and ends early is less sharp, not cut', async () => {
    const { pixels, information } = await decode(share(progressive, 0.6));
    expect(information.damage).toBe('coarse');
    expect(difference(pixels, (await decode(progressive)).pixels, 0, 64)).toBeLessThan(10);
  });

  test('that is damaged in the middle is shown, marked, and not called cut', async () => {
    const bytes = Buffer.from(baseline);
    // a marker that cannot be there ends the data of this scan for libjpeg
    bytes.set([0xff, 0xc4], bytes.length >> 1);
    expect(await damage(bytes)).toBe('unreadable-part');
  });

  test('of which nearly nothing can be read is a failure that says what happened', async () => {
    expect(await failure(share(baseline, 0.03))).toEqual({
      code: 'photo-truncated',
      message: 'The file ends before the photo does. Copy it again from its source.',
    });
    expect((await failure(baseline.subarray(0, 300))).code).toBe('photo-truncated');
    const headless = Buffer.from(baseline);
    headless.fill(0x55, 2, 400);
    expect((await failure(headless)).code).toBe('photo-unreadable');
  });
});

describe('PNG', () => {
  test('that ends early shows its upper part', async () => {
    const { pixels, information } = await decode(share(png, 0.5));
    expect(information).toMatchObject({ width, height, damage: 'cut-off' });
    expect(difference(pixels, (await decode(png)).pixels, 0, 24)).toBeLessThan(3);
  });

  test('without its last chunk is whole', async () => {
    expect(await damage(png.subarray(0, -12))).toBeNull();
    expect(await damage(png.subarray(0, -5))).toBeNull();
  });

  test('that is damaged in the middle is not called cut', async () => {
    const bytes = Buffer.from(png);
    bytes.fill(0x33, bytes.length >> 1, (bytes.length >> 1) + 200);
    expect(await damage(bytes)).toBe('unreadable-part');
    expect((await failure(share(png, 0.01))).code).toBe('photo-truncated');
  });
});

test.each(['webp', 'avif', 'gif'] as const)(
  '%s: the first of several pictures, and a cut file is said to be cut',
  async (format) => {
    const one = await sharp(png).resize(200, 150).toBuffer();
    const bytes = await sharp(one).toFormat(format).toBuffer();
    expect(await damage(bytes)).toBeNull();
    const cut = await decode(share(bytes, 0.5)).then(
      ({ information }) => information.damage,
      (error: unknown): string => errorCode(error),
    );
    expect(['cut-off', 'unreadable-part', 'photo-truncated']).toContain(cut);
  },
);

describeShared('the cases of others', (shared) => {
  const cases = path.join(shared, 'photos', 'cases');

  test.each([
    ['jpeg-complete-without-eoi.jpg', [640, 480], null],
    ['jpeg-damaged-in-the-middle.jpg', [640, 480], 'unreadable-part'],
    ['avif-image-sequence-avis.avif', [150, 150], null],
  ])('%s', async (name, size, wanted) => {
    const { information } = await decodePhoto(path.join(cases, name), squashed(64));
    expect([information.width, information.height]).toEqual(size);
    expect(information.damage).toBe(wanted);
  });

  test.each(['0', '1'])(
    'all say alone what they say among many, and nothing comes to stdout (sharp in WebAssembly: %s)',
    (wasm) => {
      const scratch = mkdtempSync(path.join(tmpdir(), 'descry-damage-'));
      afterAll(() => rmSync(scratch, { recursive: true, force: true }));
      const formats = path.join(shared, 'photos', 'formats');
      const made = Object.entries({
        'cut.jpg': share(baseline, 0.5),
        'cut.png': share(png, 0.5),
        'cut.webp': share(readFileSync(path.join(formats, 'webp_photo_lossy.webp')), 0.5),
        // its directory comes after 47 kB
        'cut.tif': share(readFileSync(path.join(formats, 'tiff_cmyk_fogra.tif')), 0.03),
        'cut.tiff': share(readFileSync(path.join(formats, 'tiff_uncompressed.tiff')), 0.5),
        'cut.avif': share(readFileSync(path.join(formats, 'avif_orientation6_iphone_gps.avif')), 0.5),
        'cut.gif': share(readFileSync(path.join(formats, 'gif_animated.gif')), 0.01),
        'cut.heic': share(readFileSync(path.join(formats, 'heic_libheif_example.heic')), 0.3),
      }).map(([name, bytes]) => {
        writeFileSync(path.join(scratch, name), bytes);
        return path.join(scratch, name);
      });
      const files = [
        ...made,
        ...readdirSync(cases).map((name) => path.join(cases, name)),
        ...readdirSync(formats)
          .filter((name) => /trunc|corrupt|text|zero|bomb|bmp|jp2|plain|webp|png_/.test(name))
          .map((name) => path.join(formats, name)),
      ];
      const program = path.resolve(import.meta.dirname, '../fixtures/damaged-photos.ts');
      const printed = execFileSync(process.execPath, [program], {
        input: JSON.stringify({ files, rounds: 4 }),
        env: { ...process.env, DESCRY_SHARP_WASM: wasm },
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const { alone, together } = JSON.parse(printed) as {
        alone: Record<string, string[]>;
        together: Record<string, string[]>[];
      };
      expect(Object.keys(alone)).toHaveLength(files.length);
      expect(new Set(Object.values(alone).map(([code]) => code)).size).toBeGreaterThan(5);
      expect(alone[path.join(scratch, 'cut.tif')]![0]).toBe('photo-truncated');
      for (const round of together) expect(round).toEqual(alone);
    },
    120_000,
  );
});
