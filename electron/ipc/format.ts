/**
 * Numbers, sizes, times and dates in words, for the window, the menus and the terminal alike. No Node and no page: each
 * of them imports it.
 */

import { countLevels, levelOf, type Level, type LevelCounts } from '../../models/contract/levels.ts';

export { countLevels, levelOf, type Level, type LevelCounts };

/** Made when first used: all of them took a tenth of the main program's own time until the window was there. */
function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const whole = later(() => new Intl.NumberFormat('en'));
const oneDecimal = later(() => new Intl.NumberFormat('en', { maximumFractionDigits: 1 }));
const dateAndTime = later(() => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' }));
const dateOnly = later(() => new Intl.DateTimeFormat('en', { dateStyle: 'medium' }));

export const count = (n: number): string => whole().format(n);
export const decimal = (n: number): string => oneDecimal().format(n);
export const percent = (share: number): string => `${Math.round(share * 100)}%`;
/** A probability as a person reads it: a small one is never shown as 0%. */
export const likelihood = (share: number): string => (share < 0.01 ? '<1%' : percent(share));
export const date = (ms: number): string => dateOnly().format(ms);
const wallDateAndTime = later(
  () => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
);
const wallDay = later(() => new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }));
const countryNames = later(() => new Intl.DisplayNames('en', { type: 'region' }));

/** A camera's clock, which has no time zone: ms since the epoch as if it showed UTC. */
export const wallMoment = (at: number): string => wallDateAndTime().format(at);
export const dayOfClock = (at: number): string => wallDay().format(at);
export const moment = (ms: number): string => dateAndTime().format(ms);

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Decimal units, as file managers show them. */
export function fileSize(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? whole().format(Math.round(value)) : oneDecimal().format(value)} ${units[unit]}`;
}

/** “3 sure, 9 likely matches”; '' where none is even possible. @param counts of the photos that are shown first */
export function matchesText({ sure, likely, possible }: Omit<LevelCounts, 'unlikely'>): string {
  const all = [
    [sure, 'sure'],
    [likely, 'likely'],
    [possible, 'possible'],
  ] as const;
  const named = all.filter(([n]) => n > 0).map(([n, level]) => `${count(n)} ${level}`);
  if (named.length === 0) return '';
  return `${named.join(', ')} ${sure + likely + possible === 1 ? 'match' : 'matches'}`;
}

/** A time that is estimated (seconds): “a few seconds”, “40 seconds”, “3 minutes”, “2 h 5 min”. */
export function duration(seconds: number): string {
  if (seconds < 8) return 'a few seconds';
  if (seconds < 55) return `${Math.round(seconds / 5) * 5} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return minutes <= 1 ? 'a minute' : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? plural(hours, 'hour') : `${hours} h ${minutes % 60} min`;
}

/** As `duration`, in a sentence: “a few seconds”, “about 40 seconds”. */
export const aboutDuration = (seconds: number): string => (seconds < 8 ? '' : 'about ') + duration(seconds);

/** A time that was measured (seconds): “8 s”, “1 min 15 s”, “2 h 5 min”. */
export function elapsed(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long ago: “just now”, “5 minutes ago”, “yesterday”, else the date. */
export function ago(ms: number, now = Date.now()): string {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${plural(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${plural(hours, 'hour')} ago`;
  if (hours < 48) return 'yesterday';
  return date(ms);
}

export const fileName = (path: string): string =>
  path
    .replace(/(?<![\\/])[\\/]+$/, '')
    .split(/[\\/]/)
    .pop() || path;

/** @param code ISO 3166-1, two letters */
export const countryName = (code: string): string => countryNames().of(code) ?? code;

/** “Wengen, Bern, Switzerland” */
export function placeName({ name, region, country }: { name: string; region: string | null; country: string }): string {
  return [...new Set([name, region, countryName(country)])].filter((part) => part !== null).join(', ');
}

/** What a photo was exposed with: “1/250 s, f/5.6, ISO 100, 35 mm”; '' where nothing is known. */
export function exposureSettings(photo: {
  exposure: number | null;
  aperture: number | null;
  iso: number | null;
  focal: number | null;
}): string {
  const { exposure, aperture, iso, focal } = photo;
  // Cameras write 1/3 s as 0.3 s, too; from 0.3 s on they show decimals themselves. They write 1/4000 s, not 1/4,000 s.
  const time = (seconds: number) => (seconds < 0.3 ? `1/${Math.round(1 / seconds)} s` : `${decimal(seconds)} s`);
  return [
    exposure === null ? null : time(exposure),
    aperture === null ? null : `f/${decimal(aperture)}`,
    iso === null ? null : `ISO ${Math.round(iso)}`,
    focal === null ? null : `${decimal(focal)} mm`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** Degrees as a map shows them: 47.3769° N, 8.5417° E */
export function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): string {
  const side = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
  return `${side(latitude, 'N', 'S')}, ${side(longitude, 'E', 'W')}`;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** @param month 1–12 */
export const monthName = (month: number): string => months[month - 1] ?? '';
/** “July 2014” */
export const monthOfYear = (year: number, month: number): string => `${monthName(month)} ${year}`;

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}
const readDay = (text: string): Day => {
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number);
  return { year, month, day };
};
export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
const beginsMonth = ({ day }: Day) => day === 1;
const endsMonth = ({ year, month, day }: Day) => day === daysIn(year, month);

/** The days that a search is limited to, as `searchFilter` has them. */
export interface Days {
  readonly from?: string;
  readonly to?: string;
  readonly months?: readonly number[];
}

/**
 * Days in words, whole months and years by their names: “July 2014”, “25 December 2019”, “2012”, “March – May 2018”,
 * “before 2010”, “since 2020”, “until 5 May 2014”, “June – August of any year”; '' without a limit.
 */
export function daysText({ from, to, months: ofYear }: Days): string {
  const range = rangeText(from === undefined ? null : readDay(from), to === undefined ? null : readDay(to));
  const names = ofYear === undefined ? '' : monthNames(ofYear);
  if (names === '') return range;
  return range === '' ? `${names} of any year` : `${names}, ${range}`;
}

function rangeText(from: Day | null, to: Day | null): string {
  if (!from && !to) return '';
  if (!to) {
    if (!beginsMonth(from!)) return `since ${dayWords(from!)}`;
    return `since ${from!.month === 1 ? from!.year : monthOfYear(from!.year, from!.month)}`;
  }
  if (!from) {
    if (!endsMonth(to)) return `until ${dayWords(to)}`;
    return `before ${to.month === 12 ? to.year + 1 : monthOfYear(to.year, to.month + 1)}`;
  }
  const sameYear = from.year === to.year;
  if (beginsMonth(from) && endsMonth(to)) {
    if (from.month === 1 && to.month === 12) return sameYear ? `${from.year}` : `${from.year} – ${to.year}`;
    if (!sameYear) return `${monthOfYear(from.year, from.month)} – ${monthOfYear(to.year, to.month)}`;
    const last = monthOfYear(to.year, to.month);
    return from.month === to.month ? last : `${monthName(from.month)} – ${last}`;
  }
  if (!sameYear) return `${dayWords(from)} – ${dayWords(to)}`;
  if (from.month !== to.month) return `${from.day} ${monthName(from.month)} – ${dayWords(to)}`;
  return from.day === to.day ? dayWords(to) : `${from.day} – ${dayWords(to)}`;
}

const dayWords = ({ year, month, day }: Day) => `${day} ${monthOfYear(year, month)}`;

/** Months that follow one another as a range, over the turn of the year, too: “December – February” */
function monthNames(ofYear: readonly number[]): string {
  const set = new Set(ofYear);
  if (set.size === 12) return '';
  const before = (month: number) => (month === 1 ? 12 : month - 1);
  const after = (month: number) => (month === 12 ? 1 : month + 1);
  return [...set]
    .filter((month) => !set.has(before(month)))
    .sort((a, b) => a - b)
    .map((first) => {
      let last = first;
      while (set.has(after(last))) last = after(last);
      if (last === first) return monthName(first);
      return after(first) === last
        ? `${monthName(first)}, ${monthName(last)}`
        : `${monthName(first)} – ${monthName(last)}`;
    })
    .join(', ');
}
