/** Several times that are asked for together: "2011 or 2012", "July and August 2019", "summer 2015 or 2016". */
import { daysIn, monthIn, seasonMonths, type Time } from './calendar.ts';
import { addDays } from './days.ts';
import type { Sentence } from './sentence.ts';
import type { TimeFound, Times } from './time.ts';

/** times of a list at most */
const longest = 12;

type Named = Exclude<Time, { kind: 'days' }>;

/**
 * What a list that begins with a time means: the days from its first to its last time, which hides none of them; of several years'
 * summers only the summers, and of months of one year that do not adjoin only these.
 *
 * @param first the time that it begins with
 * @param find the time at a word, also after "the"
 * @returns undefined: it is no list
 */
export function timeList(
  sentence: Sentence,
  times: Times,
  first: TimeFound,
  find: (i: number) => TimeFound | undefined,
  now: string,
): TimeFound | undefined {
  const found = [first];
  while (found.length < longest) {
    const { end } = found.at(-1)!;
    let next = end;
    while (/^(,|and|or|&|\/)$/.test(sentence.at(next)) && next < end + 2) next += 1;
    if (/^(in|from)$/.test(sentence.at(next))) next += 1;
    // "2018 2019", "July August 2019"
    const last = found.at(-1)!.time;
    const isBeside =
      last.kind === 'year'
        ? /^\d{4}$/.test(sentence.at(end))
        : last.kind === 'month' && last.year === null && monthIn(sentence.at(end)) !== undefined;
    const item = next > end || isBeside ? (times.find(next) ?? find(next)) : undefined;
    if (!item || !isItem(sentence, found, item)) break;
    found.push(item);
  }
  if (found.length === 1) return undefined;
  if (found.some(({ time }) => time.kind === 'days')) return rangeOf(found, now);
  const items = found.map(({ time }) => time).filter((time): time is Named => time.kind !== 'days');
  const named = items.length === found.length ? withYears(items) : undefined;
  if (!named) return undefined;
  const days = named.map((time) => daysIn(time, time.year));
  if (days.some((some) => some === undefined || some.from > now)) return undefined;
  const ordered = days.map((some) => some!).sort((a, b) => a.from.localeCompare(b.from));
  const range = { from: ordered[0]!.from, to: ordered.reduce((last, { to }) => (to > last ? to : last), '') };
  const adjoin = ordered.every(({ from }, k) => k === 0 || from <= addDays(ordered[k - 1]!.to, 1));
  const months = adjoin ? [] : monthsOf(named);
  const strength = found.every((one) => one.strength === 'year') ? 'year' : 'sure';
  const { end } = found.at(-1)!;
  return {
    time: { kind: 'days', ...range, ...(months.length > 0 && { months }) },
    end,
    strength,
    doubtful: false,
  };
}

/** "2010-2012 and 2015", "yesterday and today" */
function rangeOf(found: readonly TimeFound[], now: string): TimeFound | undefined {
  if (found.some(({ strength }) => strength === 'weak')) return undefined;
  const days = found.map(({ time }) =>
    time.kind === 'days' ? time : time.year === null ? undefined : daysIn(time, time.year),
  );
  if (days.some((some) => some === undefined || some.from > now)) return undefined;
  const from = days.map((some) => some!.from).sort()[0]!;
  const to = days
    .map((some) => some!.to)
    .sort()
    .at(-1)!;
  return { time: { kind: 'days', from, to }, end: found.at(-1)!.end, strength: 'sure', doubtful: false };
}

/** Whether a time goes on with a list: a year after years, a month after months, and nothing that belongs to another noun. */
function isItem(sentence: Sentence, list: readonly TimeFound[], { time, end, strength }: TimeFound): boolean {
  const before = list.at(-1)!.time;
  if (time.kind === 'days' || before.kind === 'days')
    return strength === 'sure' || (time.kind === 'year' && strength === 'year');
  if (time.kind === 'year' && (strength !== 'year' || before.year === null)) return false;
  if (time.kind !== 'year' && before.kind === 'year') return false;
  if (time.kind === 'year' && before.kind === 'year') return true;
  return sentence.endsBefore(end) || sentence.at(end) === '&' || sentence.at(end) === '';
}

/** Each with its year: the next one's where it has none, and its month or season where only a year follows. */
function withYears(times: readonly Named[]): (Named & { year: number })[] | undefined {
  const years = [...times];
  for (let i = 1; i < years.length; i++) {
    const [before, own] = [years[i - 1]!, years[i]!];
    if (own.kind === 'year' && before.kind !== 'year') years[i] = { ...before, year: own.year };
  }
  for (let i = years.length - 2; i >= 0; i--) {
    const [own, after] = [years[i]!, years[i + 1]!];
    if (own.kind !== 'year' && own.year === null && after.year !== null) years[i] = { ...own, year: after.year };
  }
  return years.every((time): time is Named & { year: number } => time.year !== null) ? years : undefined;
}

function monthsOf(times: readonly (Named & { year: number })[]): number[] {
  const found = times.flatMap((time): readonly number[] => {
    switch (time.kind) {
      case 'year':
        return [];
      case 'season':
        return seasonMonths[time.season];
      default:
        return [time.month];
    }
  });
  return times.some(({ kind }) => kind === 'year') ? [] : [...new Set(found)].sort((a, b) => a - b);
}
