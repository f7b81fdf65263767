/** The parsers of picture files answer any bytes at once: with a result, or with an error that names the file's fault. */
import { describe, expect, test } from 'vitest';
import { DescryError } from '../../models/errors.ts';
import { sniff } from '../../electron/vision/formats.ts';
import { metadataBoxes } from '../../electron/vision/iso-boxes.ts';
import { readJpegFrame } from '../../electron/vision/jpeg-frame.ts';
import { psdState } from '../../electron/vision/psd.ts';
import { rawPreview, withOrientation } from '../../electron/vision/raw-preview.ts';
import { describeTiff, isTiffCutShort, tiffKind } from '../../electron/vision/tiff-kind.ts';
import { withoutCompression } from '../../electron/vision/tiff-parts.ts';
import { unxz } from '../../electron/vision/xz.ts';
import { mutated, random } from '../fixtures/changed-bytes.ts';
import { bmp, pam, pnm, psd } from '../fixtures/rare-pictures.ts';
import { arw, cr2, cr3, dng, nef, orf, raf, rw2 } from '../fixtures/raw-files.ts';
import { tiffKinds } from '../fixtures/tiff-kinds.ts';
import * as written from '../fixtures/written-pictures.ts';

/** A JPEG's head of 480 × 320 pixels with a little data behind it. */
const jpeg = Buffer.concat([
  Buffer.from('ffd8ffdb004300', 'hex'),
  Buffer.alloc(64, 1),
  Buffer.from('ffc0001108014001e003012200021101031101ffc4001f00', 'hex'),
  Buffer.alloc(28, 1),
  Buffer.from('ffda000c03010002110311003f00', 'hex'),
  Buffer.alloc(900, 0x5a),
  Buffer.from('ffd9', 'hex'),
]);
const parts = { preview: jpeg, thumbnail: jpeg.subarray(0, 300), orientation: 6 };
const files = [
  ...[bmp({ bits: 4, runs: true }), bmp({ bits: 24 }), pnm(3), pnm(6), pam(), psd(), jpeg],
  ...[dng, nef, cr2, arw, rw2, orf, raf, cr3].map((write) => write(parts)),
  ...tiffKinds(jpeg).map(({ file }) => file),
  ...Object.values(written),
];

const parsers: Record<string, (bytes: Buffer) => unknown> = {
  sniff,
  readJpegFrame,
  metadataBoxes,
  psdState,
  tiffKind: onTiffs(tiffKind),
  describeTiff: onTiffs(describeTiff),
  isTiffCutShort: onTiffs(isTiffCutShort),
  rawPreview,
  withOrientation: (bytes) => readJpegFrame(bytes) && withOrientation(bytes, 6),
};

/** They are called with what begins like a TIFF. */
function onTiffs<T>(parser: (bytes: Buffer) => T): (bytes: Buffer) => T | undefined {
  return (bytes) => {
    const found = sniff(bytes);
    return found && 'format' in found && found.format === 'tiff' && bytes.length >= 16 ? parser(bytes) : undefined;
  };
}

const rounds = Number(process.env['DESCRY_FUZZ_ROUNDS'] ?? 4000);

describe('changed files', () => {
  test.each(Object.entries(parsers))('%s', (_, parse) => {
    const below = random(11);
    for (let round = 0; round < rounds; round++) {
      const bytes = mutated(files[round % files.length]!, below);
      const start = performance.now();
      try {
        parse(bytes);
      } catch (error) {
        if (!(error instanceof DescryError)) throw new Error(`round ${round}`, { cause: error });
      }
      expect(performance.now() - start, `round ${round}`).toBeLessThan(1000);
    }
  });

  test('LZMA, ZSTD', async () => {
    const below = random(12);
    const compressed = [written.tiffLzma, written.tiffLzmaPredictor, written.tiffLzmaTiles, written.tiffZstd];
    for (let round = 0; round < rounds / 4; round++) {
      const bytes = mutated(compressed[round % compressed.length]!, below);
      const before = performance.now();
      const out = await onTiffs(withoutCompression)(bytes)?.catch((error: unknown) => error);
      if (Buffer.isBuffer(out)) expect(out.length).toBeLessThan(100_000);
      else expect(out === undefined || out instanceof Error).toBe(true);
      expect(performance.now() - before, `round ${round}`).toBeLessThan(1000);
    }
  }, 60_000);
});

describe('hostile files', () => {
  const within = (ms: number, run: () => unknown) => {
    const start = performance.now();
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(DescryError);
    }
    expect(performance.now() - start).toBeLessThan(ms);
  };
  test('nothing but start markers', () =>
    within(1000, () =>
      rawPreview(
        Buffer.concat([Buffer.from('FUJIFILMCCD-RAW '), Buffer.alloc(30_000_000, Buffer.from('ffd8ff', 'hex'))]),
      ),
    ));

  test('heads of JPEGs whose end is far away', () =>
    within(2000, () =>
      rawPreview(Buffer.concat([Buffer.from('FUJIFILMCCD-RAW '), Buffer.alloc(30_000_000, jpeg.subarray(0, 300))])),
    ));

  test('heads of JPEGs that share one end', () =>
    within(2000, () =>
      rawPreview(
        Buffer.concat([
          Buffer.from('FUJIFILMCCD-RAW '),
          Buffer.alloc(30_000_000, jpeg.subarray(0, 300)),
          Buffer.from('ffd9', 'hex'),
        ]),
      ),
    ));

  test('directories that name each other', () => {
    const file = Buffer.alloc(64);
    file.write('II*\0', 'latin1');
    file.writeUInt32LE(8, 4);
    file.writeUInt16LE(1, 8);
    file.writeUInt16LE(0x14a, 10);
    file.writeUInt16LE(4, 12);
    file.writeUInt32LE(1, 14);
    file.writeUInt32LE(8, 18);
    file.writeUInt32LE(8, 22);
    within(1000, () => tiffKind(file));
  });

  test('an .xz stream that holds more than its strip', async () => {
    await expect(unxz(zeros, 1000)).rejects.toThrow('a strip holds more than its size');
  });

  test('an .xz stream that ends too early', async () => {
    await expect(unxz(zeros.subarray(0, 60), 1e9)).rejects.toThrow(/unexpected end|error code/);
  });
});

/** a million zeros: xz -9 --check=none */
const zeros = Buffer.from(
  '/Td6WFoAAAD/EtlBAgAhARwAAAAQz1jM70I/ANFdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGxCy4g/XACP0E6vJiiUcR89jyThcJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPmTwz82AAAAAAAB5QHAhD0AuGIlQqgACvwCAAAAAABZWg==',
  'base64',
);
