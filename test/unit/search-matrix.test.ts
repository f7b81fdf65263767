import { describe, expect, it } from 'vitest';
import { Rate } from '../../electron/services/shared/rate.ts';
import { pathFilter } from '../../electron/services/library/path-filter.ts';
import { DensePhotoSet } from '../../electron/services/search/photo-set.ts';
import { SearchMatrix, type Ranked } from '../../electron/services/search/search-matrix.ts';
import { embeddingOf, EmbeddingReader, rounded, storedEmbedding } from '../../electron/store/embedding-bytes.ts';
import { seededRandom } from '../../models/math/random.ts';

const dimensions = 8;
const random = seededRandom(9);
function unit(width = dimensions, length = 1): Float32Array {
  const row = Float32Array.from({ length: width }, () => random.uniform() - 0.5);
  const norm = Math.hypot(...row);
  return row.map((value) => (value / norm) * length);
}
/** In double precision, and rounded to the single precision of `Ranked`. */
const scoreOf = (row: Float32Array, query: Float32Array) =>
  Math.fround(row.reduce((sum, value, i) => sum + value * query[i]!, 0));
const axis = (i: number, sign = 1) => new Float32Array(dimensions).fill(sign, i, i + 1);

/** All photos in the order of a plain loop over what is stored. */
function byLoop(model: ReadonlyMap<number, Float32Array>, query: Float32Array): { id: number; score: number }[] {
  const all = Array.from(model, ([id, row]) => ({ id, score: scoreOf(row, query) }));
  return all.sort((a, b) => b.score - a.score || a.id - b.id);
}

/** The same photos; where scores are as good as equal, rounding in the last place may decide. */
function expectRanked({ ids, scores }: Ranked, expected: readonly { id: number; score: number }[]): void {
  expect(ids).toHaveLength(expected.length);
  scores.forEach((score, i) => expect(Math.abs(score - expected[i]!.score)).toBeLessThan(1e-6));
  const scoreById = new Map(Array.from(ids, (id, i) => [id, scores[i]!]));
  expect(scoreById.size).toBe(ids.length);
  const last = expected.at(-1)?.score ?? 0;
  for (const { id, score } of expected) if (score > last + 1e-6) expect(scoreById.get(id)).toBeCloseTo(score, 6);
  for (let i = 1; i < ids.length; i++) {
    expect(scores[i - 1]! > scores[i]! || (scores[i - 1] === scores[i] && ids[i - 1]! < ids[i]!)).toBe(true);
  }
}

describe('embeddings in 8 bits', () => {
  it.each([1, 0.999, 0.75, 0.7072, 0.7071, 0.5, 0.11, 1e-3])(
    'with %d as the largest number are off by at most 1/180 of it, and stay as they are when they are rounded again',
    (largest) => {
      const values = unit(61).map((value, i) => (i === 7 ? -largest : (value * largest) / 1.01));
      const once = rounded(values);
      expect(once).not.toEqual(values);
      values.forEach((value, i) => expect(Math.abs(value - once[i]!)).toBeLessThanOrEqual(largest / 179));
      expect(rounded(once)).toEqual(once);
    },
  );

  it.each([704, 61, 1])('of %d numbers come back from what is stored, and from nothing else', (width) => {
    const values = unit(width, 0.9);
    const data = storedEmbedding(values);
    expect(data.length % 2).toBe(1);
    const reader = new EmbeddingReader(width);
    const level = reader.read(data)!;
    expect(embeddingOf(reader.integers, level)).toEqual(rounded(values));
    expect(new EmbeddingReader(width + 1).read(data)).toBeUndefined();
    expect(reader.read(data.subarray(1))).toBeUndefined();
    const zeros = Buffer.from(data).fill(0, 1);
    const tooLong = Buffer.from(data).fill(127, 1);
    const unknownLevel = Buffer.from(data).fill(data[0]! | 0x40, 0, 1);
    for (const wrong of width > 1 ? [zeros, tooLong, unknownLevel] : [zeros, unknownLevel]) {
      expect(reader.read(wrong)).toBeUndefined();
    }
    for (const wrong of [null, 'text', Buffer.alloc(0)]) expect(reader.read(wrong)).toBeUndefined();
  });
});

describe('the search matrix', () => {
  it('ranks as a plain loop does, through a life of additions, replacements and deletions', () => {
    const matrix = new SearchMatrix(dimensions);
    const model = new Map<number, Float32Array>();
    for (let step = 0; step < 6000; step++) {
      const id = 1 + random.below(1500);
      if (random.uniform() < 0.3) {
        matrix.delete(id);
        model.delete(id);
      } else {
        // of several levels
        const row = unit(dimensions, 0.1 + 0.9 * random.uniform());
        matrix.set(id, row);
        model.set(id, rounded(row));
      }
    }
    expect(matrix.size).toBe(model.size);
    expect([...matrix.ids()].sort()).toEqual([...model.keys()].sort());
    for (const [id, row] of model) expect(matrix.embedding(id)).toEqual(row);
    const query = unit();
    const expected = byLoop(model, query);
    for (const limit of [1, 50, 700, 1500]) expectRanked(matrix.search(query, limit), expected.slice(0, limit));
    const among = new Set(expected.filter((_, i) => i % 7 === 0).map(({ id }) => id));
    expectRanked(matrix.search(query, 10, among), expected.filter(({ id }) => among.has(id)).slice(0, 10));
    expect(matrix.countOf(new Set([...among, 9999]))).toBe(among.size);
    const ids = Int32Array.from(expected.slice(0, 5), ({ id }) => id);
    expect(matrix.scores(ids, query)).toEqual(matrix.search(query, 5).scores);
    const { length } = matrix.sample(100);
    expect(length).toBe(100);
    expect(matrix.sample(5000).map(String).sort()).toEqual([...model.values()].map(String).sort());
  });

  it('gives the same page whatever its length, in whatever order photos came', () => {
    const rows = Array.from({ length: 3000 }, () => unit(61, 0.6 + 0.3 * random.uniform()));
    const [matrix, other] = [new SearchMatrix(61), new SearchMatrix(61)];
    rows.forEach((row, i) => matrix.set(i + 1, row));
    rows.toReversed().forEach((row, i) => other.set(3000 - i, row));
    const query = unit(61);
    const all = matrix.search(query, 3000);
    for (const limit of [1, 10, 100, 2999]) {
      for (const { ids, scores } of [matrix.search(query, limit), other.search(query, limit)]) {
        expect(ids).toEqual(all.ids.slice(0, limit));
        expect(scores).toEqual(all.scores.slice(0, limit));
      }
    }
  });

  it('orders equal scores by id, wherever they lie and also where the page cuts them', () => {
    const matrix = new SearchMatrix(dimensions);
    const ids = Array.from({ length: 400 }, (_, i) => 1000 - i);
    ids.forEach((id) => matrix.set(id, axis(0)));
    matrix.set(5, axis(1));
    matrix.set(1, axis(0, -1));
    for (const limit of [1, 3, 39, 399]) {
      expect([...matrix.search(axis(0), limit).ids]).toEqual([...ids].reverse().slice(0, limit));
    }
    expect([...matrix.search(axis(0), 1000).ids]).toEqual([...ids.reverse(), 5, 1]);
  });

  it.each([0.001, 0.01, 0.1, 0.19, 0.3, 0.5, 0.9, 1])(
    'ranks a share of %d of the photos as a plain loop does, while photos come and go',
    (share) => {
      const matrix = new SearchMatrix(dimensions);
      const model = new Map<number, Float32Array>();
      // Two of three photos have the same embedding as another: equal scores are everywhere, also at the ends of pages.
      const some = Array.from({ length: 2000 }, () => unit());
      const add = (id: number) => {
        const row = some[random.below(some.length)]!;
        matrix.set(id, row);
        model.set(id, rounded(row));
      };
      for (let id = 1; id <= 6000; id++) add(id);
      for (let round = 0; round < 12; round++) {
        for (let change = 0; change < 100; change++) {
          const id = 1 + random.below(6000);
          if (random.uniform() < 0.5) add(id);
          else {
            matrix.delete(id);
            model.delete(id);
          }
        }
        const query = unit();
        // In every other round the filter leaves out what is nearest: the worst case for a search that filters afterwards.
        const isFar = (row: Float32Array) => scoreOf(row, query) < 0;
        const members = [...model].filter(([, row]) => random.uniform() < share && (round % 2 === 0 || isFar(row)));
        const among = DensePhotoSet.of([...members.map(([id]) => id), 7000]);
        const limit = [1, 10, 100, 5000][round % 4]!;
        expectRanked(matrix.search(query, limit, among), byLoop(new Map(members), query).slice(0, limit));
        expect(matrix.countOf(among)).toBe(members.length);
      }
    },
  );

  it('finds at least 999 of 1,000 of the best 100 photos, random and clustered ones', () => {
    const width = 64;
    const centres = Array.from({ length: 40 }, () => unit(width));
    const near = (centre: Float32Array) => {
      const row = unit(width, 0.25).map((value, i) => value + centre[i]!);
      const norm = Math.hypot(...row) * 1.1;
      return row.map((value) => value / norm);
    };
    for (const make of [() => unit(width, 0.8), () => near(centres[random.below(centres.length)]!)]) {
      const matrix = new SearchMatrix(width);
      const model = new Map<number, Float32Array>();
      // more than one block of rows
      for (let id = 1; id <= 40_000; id++) {
        const row = make();
        matrix.set(id, row);
        model.set(id, rounded(row));
      }
      let found = 0;
      for (let i = 0; i < 10; i++) {
        const query = near(centres[i]!);
        const best = new Set(
          byLoop(model, query)
            .slice(0, 100)
            .map(({ id }) => id),
        );
        for (const id of matrix.search(query, 100).ids) if (best.has(id)) found++;
      }
      expect(found).toBeGreaterThanOrEqual(999);
    }
  }, 60_000);

  it('has any ids', () => {
    const matrix = new SearchMatrix(dimensions);
    for (const id of [1, 4096, 2_147_483_647, 12_345_678]) matrix.set(id, axis(0));
    matrix.delete(4096);
    expect(matrix.has(4096)).toBe(false);
    expect([...matrix.search(axis(0), 10).ids]).toEqual([1, 12_345_678, 2_147_483_647]);
  });

  it('answers with nothing where there is nothing', () => {
    const matrix = new SearchMatrix(dimensions);
    expect(matrix.search(axis(0), 10).ids).toHaveLength(0);
    matrix.delete(3);
    matrix.set(1, axis(0));
    expect(matrix.search(axis(0), 0).ids).toHaveLength(0);
    expect(matrix.search(axis(0), 5, new Set()).ids).toHaveLength(0);
    expect(matrix.search(axis(0), 5, new Set([7])).ids).toHaveLength(0);
    matrix.delete(1);
    expect(matrix.search(axis(0), 10).ids).toHaveLength(0);
    expect(() => matrix.set(1, axis(0).subarray(1))).toThrow(RangeError);
  });
});

describe('which paths are scanned', () => {
  it('leaves out what systems put beside photos', () => {
    const accepts = pathFilter([]);
    for (const kept of [
      'a.jpg',
      'Trip 2020/b.JPG',
      'a.b/c.jpg',
      '100%/x.png',
      'thumbs/a.jpg',
      'My.photoslibrary/originals/0/a.heic',
    ]) {
      expect([kept, accepts(kept)]).toEqual([kept, true]);
    }
    for (const left of [
      '.DS_Store',
      '._a.jpg',
      '.thumbnails/a.jpg',
      'x/.git/a.jpg',
      'Thumbs.db',
      'x/@eaDir/a.jpg',
      '$RECYCLE.BIN/a.jpg',
      'node_modules/a.jpg',
      'a.jpg.part',
      'a.jpg.crdownload',
      'My.photoslibrary/resources/derivatives/a.jpeg',
      'Catalog Previews.lrdata/a.jpg',
    ]) {
      expect([left, accepts(left)]).toEqual([left, false]);
    }
  });

  it.each([
    ['Screenshots', ['Screenshots/a.png', 'x/screenshots/b.png', 'Screenshots'], ['Screenshots 2/a.png', 'a.png']],
    ['/Screenshots/', ['Screenshots/a.png'], ['a.png']],
    ['./Trips/2019', ['Trips/2019/a.jpg', 'Trips/2019/x/b.jpg'], ['Trips/2020/a.jpg', 'x/Trips/2019/a.jpg']],
    ['Trips/**', ['Trips/a.jpg', 'Trips/x/y.jpg'], ['x/Trips.jpg']],
    ['**/raw/*.tif', ['a/raw/b.tif', 'raw/b.TIF'], ['raw/b.jpg', 'raw/deep/b.tif']],
    ['*.gif', ['a.gif', 'deep/in/b.GIF'], ['a.gif.jpg']],
    ['  ', [], ['a.jpg']],
    ['IMG (*).jpg', ['IMG (3).jpg'], ['IMG 3.jpg']],
    ['Trip (2019)', ['Trip (2019)/a.jpg'], ['Trip 2019/a.jpg']],
    ['C++ \\(old\\)', ['C++ (old)/a.jpg'], ['C.jpg']],
    ['*.{gif,png}', ['a.gif', 'b.PNG'], ['a.jpg']],
  ])('leaves out %s as a person means it', (pattern, left, kept) => {
    const accepts = pathFilter([pattern]);
    for (const file of left) expect([file, accepts(file)]).toEqual([file, false]);
    for (const file of kept) expect([file, accepts(file)]).toEqual([file, true]);
  });

  it.each([
    '*a'.repeat(12),
    '{a,aa}'.repeat(30),
    '**/a/'.repeat(40),
    '(a+)+',
    '+(+(a))',
    `{${'a,'.repeat(200)}}`.repeat(2),
  ])('does not let %s take long, which a library of another origin may hold', (pattern) => {
    const accepts = pathFilter([`${pattern}b`]);
    const started = performance.now();
    expect(accepts(`${'a'.repeat(34)}/${'a/'.repeat(200)}a.jpg`)).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a rate', () => {
  it('is what happened over the last half minute, and 0 before anything did', async () => {
    const rate = new Rate(200);
    expect(rate.perSecond()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    rate.add(10);
    expect(rate.perSecond()).toBeGreaterThan(60);
    expect(rate.perSecond()).toBeLessThanOrEqual(210);
    await new Promise((resolve) => setTimeout(resolve, 400));
    rate.add(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    rate.add(1);
    // the burst at the beginning lies outside the window
    expect(rate.perSecond()).toBeLessThan(25);
  });
});
