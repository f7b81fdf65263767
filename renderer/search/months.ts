/** Months of a list in order of date: where each begins, what it is called, and the years beside the scrubber. */
import type { Shown } from './stacks.ts';

const monthAndYear = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const shortMonthAndYear = new Intl.DateTimeFormat('en', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** A day of the contract's photo list (year × 10000 + month × 100 + day) as year × 100 + month; 0: it has none. */
export const monthOfDay = (day: number): number => Math.trunc(day / 100);

const dateOf = (month: number) => new Date(Date.UTC(Math.trunc(month / 100), (month % 100) - 1, 1));

/** "July 2014"; null: the photos have no date */
export const monthName = (month: number): string | null => (month > 0 ? monthAndYear.format(dateOf(month)) : null);

/** "Jul 2014" */
export const shortMonthName = (month: number): string | null =>
  month > 0 ? shortMonthAndYear.format(dateOf(month)) : null;

export interface Months {
  /** the first place of each month in the grid, ascending; a month that comes again later has an entry there, too */
  readonly starts: Int32Array;
  /** year × 100 + month of each */
  readonly months: Int32Array;
  /** photos of each, all of a closed stack included */
  readonly photos: Int32Array;
}

/**
 * @param days of all photos of the list
 * @param shown a photo of an opened stack belongs to the month of the stack's first, whatever its own is
 */
export function monthsOf(days: Int32Array, { indices, follows, sizes }: Omit<Shown, 'places'>): Months {
  const starts: number[] = [];
  const months: number[] = [];
  const photos: number[] = [];
  let current = -1;
  for (let place = 0; place < indices.length; place++) {
    const month = follows[place] === 1 ? current : monthOfDay(days[indices[place]!]!);
    if (month !== current) {
      current = month;
      starts.push(place);
      months.push(month);
      photos.push(0);
    }
    const isClosed = sizes[place]! > 0 && follows[place + 1] !== 1;
    photos[photos.length - 1]! += isClosed ? sizes[place]! : 1;
  }
  return { starts: Int32Array.from(starts), months: Int32Array.from(months), photos: Int32Array.from(photos) };
}

/** The month that holds a place, as an index of `starts`; 0 where there is none. */
export function monthAt(starts: Int32Array, place: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** The month a year before (-1) or after (1) in the list: the first of the next year there, as an index. */
export function yearStep(months: Int32Array, from: number, by: 1 | -1): number {
  const year = (i: number) => Math.trunc(months[i]! / 100);
  let at = from;
  while (at + by >= 0 && at + by < months.length && year(at) === year(from)) at += by;
  // Backwards one arrives at the last month of that year: go on to its first.
  if (by === -1) while (at > 0 && year(at - 1) === year(at)) at--;
  return at;
}

export interface YearLabel {
  readonly year: number;
  /** px from the top of the track */
  readonly top: number;
}

/**
 * The years that are written beside the scrubber: each at its place where the one before leaves room.
 *
 * @param tops place of each month on the track, px, ascending
 * @param room px that a label takes
 * @param height of the track, px
 */
export function yearLabels(months: Int32Array, tops: Float64Array, room: number, height: number): YearLabel[] {
  const labels: YearLabel[] = [];
  let before = -1;
  for (let i = 0; i < months.length; i++) {
    const year = Math.trunc(months[i]! / 100);
    if (year === before) continue;
    before = year;
    const top = Math.min(tops[i]!, height - room);
    if (year > 0 && top >= (labels.at(-1)?.top ?? -room) + room) labels.push({ year, top });
  }
  return labels;
}
