/** What the options of `search` limit it by. */
import { z } from 'zod';
import type { NamedPlace, PhotoKind, SearchFilter } from '../ipc/contract.ts';
import { DescryError } from '../../models/errors.ts';
import type { Gazetteer } from '../services/places/gazetteer.ts';
import { today } from '../services/understanding/names.ts';
import { understand } from '../services/understanding/understand.ts';

export interface FilterOptions {
  readonly after?: string;
  readonly before?: string;
  readonly months?: string;
  readonly near?: string;
  readonly country?: string;
  readonly camera?: string;
  readonly kind?: PhotoKind;
}

/** @throws DescryError `usage` with the option that is not understood */
export function filterOf(options: FilterOptions, gazetteer: Gazetteer): SearchFilter {
  const { after, before, months, near, country, camera, kind } = options;
  const filter: SearchFilter = {};
  if (after !== undefined) filter.from = dayOf('after', after, gazetteer);
  if (before !== undefined) filter.to = dayOf('before', before, gazetteer);
  if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to) {
    throw usage(`No day is after ${after} and before ${before}.`);
  }
  if (months !== undefined) filter.months = monthsOf(months);
  if (country !== undefined) filter.country = countryOf(country, gazetteer);
  if (near !== undefined) {
    filter.place = placeOf(near, filter.country, gazetteer);
    filter.near = true;
    filter.country ??= filter.place.country;
  }
  if (camera !== undefined) {
    if (camera.trim() === '') throw usage('--camera: name a part of the maker or the model.');
    filter.camera = camera.trim();
  }
  if (kind !== undefined) filter.kind = kind;
  return filter;
}

/** As in a sentence: "after 2015" begins 2016, "before 2010" ends 2009. */
function dayOf(word: 'after' | 'before', text: string, gazetteer: Gazetteer): string {
  const day = besideDate(word, text.trim());
  if (day !== undefined) return day;
  // other ways to write a day, as in a sentence: "july 2014", "31.12.2014"
  const options = { now: today(), gazetteer, cameras: [], folders: [], literal: [] };
  const { description, filter } = understand(`${word} ${text}`, options);
  const limit = filter[word === 'after' ? 'from' : 'to'];
  if (description === '' && limit !== undefined) return limit;
  throw usage(`--${word}: "${text}" is no date. Write one as 2014, 2014-07 or 2014-07-31.`);
}

/** The day after or before a date, a month or a year. undefined: `text` is none of these, or nothing is beyond it */
function besideDate(word: 'after' | 'before', text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
  if (year === undefined || !z.iso.date().safeParse(`${year}-${month ?? '01'}-${day ?? '01'}`).success)
    return undefined;
  // Date.UTC takes the years 0 to 99 for those from 1900 on.
  const time = new Date(0);
  const after = word === 'after';
  const [y, m, d] = [Number(year), Number(month ?? 1) - 1, Number(day ?? 1)];
  if (!after) time.setUTCFullYear(y, m, d - 1);
  else if (day !== undefined) time.setUTCFullYear(y, m, d + 1);
  else if (month !== undefined) time.setUTCFullYear(y, m + 1, 1);
  else time.setUTCFullYear(y + 1, 0, 1);
  const beside = time.toISOString().slice(0, 10);
  return z.iso.date().safeParse(beside).success ? beside : undefined;
}

const monthNames = Array.from({ length: 12 }, (_, i) =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, i, 1)).toLowerCase(),
);

/** "7", "6,7,8", "june, july", "6-8", "11-2" */
function monthsOf(text: string): number[] {
  const month = (word: string): number => {
    const name = word.trim().toLowerCase();
    const at = /^\d+$/.test(name)
      ? Number(name)
      : monthNames.findIndex((m) => name.length > 2 && m.startsWith(name === 'sept' ? 'sep' : name)) + 1;
    if (at >= 1 && at <= 12) return at;
    throw usage(`--months: "${word.trim()}" is no month. Write them as 6,7,8 or june,july.`);
  };
  const months = text.split(',').flatMap((part) => {
    const [first, last, ...more] = part.split('-').map(month) as [number, number | undefined, ...number[]];
    if (more.length > 0) throw usage(`--months: "${part.trim()}" is no range of months. Write one as 6-8.`);
    const length = ((((last ?? first) - first) % 12) + 12) % 12;
    return Array.from({ length: length + 1 }, (_, i) => ((first - 1 + i) % 12) + 1);
  });
  return [...new Set(months)];
}

/** @returns ISO 3166-1 */
function countryOf(text: string, gazetteer: Gazetteer): string {
  const code = text.trim().toUpperCase();
  const known = gazetteer.country(text.trim()) ?? (gazetteer.isCountry(code) ? code : undefined);
  if (known !== undefined) return known;
  // a code that no country has is hardly the name of a village
  const place = code.length > 2 ? gazetteer.named(text.trim())[0] : undefined;
  throw usage(
    `--country: there is no country "${text}".` +
      (place ? ` A place of this name is in ${gazetteer.countryName(place.country)}: --near "${text}".` : ''),
  );
}

/** "Paris"; "Paris, Texas", "Paris, US": what follows the comma is the region or the country. */
function placeOf(text: string, country: string | undefined, gazetteer: Gazetteer): NamedPlace {
  const whole = text.trim();
  const found = gazetteer.named(whole, country)[0];
  if (found) {
    const namesake = country === undefined ? gazetteer.country(whole) : undefined;
    // Italy in Texas is hardly meant, but Georgia, the state, may be, and the town of Luxembourg.
    if (namesake !== undefined && found.id > 0 && found.country !== namesake) {
      throw usage(`--near: "${whole}" is a country: --country "${whole}". A town of this name needs its country, too.`);
    }
    return found;
  }
  const comma = whole.lastIndexOf(',');
  const [name, around] = comma < 0 ? [whole, ''] : [whole.slice(0, comma).trim(), whole.slice(comma + 1).trim()];
  if (around !== '') {
    const places = gazetteer.named(name, country);
    const regions = new Set(gazetteer.named(around).flatMap(({ id, name, country }) => (id < 0 ? country + name : [])));
    const code = gazetteer.country(around) ?? around.toUpperCase();
    const inside =
      places.find((place) => place.region !== null && regions.has(place.country + place.region)) ??
      places.find((place) => place.country === code);
    if (inside) return inside;
  }
  const where = country === undefined ? '' : ` in ${gazetteer.countryName(country)}`;
  const help = gazetteer.country(whole) === undefined ? '' : ` It is a country: --country "${whole}".`;
  throw usage(`--near: no place named "${text}" is known${where}.${help}`);
}

const usage = (message: string) => new DescryError('usage', message);
