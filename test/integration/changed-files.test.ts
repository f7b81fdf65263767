/** Changed files of the formats that ImageMagick opens: each is opened or refused, soon, within memory, and none spoils the next. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { mutated, random } from '../fixtures/changed-bytes.ts';
import { samples, height, width } from '../fixtures/four-colours.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { bmp, pam, pnm, psd } from '../fixtures/rare-pictures.ts';
import { tiffKinds } from '../fixtures/tiff-kinds.ts';
import * as written from '../fixtures/written-pictures.ts';

const rounds = Number(process.env['DESCRY_FUZZ_ROUNDS'] ?? 150);

test(`${rounds} changed files`, async () => {
  const jpeg = await sharp(Buffer.from(samples()), { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer();
  const files = [
    ...[
      bmp({ bits: 4, runs: true }),
      bmp({ bits: 24 }),
      bmp({ bits: 8, os2: true }),
      pnm(3),
      pnm(6, 1023),
      pam(),
      psd(),
    ],
    ...tiffKinds(jpeg).map(({ file }) => file),
    ...Object.values(written),
  ];
  const whole = bmp({ bits: 24 });
  const right = (await decodePhoto(whole, squashed(16))).pixels;
  const below = random(21);
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = mutated(files[round % files.length]!, below);
    const start = performance.now();
    const outcome: unknown = await decodePhoto(bytes, squashed(16)).catch((error: unknown) => error);
    if (outcome instanceof Error) {
      expect(outcome, `round ${round}`).toMatchObject({
        name: 'DescryError',
        code: expect.stringMatching(/^photo-/) as string,
      });
      expect(outcome.message, `round ${round}`).toMatch(/^[A-Z].*\.$/s);
      refused++;
    }
    // a picture of the allowed size may take some seconds
    expect(performance.now() - start, `round ${round}`).toBeLessThan(20_000);
    if (round % 50 === 0) expect((await decodePhoto(whole, squashed(16))).pixels).toEqual(right);
  }
  expect(refused).toBeGreaterThan(rounds / 20);
  expect(refused).toBeLessThan(rounds);
}, 600_000);
