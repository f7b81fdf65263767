import { describe, expect, test } from 'vitest';
import type { Encoder, PhotoEncoder } from '../../models/contract/encoder.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { drawnPictures, leastCosine, tryMode } from '../../models/mode-trial.ts';
import { inRunsOf } from '../../models/resnet50/encoder.ts';

const engine = {} as Engine;
const featureLength = 3;

/** Encodes in so many ms of a clock of its own. */
function fake(ms: Partial<Record<string, number>>, change: (feature: number[]) => number[] = (feature) => feature) {
  let time = 0;
  let open = 0;
  const encoder: Parameters<typeof tryMode>[0] = {
    featureLength,
    preprocessing: { side: 8, fit: 'squash', normalisation: null },
    openPhotos: (_, __, mode = 'float') => {
      open++;
      const photos: PhotoEncoder = {
        encode: (pixels, count) => {
          time += ms[mode]!;
          const features = Array.from({ length: count }, (___, i) => [1, pixels[i]!, 2]);
          return Promise.resolve(Float32Array.from(features.flatMap(mode === 'float' ? (feature) => feature : change)));
        },
        encodeRegions: null,
        dispose: () => Promise.resolve(void open--),
      };
      return Promise.resolve(photos);
    },
  };
  return { encoder: encoder as Encoder, now: () => time, stillOpen: () => open };
}

describe('a trial', () => {
  test('tells speed and agreement, and frees what it opened', async () => {
    const { encoder, now, stillOpen } = fake({ float: 300, '8-bit': 100 });
    expect(await tryMode(encoder, engine, {}, '8-bit', now)).toEqual({
      mode: '8-bit',
      speed: 3,
      agreement: expect.closeTo(1, 6) as number,
    });
    expect(stillOpen()).toBe(0);
  });

  test('sees that a mode is slower, wrong in one picture, or not finite', async () => {
    const slow = fake({ float: 100, dml: 400 });
    expect((await tryMode(slow.encoder, engine, {}, 'dml', slow.now)).speed).toBe(0.25);
    let calls = 0;
    const wrong = fake({ float: 100, dml: 10 }, (feature) => (calls++ === 2 ? [5, 0, -5] : feature));
    expect((await tryMode(wrong.encoder, engine, {}, 'dml', wrong.now)).agreement).toBeLessThan(0.9);
    const broken = fake({ float: 100, dml: 10 }, () => [NaN, 1, 1]);
    expect((await tryMode(broken.encoder, engine, {}, 'dml', broken.now)).agreement).toBe(0);
  });

  test('ends after about a second, whatever the speed', async () => {
    const { encoder, now } = fake({ float: 5000, '8-bit': 4000 });
    await tryMode(encoder, engine, {}, '8-bit', now);
    expect(now()).toBeLessThanOrEqual(4 * 9000);
  });

  test('its pictures are the same on every machine, and none is plain', () => {
    const pictures = drawnPictures(64, 4);
    expect(pictures).toEqual(drawnPictures(64, 4));
    for (let i = 0; i < 4; i++) {
      expect(new Set(pictures.subarray(i * 64 * 64 * 3, (i + 1) * 64 * 64 * 3)).size).toBeGreaterThan(100);
    }
  });

  test('counts features of another length, or of zeros, as different', () => {
    const row = Float32Array.of(1, 2, 3);
    expect(leastCosine(row, Float32Array.of(1, 2, 3, 1, 2, 3), 3)).toBe(0);
    expect(leastCosine(row, new Float32Array(3), 3)).toBe(0);
    expect(leastCosine(row, Float32Array.of(2, 4, 6), 3)).toBeCloseTo(1, 6);
  });
});

test('a graph of a fixed size gets its last run filled up, and only the photos’ results come back', async () => {
  const sizes: number[] = [];
  const run = inRunsOf(4, (pixels, count, outputs) => {
    sizes.push(count);
    const sums = Float32Array.from({ length: count }, (_, i) => pixels[2 * i]! + pixels[2 * i + 1]!);
    return Promise.resolve(outputs.map((name) => (name === 'map' ? sums.map((sum) => -sum) : sums)));
  });
  const pixels = Uint8Array.from({ length: 14 }, (_, i) => i);
  const [features, map] = await run(pixels, 7, ['features', 'map']);
  expect(sizes).toEqual([4, 4]);
  expect([...features!]).toEqual([1, 5, 9, 13, 17, 21, 25]);
  expect([...map!]).toEqual([...features!].map((value) => -value));
});
