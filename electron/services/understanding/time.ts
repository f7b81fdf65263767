/**
 * A time in a sentence: days, months, seasons, years, decades, and times counted from today.
 *
 * Days with their number come from chrono-node, which knows all ways to write them; what it has no rule for, or another one than
 * a photo library needs ("last summer", "winter 2013", "July", "the 90s"), is here.
 */
import { firstYear } from '../../ipc/wall-clock.ts';
import { strict } from 'chrono-node/en';
import { addDays, addMonths, isDay, wholeWeek, wholeYear, weekdayOf, yearOf } from './days.ts';
import {
  centuryOf,
  countOf,
  daysIn,
  decadeIn,
  doubtfulMonths,
  feasts,
  lastUnits,
  latest,
  monthIn,
  seasons,
  unitAgo,
  units,
  weekdays,
  yearIn,
  type Time,
} from './calendar.ts';
import type { Sentence } from './sentence.ts';

export interface TimeFound {
  readonly time: Time;
  /** the word after the last one */
  readonly end: number;
  /**
   * How much its words say by themselves. `sure`: a time wherever it stands ("July 2014", "last summer"); `year`: a number that
   * may be something else; `weak`: a word that needs a use that says so ("in August", "on Friday", "Christmas")
   */
  readonly strength: 'sure' | 'year' | 'weak';
  /** its name is also another word ("may", "march"), or a feast that can be seen */
  readonly doubtful: boolean;
  /** a day of the week, the latest */
  readonly weekday?: true;
}

export class Times {
  readonly #sentence: Sentence;
  readonly #now: string;
  /** days that chrono found, by their first word */
  readonly #days = new Map<number, { end: number; time: Time }>();

  constructor(sentence: Sentence, now: string) {
    this.#sentence = sentence;
    this.#now = now;
    if (/\d/.test(sentence.text) || /(first|second|third|th)\b/i.test(sentence.text)) this.#findDays();
  }

  /** The time that starts at word `i`. */
  find(i: number): TimeFound | undefined {
    const found =
      this.#feast(i) ?? this.#day(i) ?? this.#counted(i) ?? this.#monthOrSeason(i) ?? this.#year(i) ?? this.#weekday(i);
    return found && this.#sentence.isFree({ start: i, end: found.end }) ? found : undefined;
  }

  #findDays(): void {
    const { text, words } = this.#sentence;
    const at = new Date(`${this.#now}T12:00:00`);
    for (const { index, text: found, start, end } of strict.parse(text, at)) {
      // "second" and "24/7" are none
      if (
        !/\d|\b(first|second|third|\w+th)\b/i.test(found) ||
        !/\d{4}|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i.test(found)
      )
        continue;
      if (!start.isCertain('day') || !start.isCertain('month') || /ago|later|hence|before|after|from/i.test(found))
        continue;
      let first = words.findIndex((word) => word.start >= index);
      let last = words.findIndex((word) => word.end >= index + found.length);
      if (first < 0 || last < 0 || words[first]!.start !== index) continue;
      while (/^(on|in|at|the)$/.test(words[first]!.lower)) first += 1;
      // a time of the day that chrono took along ("at 5 pm") is no part of the day
      const numeric = /^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}$/.exec(words[first]!.text);
      const year = start.isCertain('year') ? start.get('year')! : end?.isCertain('year') ? end.get('year')! : null;
      if (/^[\d./-]+$/.test(found) && (year === null || !numeric)) continue;
      if (year !== null && (year < firstYear || year > yearOf(this.#now))) continue;
      if (words[last]!.mark) last -= 1;
      const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(words[first]!.text);
      const [month, day] = dotted ? [Number(dotted[2]), Number(dotted[1])] : [start.get('month')!, start.get('day')!];
      const own = { kind: 'day', year, month, day } as const;
      if (!isDay(year ?? 2000, month, day)) continue;
      const until = end && { month: end.get('month')!, day: end.get('day')! };
      const two = (value: number) => String(value).padStart(2, '0');
      const time: Time =
        until && year !== null
          ? {
              kind: 'days',
              from: `${year}-${two(month)}-${two(day)}`,
              to: `${end.isCertain('year') ? end.get('year') : year}-${two(until.month)}-${two(until.day)}`,
            }
          : own;
      if (time.kind !== 'days' || time.from <= time.to) this.#days.set(first, { end: last + 1, time });
    }
  }

  #day(i: number): TimeFound | undefined {
    const found = this.#days.get(i);
    if (!found) return undefined;
    const sure = found.time.kind === 'days' || (found.time.kind === 'day' && found.time.year !== null);
    return { ...found, strength: sure ? 'sure' : 'weak', doubtful: false };
  }

  /** "yesterday", "last summer", "in the last two weeks", "this year", "three years ago" */
  #counted(i: number): TimeFound | undefined {
    const { at } = { at: (k: number) => this.#sentence.at(i + k).replace(/'s$/, '') };
    const now = this.#now;
    const sure = (length: number, days: { from: string; to: string }): TimeFound => ({
      time: { kind: 'days', ...days },
      end: i + length,
      strength: 'sure',
      doubtful: false,
    });
    const day = (length: number, day: string) => sure(length, { from: day, to: day });
    const partOfDay = (k: number) => (/^(morning|afternoon|evening|night)$/.test(at(k)) ? 1 : 0);
    if (at(0) === 'yesterday') return day(1 + partOfDay(1), addDays(now, -1));
    // "today is a great day", "tonight 's show", "USA Today"
    if (/^(today|tonight)$/.test(at(0))) {
      const other =
        /^(is|was|are|has|will|seems|show|magazine|newspaper|'|’)$/.test(this.#sentence.word(i + 1)?.lower ?? '') ||
        at(-1) === 'usa';
      return other || /'s$/.test(this.#sentence.at(i)) ? undefined : day(1, now);
    }
    if (at(0) === 'the' && at(1) === 'day' && at(2) === 'before' && at(3) === 'yesterday')
      return day(4, addDays(now, -2));
    if (at(0) === 'day' && at(1) === 'before' && at(2) === 'yesterday') return day(3, addDays(now, -2));
    if (at(0) === 'this' && partOfDay(1)) return day(2, now);
    if (at(0) === 'last' && at(1) === 'night') return sure(2, { from: addDays(now, -1), to: now });
    const ago = this.#ago(i);
    if (ago) return ago;
    // "this past summer"
    if (at(0) === 'this' && /^(past|last)$/.test(at(1))) return this.#counted(i + 1);
    const earlier = this.#earlier(i);
    if (earlier) return earlier;
    if (!/^(last|past|previous|this|current)$/.test(at(0))) return undefined;
    const present = at(0) === 'this' || at(0) === 'current';
    // "the last two weeks", "the past couple of days", "the last week" is the one before this one
    const skipped = at(1) === 'couple' && at(2) === 'of' ? 2 : at(1) === 'couple' ? 1 : 0;
    const count = skipped ? 2 : countOf(at(1));
    const unit = units.get(at(count === undefined ? 1 : 1 + Math.max(1, skipped)));
    if (count !== undefined && unit && !present) return sure(2 + Math.max(1, skipped), lastUnits(unit, count, now));
    const named = units.get(at(1));
    if (named !== undefined && at(1) !== 'day' && !at(1).endsWith('s')) {
      if (named === 'weekend') return sure(2, lastWeekend(now, present));
      // "last year" is the one before this one; "the last year" and "the past year" end today
      if (at(0) === 'past' || (at(0) === 'last' && at(-1) === 'the')) return sure(2, lastUnits(named, 1, now));
      return sure(2, unitAgo(named, present ? 0 : 1, now));
    }
    const weekday = weekdays.get(at(1));
    if (weekday !== undefined) return day(2 + partOfDay(2), lastWeekday(weekday, now, present));
    const month = monthIn(at(1));
    const season = seasons.get(at(1));
    if (month !== undefined && !(doubtfulMonths.has(at(1)) && at(1).length === 3 && at(1) !== 'may')) {
      const days = latest({ kind: 'month', year: null, month }, now);
      return days && sure(2, days);
    }
    // "this fall" and "last spring", but not "the last fall" of somebody
    if (season !== undefined) {
      const days = latest({ kind: 'season', year: null, season }, now);
      return days && (this.#sentence.endsBefore(i + 2) || this.#sentence.at(i + 1).endsWith("'s"))
        ? sure(2, days)
        : undefined;
    }
    const feast = this.#feast(i + 1);
    const days = feast?.time.kind === 'day' && feast.time.year === null ? latest(feast.time, now) : undefined;
    return feast && days && sure(feast.end - i, days);
  }

  /** "two summers ago", "the summer before last", "two Christmases ago", "the week before last" */
  #earlier(i: number): TimeFound | undefined {
    const at = (k: number) => this.#sentence.at(k);
    const first = at(i) === 'the' ? i + 1 : i;
    const ago = countOf(at(i));
    const start = ago === undefined ? first : i + 1;
    const plural = at(start).replace(/(ses|s)$/, (ending) => (ending === 'ses' ? 's' : ''));
    const name = ago === undefined ? at(start) : plural;
    const feast = ago === undefined ? this.#feast(start) : undefined;
    const end = feast?.end ?? start + 1;
    const isEarlier = ago === undefined ? at(end) === 'before' && at(end + 1) === 'last' : at(end) === 'ago';
    if (!isEarlier) return undefined;
    // "last summer" is the latest that has begun; two summers ago and the one before last are the one before it
    const count = ago ?? 2;
    const found = (days: { from: string; to: string } | undefined): TimeFound | undefined =>
      days && {
        time: { kind: 'days', ...days },
        end: end + (ago === undefined ? 2 : 1),
        strength: 'sure',
        doubtful: false,
      };
    const unit = units.get(name);
    if (unit !== undefined) return ago === undefined ? found(unitAgo(unit, 2, this.#now)) : undefined;
    const time = feast?.time ?? this.#yearless(name);
    if (time === undefined || time.kind === 'days' || time.kind === 'year' || time.year !== null) return undefined;
    const last = latest(time, this.#now);
    return found(last && daysIn(time, yearOf(last.from) - (count - 1)));
  }

  #yearless(name: string): Time | undefined {
    const season = seasons.get(name);
    if (season !== undefined) return { kind: 'season', year: null, season };
    const month = monthIn(name);
    if (month !== undefined && name.length > 3) return { kind: 'month', year: null, month };
    const feast = feasts.find(([words]) => words.length === 1 && words[0] === name);
    return feast && { kind: 'day', year: null, month: feast[1], day: feast[2] };
  }

  #ago(i: number): TimeFound | undefined {
    const at = (k: number) => this.#sentence.at(i + k);
    if (at(0) === 'half' && at(1) === 'a' && at(2) === 'year' && at(3) === 'ago') {
      return {
        time: { kind: 'days', ...unitAgo('month', 6, this.#now) },
        end: i + 4,
        strength: 'sure',
        doubtful: false,
      };
    }
    const couple =
      at(0) === 'a' && at(1) === 'couple'
        ? at(2) === 'of'
          ? 3
          : 2
        : at(0) === 'a' && /^(few|several)$/.test(at(1))
          ? 2
          : 1;
    const count = couple === 1 ? countOf(at(0)) : at(1) === 'couple' ? 2 : countOf(at(1));
    const unit = units.get(at(couple));
    if (count === undefined || unit === undefined || at(couple + 1) !== 'ago') return undefined;
    if (unit === 'year' && at(-1) === 'half' && at(0) === 'a') return undefined;
    const today = at(couple + 2) === 'today';
    const days = unitAgo(unit, count, this.#now);
    const same =
      unit === 'year' ? addMonths(this.#now, -12 * count) : unit === 'month' ? addMonths(this.#now, -count) : days.from;
    // "a few years ago" is none of them for certain
    const vague = at(1) === 'few' || at(1) === 'several' || at(0) === 'few' || at(0) === 'several';
    const found = today
      ? { from: same, to: same }
      : vague
        ? { from: days.from, to: unitAgo(unit, 2, this.#now).to }
        : days;
    return { time: { kind: 'days', ...found }, end: i + couple + (today ? 3 : 2), strength: 'sure', doubtful: false };
  }

  #feast(i: number): TimeFound | undefined {
    const named = feasts.find(([name]) => name.every((word, k) => this.#sentence.at(i + k) === word));
    if (!named) return undefined;
    const [name, month, day] = named;
    const { year, end } = this.#yearAfter(i + name.length);
    return {
      time: { kind: 'day', year, month, day },
      end,
      strength: year === null ? 'weak' : 'sure',
      doubtful: year === null,
    };
  }

  #monthOrSeason(i: number): TimeFound | undefined {
    const word = this.#sentence.at(i);
    const month = monthIn(word);
    const season = seasons.get(word);
    if (month === undefined && season === undefined) return undefined;
    // "the women's march 2017"
    if (word === 'march' && /^(.+'s|protest|peace|pride|climate|freedom)$/.test(this.#sentence.at(i - 1)))
      return undefined;
    // "Jan."
    const dot =
      doubtfulMonths.has(word) && word !== 'may' && word !== 'march' && this.#sentence.at(i + 1) === '.' ? 1 : 0;
    // "winter 2013/14" is one winter
    const both = /^(\d{4})[-–/](\d{2}|\d{4})$/.exec(this.#sentence.at(i + (this.#sentence.at(i + 1) === 'of' ? 2 : 1)));
    const inBoth =
      season === 'winter' && both && Number(both[2]) % 100 === (Number(both[1]) + 1) % 100
        ? yearIn(both[1]!, this.#now)
        : undefined;
    const { year, end } =
      inBoth === undefined
        ? this.#yearAfter(i + 1 + dot)
        : { year: inBoth, end: i + (this.#sentence.at(i + 1) === 'of' ? 3 : 2) };
    const time: Time = month !== undefined ? { kind: 'month', year, month } : { kind: 'season', year, season: season! };
    const doubtful = year === null && (month === undefined || doubtfulMonths.has(word));
    return { time, end: year === null ? i + 1 : end, strength: year === null ? 'weak' : 'sure', doubtful };
  }

  /** A year after a month, season or feast: "2014", "of 2014", ", 2014", "'14". */
  #yearAfter(i: number): { readonly year: number | null; readonly end: number } {
    const at = (k: number) => this.#sentence.at(k);
    const skipped = at(i) === 'of' || at(i) === ',' || at(i) === 'in' ? 1 : 0;
    const year = yearIn(at(i + skipped).replace(/'s$/, ''), this.#now);
    if (year !== undefined) return { year, end: i + skipped + 1 };
    const short = i + (at(i) === 'of' ? 1 : 0);
    const digits = /^['’]$/.test(at(short)) && /^\d\d$/.exec(at(short + 1));
    return digits ? { year: centuryOf(Number(digits[0]), this.#now), end: short + 2 } : { year: null, end: i };
  }

  /** "2014", "2014-07", "2015-2018", "the 90s", "July" after a year: "2014 July" */
  #year(i: number): TimeFound | undefined {
    const word = this.#sentence.at(i).replace(/(\d)'s$/, '$1');
    const now = this.#now;
    const numbers = this.#numbers(i, word);
    if (numbers) return numbers;
    const range = /^(\d{4})[-–/](\d{2}|\d{4})$/.exec(word);
    if (range) return this.#yearRange(i, range[1]!, range[2]!);
    const decade = /^['’]$/.test(word) ? decadeIn(this.#sentence.at(i + 1), now) : decadeIn(word, now);
    if (decade !== undefined) {
      const from = wholeYear(decade).from;
      const end = i + (/^['’]$/.test(word) ? 2 : 1);
      const time: Time = { kind: 'days', from, to: wholeYear(decade + 9).to };
      return { time, end, strength: /^\d{4}/.test(word) ? 'year' : 'weak', doubtful: true };
    }
    const year = yearIn(word, now);
    // "1950 's style"
    if (year === undefined || /^['’]$/.test(this.#sentence.word(i + 1)?.text ?? '')) return undefined;
    const next = this.#sentence.at(i + 1);
    const month = monthIn(next);
    const season = seasons.get(next);
    const alone = this.#sentence.startsSegment(i) && this.#sentence.endsSegment(i + 2);
    if (month !== undefined && (alone || !doubtfulMonths.has(next)))
      return { time: { kind: 'month', year, month }, end: i + 2, strength: 'sure', doubtful: false };
    if (season !== undefined && next !== 'fall' && next !== 'spring' && this.#sentence.endsBefore(i + 2))
      return { time: { kind: 'season', year, season }, end: i + 2, strength: 'sure', doubtful: false };
    return { time: { kind: 'year', year }, end: i + 1, strength: 'year', doubtful: false };
  }

  /** "07/2019", "20150308", "2015-3-8", "15/3/15" */
  #numbers(i: number, word: string): TimeFound | undefined {
    const found = (time: Time): TimeFound => ({ time, end: i + 1, strength: 'sure', doubtful: false });
    const monthFirst = /^(0?[1-9]|1[0-2])[-/.](\d{4})$/.exec(word);
    const yearOfMonth = monthFirst && yearIn(monthFirst[2]!, this.#now);
    if (monthFirst && yearOfMonth) return found({ kind: 'month', year: yearOfMonth, month: Number(monthFirst[1]) });
    const short = /^(\d{1,2})([./])(\d{1,2})\2(\d\d)$/.exec(word);
    if (short) {
      const [first, second] = [Number(short[1]), Number(short[3])];
      // as chrono-node reads them with a year of four digits: with points the day is first
      const [month, day] = short[2] === '.' || first > 12 ? [second, first] : [first, second];
      const year = centuryOf(Number(short[4]), this.#now);
      return isDay(year, month, day) ? found({ kind: 'day', year, month, day }) : undefined;
    }
    const digits = /^(\d{4})(\d\d)(\d\d)$/.exec(word) ?? /^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$/.exec(word);
    // "IMG_20190501" is a file's name
    const isName = this.#sentence.word(i - 1)?.text === '_' || this.#sentence.word(i + 1)?.text === '_';
    if (!digits || isName) return undefined;
    const [year, month, day] = [yearIn(digits[1]!, this.#now), Number(digits[2]), Number(digits[3])];
    return year !== undefined && isDay(year, month, day) ? found({ kind: 'day', year, month, day }) : undefined;
  }

  #yearRange(i: number, first: string, second: string): TimeFound | undefined {
    const from = yearIn(first, this.#now);
    if (from === undefined) return undefined;
    const found = (time: Time): TimeFound => ({ time, end: i + 1, strength: 'sure', doubtful: false });
    const month = Number(second);
    // "2015-07" is July; "2015-18" and "2015/16" are years
    if (second.length === 2 && month >= 1 && month <= 12) return found({ kind: 'month', year: from, month });
    const to = yearIn(second.length === 2 ? `${first.slice(0, 2)}${second}` : second, this.#now);
    return to !== undefined && to > from
      ? found({ kind: 'days', from: wholeYear(from).from, to: wholeYear(to).to })
      : undefined;
  }

  #weekday(i: number): TimeFound | undefined {
    const weekday = weekdays.get(this.#sentence.at(i));
    if (weekday === undefined) return undefined;
    const day = lastWeekday(weekday, this.#now, true);
    const end = i + (/^(morning|afternoon|evening|night)$/.test(this.#sentence.at(i + 1)) ? 2 : 1);
    return { time: { kind: 'days', from: day, to: day }, end, strength: 'weak', doubtful: true, weekday: true };
  }
}

/** @param today whether today counts: "on Friday", but not "last Friday" */
function lastWeekday(weekday: number, now: string, today: boolean): string {
  const back = (weekdayOf(now) - weekday + 7) % 7;
  return addDays(now, -(back === 0 && !today ? 7 : back));
}

/** Saturday and Sunday; "this weekend" is the latest that has begun. */
function lastWeekend(now: string, present: boolean): { from: string; to: string } {
  const monday = wholeWeek(now).from;
  const during = weekdayOf(now) >= 5;
  const saturday = addDays(monday, during && present ? 5 : -2);
  return { from: saturday, to: addDays(saturday, 1) };
}
