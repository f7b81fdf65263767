import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NamedPlace, SearchFilter, Understood } from '../../electron/ipc/contract.ts';
import { countFacets } from '../../electron/services/search/facets.ts';
import { PhotoColumns, type PhotoRecord, type Places } from '../../electron/services/search/photo-columns.ts';
import { planSearch, withoutPart } from '../../electron/services/search/plan.ts';
import { seededRandom } from '../../models/math/random.ts';

const random = seededRandom(5);
const oneOf = <T>(values: readonly T[]) => values[random.below(values.length)]!;
const root = path.resolve('/photos');

/** Places on a line: each covers five degrees of longitude around it, and they overlap. */
const places: Places = {
  place: (id) => (id >= 1 && id <= 5 ? { id, name: `Place ${id}`, region: null, country: 'FR' } : undefined),
  covers:
    ({ id }, near) =>
    (_, longitude) =>
      Math.abs(longitude - id * 4) <= (near ? 5 : 2.5),
};
const place = (id: number) => places.place(id)!;

function record(id: number): PhotoRecord {
  const [year, month, date] = [2000 + random.below(20), 1 + random.below(12), 1 + random.below(28)];
  const located = random.uniform() < 0.6;
  const longitude = random.uniform() * 24;
  return {
    id,
    content: 1 + random.below(500),
    path: path.join(root, oneOf(['a', 'a/b', 'a/b/c', 'ab', 'd']), `${id}.jpg`),
    at: Date.UTC(year, month - 1, date, random.below(24)),
    day: year * 10_000 + month * 100 + date,
    aspect: 1.5,
    camera: oneOf([null, 'Canon EOS 5D', 'Canon EOS 5D Mark II', 'NIKON D90']),
    latitude: located ? 48 : null,
    longitude: located ? longitude : null,
    place: located ? Math.min(5, Math.max(1, Math.round(longitude / 4))) : null,
    country: located ? oneOf(['FR', 'DE']) : null,
    kind: oneOf([null, null, 'screenshot', 'panorama']),
    favourite: random.uniform() < 0.2,
    damaged: false,
    listed: true,
    folder: 1,
  };
}

/** The meaning of a filter, photo by photo. */
function passes(photo: PhotoRecord, filter: SearchFilter): boolean {
  const day = (text: string) => Number(text.replaceAll('-', ''));
  const folder = path.dirname(photo.path);
  return [
    filter.from === undefined || photo.day >= day(filter.from),
    filter.to === undefined || photo.day <= day(filter.to),
    filter.months?.includes(Math.floor(photo.day / 100) % 100) ?? true,
    filter.place === undefined ||
      (photo.longitude !== null && places.covers(filter.place, filter.near ?? false)(photo.latitude!, photo.longitude)),
    filter.country === undefined || photo.country === filter.country,
    filter.camera === undefined || (photo.camera?.toLowerCase().includes(filter.camera.toLowerCase()) ?? false),
    filter.kind === undefined || photo.kind === filter.kind,
    filter.folder === undefined || folder === filter.folder || folder.startsWith(filter.folder + path.sep),
    filter.favourite === undefined || photo.favourite,
  ].every(Boolean);
}

const filters: SearchFilter[] = [
  {},
  { from: '2005-06-01', to: '2010-02-28' },
  { from: '2012-01-01' },
  { months: [12, 1, 2] },
  { months: [7], to: '2009-12-31', kind: 'panorama' },
  { place: place(2) },
  { place: place(2), near: true, country: 'DE' },
  { country: 'FR', favourite: true },
  { camera: 'canon' },
  { camera: '5d mark' },
  { camera: 'leica' },
  { folder: path.join(root, 'a'), kind: 'screenshot' },
  { folder: path.join(root, 'a/b') },
  { favourite: true },
];

describe('the columns of all photos', () => {
  const photos = new Map<number, PhotoRecord>();
  const columns = new PhotoColumns();
  const selectedBy = (filter: SearchFilter) => columns.passing(filter, places).members();

  it('filter as a plain loop does, through a life of additions, changes and removals', () => {
    for (let round = 0; round < 6; round++) {
      for (let change = 0; change < 1500; change++) {
        const id = 1 + random.below(3000);
        if (random.uniform() < 0.3) {
          columns.delete(id);
          photos.delete(id);
        } else {
          const photo = record(id);
          columns.set(photo);
          photos.set(id, photo);
        }
      }
      expect(columns.size).toBe(photos.size);
      for (const filter of filters) {
        const expected = [...photos.values()].filter((photo) => passes(photo, filter)).map(({ id }) => id);
        expect([filter, selectedBy(filter)]).toEqual([filter, expected.sort((a, b) => a - b)]);
      }
    }
  });

  it('are in the order of time, newest first', () => {
    const expected = [...photos.values()].sort((a, b) => b.at - a.at || b.id - a.id).map(({ id }) => id);
    expect(Array.from(columns.newestFirst(), (row) => columns.ids.data[row])).toEqual(expected);
  });

  it('know the copies of photos, which are favourites together', () => {
    const [photo] = photos.values();
    const copies = [...photos.values()].filter(({ content }) => content === photo!.content).map(({ id }) => id);
    expect(columns.withCopies([photo!.id, 999_999]).sort((a, b) => a - b)).toEqual(copies.sort((a, b) => a - b));
  });

  it('are counted so that each count is what choosing it leaves', () => {
    const left = [...photos.values()].filter(({ id }) => id % 3 > 0);
    const others = Uint8Array.from(columns.ids.data.subarray(0, columns.size), (id) => (id % 3 > 0 ? 1 : 0));
    const count = (filter: SearchFilter) => left.filter((photo) => passes(photo, filter)).length;
    for (const filter of filters) {
      const facets = countFacets({ columns, places, filter, others, roots: [root] });
      const { when, where, ...rest } = {
        when: omit(filter, 'from', 'to', 'months'),
        where: omit(filter, 'place', 'near', 'country'),
      };
      expect(rest).toEqual({});
      for (const { month, photos: counted } of facets.months) {
        const [year, number] = [Math.floor(month / 100), month % 100];
        const days = { from: iso(year, number, 1), to: iso(year, number, 31) };
        expect([month, counted]).toEqual([month, count({ ...when, ...days })]);
      }
      expect(facets.months.reduce((sum, one) => sum + one.photos, 0)).toBe(count(when));
      for (const one of facets.places) expect([one, one.photos]).toEqual([one, count({ ...where, place: one.place })]);
      for (const one of facets.countries) expect(one.photos).toBe(count({ ...where, country: one.country }));
      for (const one of facets.cameras)
        expect(one.photos).toBe(count({ ...omit(filter, 'camera'), camera: one.camera }));
      for (const one of facets.kinds) expect(one.photos).toBe(count({ ...omit(filter, 'kind'), kind: one.kind }));
      for (const one of facets.folders)
        expect(one.photos).toBe(count({ ...omit(filter, 'folder'), folder: one.folder }));
      expect(facets.favourites).toBe(count({ ...filter, favourite: true }));
      const counts = facets.cameras.map((one) => one.photos);
      expect(counts).toEqual([...counts].sort((a, b) => b - a));
    }
    const all = countFacets({ columns, places, filter: {}, others, roots: [root] });
    expect(all.places).toHaveLength(5);
    expect(all.folders.map(({ folder }) => folder).sort()).toEqual(
      ['', 'a', 'a/b', 'a/b/c', 'ab', 'd'].map((name) => path.join(root, name)).sort(),
    );
  });
});

const iso = (...parts: [number, number, number]) => parts.map((part) => String(part).padStart(2, '0')).join('-');

function omit(filter: SearchFilter, ...names: (keyof SearchFilter)[]): SearchFilter {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => !names.includes(name as keyof SearchFilter)));
}

describe('a search', () => {
  const france: NamedPlace = { id: 1, name: 'Paris', region: null, country: 'FR' };
  const meant: Understood = {
    description: 'kids',
    filter: { from: '2011-01-01', to: '2011-12-31', months: [7], place: france, near: true },
    not: ['cars', 'people'],
    parts: [
      { aspect: 'when', at: [5, 9], filter: { from: '2011-01-01', to: '2011-12-31' }, not: null, without: null },
      { aspect: 'when', at: [10, 14], filter: { months: [7] }, not: null, without: null },
      { aspect: 'where', at: [15, 25], filter: { place: france, near: true }, not: null, without: null },
      { aspect: 'not', at: [26, 33], filter: {}, not: 'cars', without: null },
      { aspect: 'not', at: [34, 44], filter: {}, not: 'people', without: null },
    ],
  };
  const plan = (filter: SearchFilter) => planSearch({ text: 'a sentence', filter, literal: [] }, () => meant);

  it('is what its sentence means', () => {
    expect(plan({})).toEqual(meant);
    expect(planSearch({ text: ' ', filter: {}, literal: [] }, () => meant).parts).toEqual([]);
  });

  it('has by hand what replaces the same aspect of the sentence, with a part of its own', () => {
    const { filter, parts, description, not } = plan({ from: '2015-01-01', favourite: true });
    expect(filter).toEqual({ from: '2015-01-01', place: france, near: true, favourite: true });
    expect({ description, not }).toEqual({ description: 'kids', not: meant.not });
    expect(parts.map(({ aspect, at, filter: fields }) => [aspect, at, fields])).toEqual([
      ['where', [15, 25], { place: france, near: true }],
      ['not', [26, 33], {}],
      ['not', [34, 44], {}],
      ['when', null, { from: '2015-01-01' }],
      ['favourite', null, { favourite: true }],
    ]);
    expect(plan({ country: 'DE' }).filter).toEqual({ ...omit(meant.filter, 'place', 'near'), country: 'DE' });
  });

  it('without one of its parts asks for what the others do', () => {
    const [year, month, where, cars] = meant.parts;
    expect(withoutPart(meant, year!).filter).toEqual({ months: [7], place: france, near: true });
    expect(withoutPart(meant, month!).filter).toEqual(omit(meant.filter, 'months'));
    expect(withoutPart(meant, where!)).toEqual({ filter: omit(meant.filter, 'place', 'near'), not: meant.not });
    expect(withoutPart(meant, cars!)).toEqual({ filter: meant.filter, not: ['people'] });
  });
});
