/**
 * What the mock bridge understands of a sentence and knows of its made-up photos: enough to show every part of a search in
 * the window. The program's own understanding is not meant to be like it.
 */
import type {
  Facets,
  NamedPlace,
  SearchAspect,
  SearchFilter,
  SearchForm,
  Understood,
  UnderstoodPart,
} from '../../electron/ipc/contract.ts';

const place = (id: number, name: string, region: string, country: string): NamedPlace => ({
  id,
  name,
  region,
  country,
});
const places = [
  place(2988507, 'Paris', 'Île-de-France', 'FR'),
  place(2658504, 'Wengen', 'Bern', 'CH'),
  place(3161732, 'Bergen', 'Vestland', 'NO'),
  place(2996944, 'Lyon', 'Auvergne-Rhône-Alpes', 'FR'),
  place(1850147, 'Tokyo', 'Tokyo', 'JP'),
  place(2950159, 'Berlin', 'State of Berlin', 'DE'),
  place(2657896, 'Zürich', 'Zurich', 'CH'),
  place(3133880, 'Trondheim', 'Trøndelag', 'NO'),
  place(6534235, 'Sant Julià de Cerdanyola del Llobregat', 'Catalonia', 'ES'),
  place(5391959, 'San Francisco', 'California', 'US'),
  place(2644688, 'Leeds', 'England', 'GB'),
];
const cameras = ['NIKON Z 6', 'iPhone 15 Pro', 'Canon EOS 5D Mark IV', 'NIKON D750', 'FUJIFILM X100V'];
const folders = ['/home/anna/Pictures/2025/Summer', '/home/anna/Pictures/Norway', '/home/anna/Phone/Camera'];
const countryNames: Record<string, string> = { norway: 'NO', france: 'FR', switzerland: 'CH' };
const monthNames = 'January February March April May June July August September October November December'.split(' ');

/** A made-up photo. `day` as in photoList. */
export interface MockPhoto {
  readonly id: number;
  readonly day: number;
  readonly place: NamedPlace | null;
  readonly camera: string | null;
  readonly kind: 'screenshot' | 'panorama' | null;
  readonly folder: string;
}

/** @param bare no photo has a place, a camera or a kind */
export function mockPhoto(id: number, day: number, bare: boolean): MockPhoto {
  const hash = Math.imul(id, 2654435761) >>> 8;
  return {
    id,
    day,
    place: bare || hash % 5 === 0 ? null : places[Math.min(hash % 11, (hash >> 4) % 11)]!,
    camera: bare || hash % 9 === 0 ? null : cameras[Math.min(hash % 5, (hash >> 5) % 5)]!,
    kind: bare ? null : hash % 61 === 0 ? 'screenshot' : hash % 97 === 0 ? 'panorama' : null,
    folder: folders[hash % 3]!,
  };
}

const iso = (day: number) => `${Math.floor(day / 10_000)}-${String(day).slice(4, 6)}-${String(day).slice(6)}`;

export function fits(photo: MockPhoto, filter: SearchFilter, favourites: ReadonlySet<number>): boolean {
  const day = iso(photo.day);
  return (
    (filter.from === undefined || day >= filter.from) &&
    (filter.to === undefined || day <= filter.to) &&
    (filter.months === undefined || filter.months.includes(Number(day.slice(5, 7)))) &&
    (filter.place === undefined || photo.place?.id === filter.place.id) &&
    (filter.country === undefined || photo.place?.country === filter.country) &&
    (filter.camera === undefined || (photo.camera ?? '').toLowerCase().includes(filter.camera.toLowerCase())) &&
    (filter.kind === undefined || photo.kind === filter.kind) &&
    (filter.folder === undefined || photo.folder === filter.folder) &&
    (filter.favourite === undefined || favourites.has(photo.id))
  );
}

type Rule = readonly [SearchAspect, RegExp, (match: RegExpMatchArray) => SearchFilter | string | null];
const days = (from: string, to: string): SearchFilter => ({ from, to });
const rules: readonly Rule[] = [
  ['when', /\blast summer\b/gi, () => days('2025-06-01', '2025-08-31')],
  [
    'when',
    new RegExp(`\\bin (${monthNames.join('|')}) (\\d{4})\\b`, 'gi'),
    ([, name, year]) => {
      const month = monthNames.findIndex((other) => other.toLowerCase() === name!.toLowerCase()) + 1;
      const last = new Date(Date.UTC(Number(year), month, 0)).getUTCDate();
      const start = `${year}-${String(month).padStart(2, '0')}`;
      return days(`${start}-01`, `${start}-${last}`);
    },
  ],
  ['when', /\b(?:in|from) (\d{4})\b/gi, ([, year]) => days(`${year}-01-01`, `${year}-12-31`)],
  [
    'where',
    /\b(?:in|near) ([\p{L}]+)\b/giu,
    ([words, name]) => {
      const found = places.find((place) => place.name.toLowerCase() === name!.toLowerCase());
      if (found) return { place: found, ...(words.startsWith('near') ? { near: true } : {}) };
      const country = countryNames[name!.toLowerCase()];
      return country ? { country } : null;
    },
  ],
  ['camera', /\b(?:taken )?with a (Nikon|Canon|iPhone)\b/gi, ([, camera]) => ({ camera: camera! })],
  ['kind', /\bscreenshots?\b/gi, () => ({ kind: 'screenshot' })],
  ['not', /(?<=^|\s)(?:-|without )(\p{L}+)/giu, ([, word]) => word!],
];

const aspects: readonly (readonly [Exclude<SearchAspect, 'not'>, readonly (keyof SearchFilter)[]])[] = [
  ['when', ['from', 'to', 'months']],
  ['where', ['place', 'near', 'country']],
  ['camera', ['camera']],
  ['kind', ['kind']],
  ['folder', ['folder']],
  ['favourite', ['favourite']],
];
const only = (filter: SearchFilter, fields: readonly string[]): SearchFilter =>
  Object.fromEntries(Object.entries(filter).filter(([field]) => fields.includes(field)));

/** @param count photos that a filter leaves */
export function understand({ text, filter, literal }: SearchForm, count: (filter: SearchFilter) => number): Understood {
  const parts: UnderstoodPart[] = [];
  const words: [number, number][] = [];
  for (const [aspect, pattern, read] of rules) {
    for (const match of text.matchAll(pattern)) {
      const at: [number, number] = [match.index, match.index + match[0].length];
      if (literal.some((kept) => kept.toLowerCase() === match[0].toLowerCase())) continue;
      if (words.some(([start, end]) => at[0] < end && at[1] > start)) continue;
      const meaning = read(match);
      if (meaning === null) continue;
      words.push(at);
      const not = typeof meaning === 'string' ? meaning : null;
      parts.push({ aspect, at, filter: typeof meaning === 'string' ? {} : meaning, not, without: null });
    }
  }
  for (const [aspect, fields] of aspects) {
    const set = only(filter, fields);
    if (Object.keys(set).length === 0) continue;
    const said = parts.findIndex((part) => part.aspect === aspect);
    if (said !== -1) parts.splice(said, 1);
    parts.push({ aspect, at: null, filter: set, not: null, without: null });
  }
  const together = (some: readonly UnderstoodPart[]): SearchFilter =>
    Object.assign({}, ...some.map((part) => part.filter)) as SearchFilter;
  const nothing = parts.length > 0 && count(together(parts)) === 0;
  const description = [...words]
    .sort(([a], [b]) => b - a)
    .reduce((rest, [start, end]) => rest.slice(0, start) + rest.slice(end), text)
    .replace(/\s+/g, ' ')
    .trim();
  return {
    description,
    filter: together(parts),
    not: parts.flatMap(({ not }) => not ?? []),
    parts: parts.map((part) => ({
      ...part,
      without: nothing ? count(together(parts.filter((other) => other !== part))) : null,
    })),
  };
}

/** Each aspect is counted without its own limit. */
export function facetsOf(photos: readonly MockPhoto[], filter: SearchFilter, favourites: ReadonlySet<number>): Facets {
  const counted = <T>(aspect: SearchAspect, value: (photo: MockPhoto) => T | null, key: (value: T) => unknown) => {
    const own = aspects.find(([name]) => name === aspect)![1] as readonly string[];
    const rest = only(
      filter,
      Object.keys(filter).filter((field) => !own.includes(field)),
    );
    const counts = new Map<unknown, { value: T; photos: number }>();
    for (const photo of photos) {
      const of = value(photo);
      if (of === null || !fits(photo, rest, favourites)) continue;
      const entry = counts.get(key(of)) ?? { value: of, photos: 0 };
      entry.photos++;
      counts.set(key(of), entry);
    }
    return [...counts.values()].sort((a, b) => b.photos - a.photos);
  };
  const self = (value: unknown) => value;
  return {
    months: counted('when', ({ day }) => Math.floor(day / 100), self)
      .map(({ value, photos }) => ({ month: value, photos }))
      .sort((a, b) => a.month - b.month),
    places: counted(
      'where',
      (photo) => photo.place,
      ({ id }) => id,
    ).map(({ value, photos }) => ({
      place: value,
      photos,
    })),
    countries: counted('where', (photo) => photo.place?.country ?? null, self).map(({ value, photos }) => ({
      country: value,
      photos,
    })),
    cameras: counted('camera', ({ camera }) => camera, self).map(({ value, photos }) => ({ camera: value, photos })),
    kinds: counted('kind', ({ kind }) => kind, self).map(({ value, photos }) => ({ kind: value, photos })),
    folders: counted('folder', ({ folder }) => folder, self).map(({ value, photos }) => ({ folder: value, photos })),
    favourites: counted('favourite', ({ id }) => (favourites.has(id) ? true : null), self)[0]?.photos ?? 0,
  };
}
