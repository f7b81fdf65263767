import { describe, expect, it } from 'vitest';
import { Rate } from '../../electron/services/shared/rate.ts';
import { pathFilter } from '../../electron/services/library/path-filter.ts';
import { DensePhotoSet } from '../../electron/services/search/photo-set.ts';
import { rowLength, SearchMatrix } from '../../electron/services/search/search-matrix.ts';
import { seededRandom } from '../../models/math/random.ts';

const dimensions = 8;
const random = seededRandom(9);
function unit(): Float32Array {
  const row = Float32Array.from({ length: dimensions }, () => random.uniform() - 0.5);
  const norm = Math.hypot(...row);
  return row.map((value) => value / norm);
}
const scoreOf = (row: Float32Array, query: Float32Array) => row.reduce((sum, value, i) => sum + value * query[i]!, 0);
const axis = (i: number, sign = 1) => new Float32Array(dimensions).fill(sign, i, i + 1);

describe('the search matrix', () => {
  it('ranks as a plain loop does, through a life of additions, replacements and deletions', () => {
    const matrix = new SearchMatrix(dimensions, 2);
    const model = new Map<number, Float32Array>();
    for (let step = 0; step < 3000; step++) {
      const id = 1 + random.below(400);
      if (random.uniform() < 0.3) {
        matrix.delete(id);
        model.delete(id);
      } else {
        const row = unit();
        matrix.set(id, row);
        model.set(id, row);
      }
    }
    expect(matrix.size).toBe(model.size);
    const query = unit();
    const dot = (row: Float32Array) => row.reduce((sum, value, i) => sum + value * query[i]!, 0);
    const expected = [...model].sort((a, b) => dot(b[1]) - dot(a[1])).map(([id]) => id);
    const { ids, scores } = matrix.search(query, 50);
    expect([...ids]).toEqual(expected.slice(0, 50));
    scores.forEach((score, i) => expect(score).toBeCloseTo(dot(model.get(ids[i]!)!), 5));
    const among = new Set(expected.filter((_, i) => i % 7 === 0));
    expect([...matrix.search(query, 10, among).ids]).toEqual([...among].slice(0, 10));
    expect(matrix.countOf(new Set([...among, 999]))).toBe(among.size);
  });

  it('is filled at once, and grows from there', () => {
    const rows = new Float32Array(3 * rowLength(dimensions));
    [axis(0), axis(1), axis(2)].forEach((row, i) => rows.set(row, i * rowLength(dimensions)));
    const matrix = SearchMatrix.of(dimensions, Int32Array.of(10, 20, 30), rows);
    matrix.set(40, axis(3));
    matrix.delete(10);
    expect(matrix.size).toBe(3);
    for (const [id, i] of [
      [20, 1],
      [30, 2],
      [40, 3],
    ] as const)
      expect(matrix.search(axis(i), 1).ids[0]).toBe(id);
    expect(matrix.search(axis(0), 10).scores.every((score) => Math.abs(score) < 1e-6)).toBe(true);
  });

  it('orders equal scores by id, wherever they lie and also where the page cuts them', () => {
    const matrix = new SearchMatrix(dimensions);
    const ids = Array.from({ length: 40 }, (_, i) => 100 - i);
    ids.forEach((id) => matrix.set(id, axis(0)));
    matrix.set(5, axis(1));
    matrix.set(1, axis(0, -1));
    for (const limit of [1, 3, 39]) {
      expect([...matrix.search(axis(0), limit).ids]).toEqual([...ids].reverse().slice(0, limit));
    }
    expect([...matrix.search(axis(0), 100).ids]).toEqual([...ids.reverse(), 5, 1]);
  });

  it.each([0.001, 0.01, 0.1, 0.19, 0.21, 0.3, 0.5, 0.9, 1])(
    'ranks a share of %d of the photos as a plain loop does, while photos come and go',
    (share) => {
      const matrix = new SearchMatrix(dimensions, 0);
      const model = new Map<number, Float32Array>();
      // Two of three photos have the same embedding as another: equal scores are everywhere, also at the ends of pages.
      const some = Array.from({ length: 2000 }, unit);
      const add = (id: number) => {
        const row = some[random.below(some.length)]!;
        matrix.set(id, row);
        model.set(id, row);
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
        const { ids, scores } = matrix.search(query, limit, among);
        const all = matrix.search(query, 6000);
        const position = new Map(Array.from(all.ids, (id, i) => [id, i]));
        // The order of all is checked by the plain loop above; scores of single precision decide about neighbours.
        const expected = members.map(([id]) => id).sort((a, b) => position.get(a)! - position.get(b)!);
        expect([...ids]).toEqual(expected.slice(0, limit));
        scores.forEach((score, i) => expect(score).toBeCloseTo(scoreOf(model.get(ids[i]!)!, query), 5));
        expect(matrix.countOf(among)).toBe(members.length);
      }
    },
  );

  it('answers with nothing where there is nothing', () => {
    const matrix = new SearchMatrix(dimensions, 0);
    expect(matrix.search(axis(0), 10).ids).toHaveLength(0);
    matrix.delete(3);
    matrix.set(1, axis(0));
    expect(matrix.search(axis(0), 0).ids).toHaveLength(0);
    expect(matrix.search(axis(0), 5, new Set()).ids).toHaveLength(0);
    expect(matrix.search(axis(0), 5, new Set([7])).ids).toHaveLength(0);
    matrix.delete(1);
    expect(matrix.search(axis(0), 10).ids).toHaveLength(0);
    expect(SearchMatrix.of(dimensions, new Int32Array(), new Float32Array()).search(axis(0), 1).ids).toHaveLength(0);
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
