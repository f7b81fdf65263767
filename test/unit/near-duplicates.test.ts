/** The parts of the comparison of photos: candidates, alignment, stacks, and the list of duplicates. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { align, preparePicture, side } from '../../electron/services/duplicates/alignment.ts';
import { duplicateGroups, freeableBytes } from '../../electron/services/duplicates/report.ts';
import { isNear } from '../../electron/services/duplicates/rule.ts';
import {
  ExactSketchIndex,
  GraphSketchIndex,
  sketcher,
  sketchTolerance,
  type SketchIndex,
} from '../../electron/services/duplicates/sketches.ts';
import { groupStacks } from '../../electron/services/duplicates/stacks.ts';
import type { DuplicateFile } from '../../electron/store/similar-pairs.ts';
import { seededRandom } from '../../models/math/random.ts';
import { nearDuplicates } from '../../models/resnet50-glove/near-duplicates.ts';
import { featureLength } from '../../models/resnet50-glove/photos.ts';

const random = seededRandom(3);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
const unit = (vector: Float32Array) => {
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
};
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('the search for similar features', () => {
  const length = 512;
  const least = 0.6;
  /** Series of five whose members have a cosine of about 0.8, among single vectors. */
  const vectors = Array.from({ length: 600 }, () => new Float32Array(length));
  vectors.forEach((vector, i) => {
    const leader = vectors[i - (i % 5)]!;
    const alone = i >= 300;
    for (let k = 0; k < length; k++) vector[k] = alone || i % 5 === 0 ? gaussian() : leader[k]! + 0.55 * gaussian();
  });
  const units = vectors.map(unit);
  const sketch = sketcher(length);
  const sketches = units.map(sketch);
  const brute = units.map((one, i) => units.flatMap((other, j) => (i !== j && dot(one, other) >= least ? [j] : [])));
  const pause = () => Promise.resolve();

  const share = async (index: SketchIndex) => {
    sketches.forEach((one, i) => index.add(i + 1, one));
    let [found, wanted] = [0, 0];
    for (const [i, neighbours] of brute.entries()) {
      const nearest = new Set(await index.nearest(sketches[i]!, 17, least - sketchTolerance, pause));
      wanted += neighbours.length;
      found += neighbours.filter((j) => nearest.has(j + 1)).length;
    }
    return found / wanted;
  };

  it('finds at least 99 % of what a comparison of all pairs finds, with and without the graph', async () => {
    expect(brute.flat().length).toBeGreaterThan(800);
    expect(await share(new ExactSketchIndex())).toBeGreaterThan(0.99);
    expect(await share(new GraphSketchIndex())).toBeGreaterThan(0.99);
  });

  it('finds nothing among unrelated vectors, and nothing in an empty index', async () => {
    const index: SketchIndex = new GraphSketchIndex();
    expect(await index.nearest(sketches[0]!, 5, 0.5, pause)).toEqual([]);
    for (let i = 300; i < 600; i++) index.add(i, sketches[i]!);
    expect(await index.nearest(sketches[0]!, 5, 0.5, pause)).toEqual([]);
  });

  it('keeps the cosine of the vectors, up to the error of the projection', () => {
    for (let i = 0; i < 100; i++) {
      const [a, b] = [sketches[i]!, sketches[i + 1]!];
      const cosine = a.reduce((sum, value, k) => sum + value * b[k]!, 0) / 254 ** 2;
      expect(Math.abs(cosine - dot(units[i]!, units[i + 1]!))).toBeLessThan(4 / Math.sqrt(128));
    }
  });
});

describe('the vectors of ResNet50 features', () => {
  it('have norm 1, do not depend much on the strength of a feature, and refuse another length', () => {
    const feature = Float32Array.from({ length: featureLength }, () => random.uniform() ** 4 * 3);
    const vector = nearDuplicates.vector(feature);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(dot(vector, nearDuplicates.vector(feature.map((value) => value * 1.1)))).toBeGreaterThan(0.98);
    expect(() => nearDuplicates.vector(new Float32Array(8))).toThrow(RangeError);
  });
});

/** A picture of a few soft blobs, drawn where `at` maps a pixel to; coordinates from −1 to 1. */
function drawn(
  seed: number,
  at: (x: number, y: number) => readonly [number, number] = (x, y) => [x, y],
  tone: (value: number) => number = (value) => value,
): Uint8Array {
  const own = seededRandom(seed);
  const blobs = Array.from({ length: 24 }, () => ({
    x: own.uniform() * 2.6 - 1.3,
    y: own.uniform() * 2.6 - 1.3,
    size: 0.06 + own.uniform() * 0.25,
    light: own.uniform() * 180 - 90,
  }));
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = at(((i % side) / (side - 1)) * 2 - 1, (Math.floor(i / side) / (side - 1)) * 2 - 1);
    const value = blobs.reduce(
      (sum, blob) => sum + blob.light * Math.exp(-((x - blob.x) ** 2 + (y - blob.y) ** 2) / blob.size ** 2),
      128,
    );
    return Math.max(0, Math.min(255, Math.round(tone(value))));
  });
}

describe('the alignment of two pictures', () => {
  const picture = preparePicture(drawn(1));
  const turned = (degrees: number) => {
    const angle = (degrees * Math.PI) / 180;
    return drawn(1, (x, y) => [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]);
  };
  const cases: [string, Uint8Array][] = [
    ['the same', drawn(1)],
    ['cropped on two sides by 8 %', drawn(1, (x, y) => [x * 0.92 + 0.08, y * 0.92 - 0.08])],
    ['with more around it', drawn(1, (x, y) => [x * 1.1, y * 1.1])],
    ['turned by 3°', turned(3)],
    ['brighter, with less contrast', drawn(1, undefined, (value) => value * 0.7 + 60)],
  ];

  it.each(cases)('sees that a picture is %s', (_, other) => {
    const { tones, detail, displacement } = align(picture, preparePicture(other));
    expect(tones).toBeGreaterThan(0.98);
    expect(detail).toBeGreaterThan(0.93);
    expect(displacement).toBeLessThan(0.35);
    expect(isNear(0.65, { tones, detail, displacement })).toBe(true);
  });

  it('sees that pictures are different, even where their features are similar', () => {
    for (let seed = 2; seed < 20; seed++) {
      expect(isNear(0.7, align(picture, preparePicture(drawn(seed))))).toBe(false);
    }
  });

  it('gives the same with the two exchanged', () => {
    for (let seed = 1; seed < 8; seed++) {
      const other = preparePicture(drawn(seed, (x, y) => [x * 0.95, y * 0.95 + 0.03]));
      expect(align(picture, other)).toEqual(align(other, picture));
    }
  });

  it('takes a text over the lower edge, and is not misled by flat pictures', () => {
    const strip = drawn(1).map((value, i) => (i >= side * (side - 3) ? (i % 3 === 0 ? 255 : 0) : value));
    expect(isNear(0.7, align(picture, preparePicture(strip)))).toBe(true);
    const flat = preparePicture(new Uint8Array(side * side).fill(90));
    expect(isNear(0.7, align(picture, flat))).toBe(false);
    const filled = (grey: number) => preparePicture(new Uint8Array(side * side).fill(grey));
    expect(isNear(0.9, align(flat, filled(91)))).toBe(true);
    // a black photo, a grey wall and a white sheet are flat, too
    expect(isNear(0.9, align(flat, filled(0)))).toBe(false);
    expect(isNear(0.9, align(filled(255), filled(0)))).toBe(false);
    expect(isNear(0.7, align(flat, filled(91)))).toBe(false);
  });

  it('refuses a picture of another size', () => {
    expect(() => preparePicture(new Uint8Array(5))).toThrow(RangeError);
  });
});

describe('stacks', () => {
  const member = (id: number, pixels = 100) => ({ id, pixels, hash: createHash('sha256').update(`${id}`).digest() });
  const members = (...ids: number[]) => ids.map((id) => member(id));
  const pair = (content: number, other: number) => ({ content, other });
  const sets = (stacks: ReadonlyMap<number, number>) =>
    [...Map.groupBy(stacks.keys(), (id) => stacks.get(id)!).values()].map((ids) => ids.toSorted((a, b) => a - b));

  it('hold what is near to their leader; the number is the lowest in it', () => {
    expect(groupStacks([pair(8, 5), pair(9, 5)], members(5, 8, 9))).toEqual(
      new Map([
        [5, 5],
        [8, 5],
        [9, 5],
      ]),
    );
    expect(groupStacks([], [])).toEqual(new Map());
  });

  it('do not grow along a chain in which each is near only to the next one', () => {
    const chain = Array.from({ length: 20 }, (_, i) => pair(i + 2, i + 1));
    const stacks = sets(groupStacks(chain, members(...Array.from({ length: 21 }, (_, i) => i + 1))));
    expect(Math.max(...stacks.map((ids) => ids.length))).toBeLessThanOrEqual(3);
  });

  it('are the same in every order of indexing', () => {
    const own = seededRandom(7);
    const pairs: [number, number][] = [];
    for (let i = 0; i < 300; i++) pairs.push([own.below(120), own.below(120)]);
    const photos = Array.from({ length: 120 }, (_, photo) => ({ photo, ...member(photo, 1 + (photo % 4)) }));
    const stacksWith = (idOf: Int32Array) => {
      const stacks = groupStacks(
        pairs.filter(([a, b]) => a !== b).map(([a, b]) => pair(idOf[a]!, idOf[b]!)),
        photos.map(({ photo, pixels, hash }) => ({ id: idOf[photo]!, pixels, hash })),
      );
      return sets(stacks)
        .map((ids) => ids.map((id) => idOf.indexOf(id)).toSorted((a, b) => a - b))
        .toSorted();
    };
    const ids = Int32Array.from({ length: 120 }, (_, i) => i + 1);
    expect(stacksWith(seededRandom(1).shuffle(ids.slice()))).toEqual(stacksWith(ids));
  });
});

describe('the list of duplicates', () => {
  const file = (id: number, content: number, bytes: number): DuplicateFile => ({
    ...{ id, content, bytes, path: `/photos/${id}.jpg` },
    ...{ width: 10 * content, height: 10 },
  });
  const files = [file(1, 1, 100), file(2, 1, 100), file(3, 2, 5000), file(4, 3, 3000), file(5, 4, 9)];
  const source = {
    copies: () => files.filter(({ content }) => content === 1),
    filesOf: (content: number) => files.filter((one) => one.content === content),
  };

  it('has what frees most space first, and in a group the largest picture', () => {
    const groups = duplicateGroups(
      source,
      new Map([
        [2, 2],
        [3, 2],
        [1, 2],
      ]),
    );
    expect(groups.map(({ kind, ids }) => [kind, [...ids]])).toEqual([
      ['near', [4, 3, 1]],
      ['exact', [1, 2]],
    ]);
    expect(groups[0]).toMatchObject({ bytes: [3000, 5000, 100], widths: Int32Array.of(30, 20, 10) });
    expect(freeableBytes(groups[0]!.bytes)).toBe(3100);
  });

  it('leaves out what is not wanted, and groups of one', () => {
    expect(
      duplicateGroups(
        source,
        new Map([
          [2, 2],
          [3, 2],
        ]),
        ({ id }) => id !== 2 && id !== 3,
      ),
    ).toEqual([]);
    expect(duplicateGroups(source, new Map([[9, 9]])).map(({ kind }) => kind)).toEqual(['exact']);
  });
});
