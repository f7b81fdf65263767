/** Photos by month as bars: each bar is some months wide, so that many years still fit. Months are counted from year 0. */
import type { Facets, SearchFilter } from '../../../electron/ipc/contract.ts';
import { daysIn } from '../../../electron/ipc/format.ts';

/** widths of a bar in months, the least that fits is taken */
const widths = [1, 2, 3, 6, 12, 24, 60, 120] as const;
const mostBars = 84;

export interface Bar {
  /** the first month of it, and the one after its last */
  readonly start: number;
  readonly end: number;
  readonly photos: number;
}

export interface Histogram {
  readonly bars: readonly Bar[];
  /** first and last month with photos */
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** the Januaries to write a year at: at most five, evenly apart */
  readonly years: readonly number[];
}

/** @param month year × 100 + month, as `facets` has it */
export const monthIndex = (month: number): number => Math.floor(month / 100) * 12 + (month % 100) - 1;
export const yearOf = (index: number): number => Math.floor(index / 12);
export const monthOf = (index: number): number => (index % 12) + 1;

/** Null without photos. @param months ascending */
export function histogramOf(months: Facets['months']): Histogram | null {
  const [earliest, latest] = [months[0], months.at(-1)];
  if (!earliest || !latest) return null;
  const first = monthIndex(earliest.month);
  const last = monthIndex(latest.month);
  const width = widths.find((width) => (last - first + 1) / width <= mostBars) ?? widths.at(-1)!;
  // Bars begin where years do, as far as their width allows.
  const begin = first - (first % width);
  const counts = new Array<number>(Math.floor((last - begin) / width) + 1).fill(0);
  for (const { month, photos } of months) counts[Math.floor((monthIndex(month) - begin) / width)]! += photos;
  const bars = counts.map((photos, at) => ({ start: begin + at * width, end: begin + (at + 1) * width, photos }));
  const januaries = bars.map(({ start }) => Math.ceil(start / 12) * 12).filter((month, at) => month < bars[at]!.end);
  const step = Math.ceil(januaries.length / 5);
  return {
    bars,
    first,
    last,
    most: Math.max(...counts),
    years: januaries.filter((_, at) => at % step === 0),
  };
}

const padded = (n: number, digits = 2) => String(n).padStart(digits, '0');

/** The days from the first day of one month to the last of another; an end where the photos end is no limit. */
export function daysOfMonths(
  from: number,
  to: number,
  { first, last }: Pick<Histogram, 'first' | 'last'>,
): SearchFilter {
  const day = (index: number, day: number) => `${padded(yearOf(index), 4)}-${padded(monthOf(index))}-${padded(day)}`;
  return {
    ...(from > first ? { from: day(from, 1) } : {}),
    ...(to < last ? { to: day(to, daysIn(yearOf(to), monthOf(to))) } : {}),
  };
}

/** The months that days lie in, within those of the photos. */
export function monthsOfDays({ from, to }: SearchFilter, { first, last }: Pick<Histogram, 'first' | 'last'>) {
  const index = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  const within = (month: number) => Math.min(last, Math.max(first, month));
  return {
    from: from === undefined ? first : within(index(from)),
    to: to === undefined ? last : within(index(to)),
  };
}
