import { describe, expect, it } from 'vitest';
import { packBytes, unpackBytes } from '../../models/files/packed-bytes.ts';
import { packFeature, unpackFeature, unpackFeatureInto } from '../../models/files/packed-features.ts';
import { seededRandom } from '../../models/math/random.ts';
import { cosine } from '../fixtures/cosine.ts';

const random = seededRandom(5);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());

/** As ResNet50's: many averages near zero, few large ones, and deviations that grow with them. */
function featureLike(channels = 2048): Float32Array {
  const averages = Float32Array.from({ length: channels }, () =>
    random.uniform() < 0.1 ? 0 : 0.2 * Math.exp(gaussian()),
  );
  const deviations = averages.map((value) => 1.4 * Math.sqrt(value) * Math.exp(0.2 * gaussian()));
  return Float32Array.from([...averages, ...deviations]);
}

describe('a packed feature', () => {
  it('takes a quarter of half precision, and keeps its direction and zeros', () => {
    for (let round = 0; round < 5; round++) {
      const feature = featureLike();
      const packed = packFeature(feature)!;
      expect(packed.length).toBeLessThan((feature.length * 2) / 4);
      const back = unpackFeature(packed)!;
      expect(back).toHaveLength(feature.length);
      expect(cosine(feature, back)).toBeGreaterThan(0.999);
      feature.forEach((value, i) => {
        expect(back[i]).toBeGreaterThanOrEqual(0);
        if (value === 0) expect(back[i]).toBe(0);
      });
    }
  });

  it('is off by at most half a step in each number, whatever the relation of averages and deviations', () => {
    const kinds = [
      featureLike(),
      Float32Array.from({ length: 4096 }, () => random.uniform()),
      Float32Array.from({ length: 4096 }, (_, i) => (i % 500 === 0 ? 50 : 0)),
      Float32Array.from({ length: 64 }, (_, i) => i * 1e-6),
      Float32Array.from({ length: 64 }, (_, i) => i * 1e6),
      new Float32Array(100).fill(3),
    ];
    for (const feature of kinds) {
      const back = unpackFeature(packFeature(feature)!)!;
      const powers = feature.map((value) => value ** 0.75);
      const step = 0.1 * Math.sqrt(powers.reduce((sum, value) => sum + value * value, 0) / powers.length);
      back.forEach((value, i) => {
        expect(Math.abs(value ** 0.75 - powers[i]!)).toBeLessThanOrEqual(step * 0.5001);
      });
    }
  });

  it('packed again is the same: converting twice loses nothing more', () => {
    const once = unpackFeature(packFeature(featureLike())!)!;
    const twice = unpackFeature(packFeature(once)!)!;
    expect(cosine(once, twice)).toBeGreaterThan(0.998);
  });

  it('is not made of numbers that the form is not for', () => {
    const other = (change: (feature: Float32Array) => void) => {
      const feature = featureLike();
      change(feature);
      return packFeature(feature);
    };
    expect(other((feature) => (feature[5] = -0.01))).toBeUndefined();
    expect(other((feature) => (feature[5] = NaN))).toBeUndefined();
    expect(other((feature) => (feature[5] = Infinity))).toBeUndefined();
    expect(other((feature) => feature.fill(0))).toBeUndefined();
    expect(packFeature(new Float32Array(4095).fill(1))).toBeUndefined();
    expect(packFeature(new Float32Array(8).fill(1))).toBeUndefined();
    expect(packFeature(new Float32Array(0))).toBeUndefined();
    const spike = new Float32Array(8192);
    spike[0] = 1;
    expect(packFeature(spike), 'more steps than a byte holds').toBeUndefined();
  });

  it('of which a bit was changed is noticed or still the same, and one that was cut off is noticed', () => {
    const packed = packFeature(featureLike(64))!;
    const whole = unpackFeature(packed);
    let [noticed, same] = [0, 0];
    for (let bit = 4 * 8; bit < packed.length * 8; bit++) {
      const changed = packed.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const read = unpackFeature(changed);
      if (!read) noticed++;
      // Bits that zlib does not use, such as those after the end of the code.
      else if (read.every((value, i) => value === whole![i])) same++;
    }
    expect(noticed + same).toBe((packed.length - 4) * 8);
    expect(same).toBeLessThan(8);
    for (let length = 0; length < packed.length; length++) {
      expect(unpackFeature(packed.subarray(0, length))).toBeUndefined();
    }
    for (const unit of [0, -1, NaN, Infinity, 3e38]) {
      const changed = packed.slice();
      new DataView(changed.buffer).setFloat32(0, unit, true);
      expect(unpackFeature(changed), `unit ${unit}`).toBeUndefined();
    }
  });

  it('is read into a row of a matrix, where it has its length', () => {
    const feature = featureLike(128);
    const packed = packFeature(feature)!;
    const rows = new Float32Array(3 * 256).fill(9);
    expect(unpackFeatureInto(packed, rows.subarray(256, 512))).toBe(true);
    expect(rows.subarray(256, 512)).toEqual(unpackFeature(packed));
    expect(rows[255]).toBe(9);
    expect(rows[512]).toBe(9);
    expect(unpackFeatureInto(packed, rows.subarray(0, 255))).toBe(false);
  });
});

describe('packed bytes', () => {
  it('come back as they were, and damage is noticed', () => {
    const bytes = Uint8Array.from({ length: 2376 }, () => Math.round(gaussian() * 2) & 255);
    const packed = packBytes(bytes);
    expect(packed.length).toBeLessThan(bytes.length / 2);
    expect(new Uint8Array(unpackBytes(packed)!)).toEqual(bytes);
    const changed = packed.slice();
    changed[packed.length >> 1]! ^= 16;
    expect(unpackBytes(changed)).toBeUndefined();
    expect(unpackBytes(packBytes(new Uint8Array(5000)), 4096)).toBeUndefined();
    expect(unpackBytes(packBytes(new Uint8Array(0)))).toHaveLength(0);
  });
});
