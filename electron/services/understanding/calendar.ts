/** Names of the calendar and what they mean: months, seasons, weekdays, feast days with a fixed date, units, numbers. */
import { firstYear } from '../../ipc/wall-clock.ts';
import { addDays, addMonths, dayOf, isDay, wholeMonth, wholeWeek, wholeYear, yearOf, monthOf } from './days.ts';

/** What a time is before it is known which year it is in. */
export type Time =
  | { readonly kind: 'day'; readonly year: number | null; readonly month: number; readonly day: number }
  | { readonly kind: 'month'; readonly year: number | null; readonly month: number }
  | { readonly kind: 'season'; readonly year: number | null; readonly season: Season }
  | { readonly kind: 'year'; readonly year: number }
  | {
      readonly kind: 'days';
      readonly from: string;
      readonly to: string;
      /** of these days only those in these months: "summer 2015 or 2016" */
      readonly months?: readonly number[];
    };

export type Season = 'spring' | 'summer' | 'autumn' | 'winter';

const monthList = 'january february march april may june july august september october november december'.split(' ');
const shortMonths = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** 1–12 */
export const months: ReadonlyMap<string, number> = new Map([
  ...monthList.map((name, i) => [name, i + 1] as const),
  ...shortMonths.map((name, i) => [name, i + 1] as const),
  ['sept', 9],
]);

/** A month's name, also with one letter wrong, missing, doubled or two of them swapped ("febuary"); short names only as they are. */
export function monthIn(word: string): number | undefined {
  const known = months.get(word);
  if (known !== undefined || word.length < 6 || word === 'augusta') return known;
  const found = monthList.findIndex((name) => name.length >= 6 && isMisspelt(word, name));
  return found < 0 ? undefined : found + 1;
}

function isMisspelt(word: string, name: string): boolean {
  if (word[0] !== name[0] || Math.abs(word.length - name.length) > 1) return false;
  let i = 0;
  while (i < name.length && word[i] === name[i]) i += 1;
  const [left, right] = [word.slice(i), name.slice(i)];
  return (
    left.slice(1) === right.slice(1) ||
    left === right.slice(1) ||
    left.slice(1) === right ||
    (left.length > 1 && left[1] === right[0] && left[0] === right[1] && left.slice(2) === right.slice(2))
  );
}

/** Names of months that are also words, or short for other things: they need more than themselves. */
export const doubtfulMonths: ReadonlySet<string> = new Set(['may', 'march', ...shortMonths, 'sept']);

export const seasons: ReadonlyMap<string, Season> = new Map([
  ['spring', 'spring'],
  ['springtime', 'spring'],
  ['summer', 'summer'],
  ['summertime', 'summer'],
  ['sumer', 'summer'],
  ['autum', 'autumn'],
  ['autumn', 'autumn'],
  ['fall', 'autumn'],
  ['winter', 'winter'],
  ['wintertime', 'winter'],
]);
/** Northern hemisphere, whole months; a year's winter goes on into the next year. */
export const seasonMonths: Readonly<Record<Season, readonly [number, number, number]>> = {
  spring: [3, 4, 5],
  summer: [6, 7, 8],
  autumn: [9, 10, 11],
  winter: [12, 1, 2],
};

/** 0: Monday */
export const weekdays: ReadonlyMap<string, number> = new Map(
  'monday tuesday wednesday thursday friday saturday sunday'.split(' ').map((name, i) => [name, i]),
);

/** Feast days that have a fixed date: month and day. The longer name stands first. */
export const feasts: readonly (readonly [name: readonly string[], month: number, day: number])[] = (
  [
    ['christmas eve', 12, 24],
    ['xmas eve', 12, 24],
    ['christmas day', 12, 25],
    ['xmas day', 12, 25],
    ['boxing day', 12, 26],
    ["new year's eve", 12, 31],
    ['new years eve', 12, 31],
    ['new year eve', 12, 31],
    ["new year's day", 1, 1],
    ['new years day', 1, 1],
    ["valentine's day", 2, 14],
    ['valentines day', 2, 14],
    ["st patrick's day", 3, 17],
    ["st. patrick's day", 3, 17],
    ["saint patrick's day", 3, 17],
    ["april fools' day", 4, 1],
    ["april fool's day", 4, 1],
    ['independence day', 7, 4],
    ['4th of july', 7, 4],
    ['fourth of july', 7, 4],
    ['bastille day', 7, 14],
    ['christmas', 12, 25],
    ['xmas', 12, 25],
    ['halloween', 10, 31],
    ["new year's", 1, 1],
  ] as const
).map(([name, month, day]) => [name.split(' '), month, day]);

export type Unit = 'day' | 'week' | 'weekend' | 'month' | 'year' | 'decade';
export const units: ReadonlyMap<string, Unit> = new Map(
  (['day', 'week', 'weekend', 'month', 'year', 'decade'] as const).flatMap((unit) => [
    [unit, unit] as const,
    [`${unit}s`, unit] as const,
  ]),
);

const numbers = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
/** @returns how many: "3", "three", "a"; more than the word says where it is vague, because too few days would hide photos */
export function countOf(word: string): number | undefined {
  if (/^\d{1,3}$/.test(word)) return Number(word);
  if (word === 'a' || word === 'an') return 1;
  if (word === 'few') return 5;
  if (word === 'several') return 7;
  const found = numbers.indexOf(word);
  return found > 0 ? found : undefined;
}

/** A year that photos can be of: from the first one (1826) to this one. */
export function yearIn(word: string, now: string): number | undefined {
  if (!/^(18|19|20)\d\d$/.test(word)) return undefined;
  const year = Number(word);
  return year >= firstYear && year <= yearOf(now) ? year : undefined;
}

/** "90s" and "1990s" → 1990; of two digits, the latest that has begun */
export function decadeIn(word: string, now: string): number | undefined {
  const named = 'twenties thirties forties fifties sixties seventies eighties nineties'.split(' ').indexOf(word);
  const digits = named >= 0 ? `${named + 2}0` : /^((?:18|19|20)?\d0)'?s$/.exec(word)?.[1];
  if (digits === undefined) return undefined;
  const decade = digits.length === 4 ? Number(digits) : centuryOf(Number(digits), now);
  return decade >= 1820 && decade <= yearOf(now) ? decade : undefined;
}

/** A year of two digits: the latest that is not in the future. */
export function centuryOf(digits: number, now: string): number {
  const year = Math.floor(yearOf(now) / 100) * 100 + digits;
  return year <= yearOf(now) ? year : year - 100;
}

/** A unit that is so many before that of `now`; "two years ago" is that year. */
export function unitAgo(unit: Unit, count: number, now: string): { from: string; to: string } {
  switch (unit) {
    case 'day':
      return { from: addDays(now, -count), to: addDays(now, -count) };
    case 'week':
      return wholeWeek(addDays(now, -7 * count));
    case 'weekend': {
      const saturday = addDays(wholeWeek(addDays(now, -7 * count)).from, 5);
      return { from: saturday, to: addDays(saturday, 1) };
    }
    case 'month': {
      const there = addMonths(now, -count);
      return wholeMonth(yearOf(there), monthOf(there));
    }
    case 'year':
      return wholeYear(yearOf(now) - count);
    case 'decade': {
      const decade = Math.floor(yearOf(now) / 10) * 10 - 10 * count;
      return { from: dayOf(decade, 1, 1), to: dayOf(decade + 9, 12, 31) };
    }
  }
}

/** The days of the last so many units, up to today. */
export function lastUnits(unit: Unit, count: number, now: string): { from: string; to: string } {
  if (unit === 'day') return { from: addDays(now, -count), to: now };
  if (unit === 'week' || unit === 'weekend') return { from: addDays(now, -7 * count), to: now };
  return { from: addMonths(now, -count * { month: 1, year: 12, decade: 120 }[unit]), to: now };
}

/** The first and last day of a time in a year. */
export function daysIn(time: Exclude<Time, { kind: 'days' }>, year: number): { from: string; to: string } | undefined {
  switch (time.kind) {
    case 'day':
      return isDay(year, time.month, time.day)
        ? { from: dayOf(year, time.month, time.day), to: dayOf(year, time.month, time.day) }
        : undefined;
    case 'month':
      return wholeMonth(year, time.month);
    case 'season': {
      const [first, , last] = seasonMonths[time.season];
      return { from: dayOf(year, first, 1), to: dayOf(last < first ? year + 1 : year, last + 1, 0) };
    }
    case 'year':
      return wholeYear(year);
  }
}

/** The latest time of this kind that has begun: "last summer", "on 3 March". */
export function latest(time: Exclude<Time, { kind: 'days' }>, now: string): { from: string; to: string } | undefined {
  // 29 February may be eight years ago
  for (let year = yearOf(now); year > yearOf(now) - 9; year--) {
    const days = daysIn(time, year);
    if (days && days.from <= now) return days;
  }
  return undefined;
}
