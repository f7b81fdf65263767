/** When: a time and the words that make it a limit ("in", "before", "between … and …"). */
import { firstYear } from '../../ipc/wall-clock.ts';
import type { SearchFilter } from '../../ipc/contract.ts';
import { daysIn, latest, monthIn, seasonMonths, type Time } from './calendar.ts';
import { addDays, addMonths, wholeYear, yearOf } from './days.ts';
import { endsList, isFirstKeyword, isKeywordList, keywordsFollow } from './keywords.ts';
import { claimNegated } from './not.ts';
import type { Sentence } from './sentence.ts';
import { Times, type TimeFound } from './time.ts';
import { openFilter, opening, openingPairs } from './open-limits.ts';
import { timeList } from './time-list.ts';
import { photoNouns } from './words.ts';

interface Limit {
  readonly start: number;
  readonly end: number;
  readonly filter: SearchFilter;
}

/** Words right after which a number is no year: "route 2012". */
const numbered =
  /^(number|numbers|no|nr|bus|route|flight|room|model|size|bib|page|year|jersey|plate|gate|apartment|class|channel|highway|road|than)$/;
/** … and anywhere after these: "a shirt with the number 2012", "a sign reading 2015". */
const written =
  /^(number|numbers|sign|says|say|saying|read|reads|reading|written|word|words|license|labeled|marked|bib)$/;
/** Leads of a time: which kinds of it they make a limit. */
const leads = new Set([
  'in',
  'during',
  'from',
  'of',
  'on',
  'at',
  'within',
  'throughout',
  'over',
  'around',
  'about',
  'circa',
  'for',
]);

/** Claims the times of a sentence: at most one limit of days and one of months. */
export function findWhen(sentence: Sentence, now: string): void {
  const finder = new WhenFinder(sentence, now);
  const has = (field: 'from' | 'to' | 'months') => sentence.parts.some(({ filter }) => filter[field] !== undefined);
  let hasDays = has('from') || has('to');
  let hasMonths = has('months');
  for (let i = 0; i < sentence.words.length; i++) {
    const found = finder.at(i);
    if (!found || claimNegated(sentence, found)) continue;
    const { from, to, months } = found.filter;
    const isDays = from !== undefined || to !== undefined;
    if ((months && hasMonths) || (isDays && hasDays) || (from !== undefined && to !== undefined && from > to)) continue;
    if (!agrees(sentence, found.filter)) continue;
    hasMonths ||= months !== undefined;
    hasDays ||= isDays;
    sentence.claim(found, 'when', found.filter);
    i = found.end - 1;
  }
}

class WhenFinder {
  readonly #sentence: Sentence;
  readonly #now: string;
  readonly #times: Times;

  constructor(sentence: Sentence, now: string) {
    this.#sentence = sentence;
    this.#now = now;
    this.#times = new Times(sentence, now);
  }

  /** The limit that starts at word `i`. */
  at(start: number): Limit | undefined {
    const at = (k: number) => this.#sentence.at(k);
    let i = start;
    if (
      this.#sentence.isTaken(i) &&
      /^(in|on|from|during|between|before|after|since|until|back|at|within|over|around)$/.test(at(i + 1))
    )
      i += 1;
    const taken = i > start;
    if (at(i) === 'dated' && this.#sentence.photosBefore(i)) i += 1;
    if (at(i) === 'back' && at(i + 1) === 'in') i += 1;
    const limit =
      this.#range(i) ??
      this.#both(this.#open(i)) ??
      this.#led(i, taken) ??
      (i === start || at(i - 1) === 'dated' ? this.#bare(i) : undefined);
    return limit && { ...limit, start: Math.min(start, limit.start) };
  }

  /** "between A and B", "from A to B", "A to B" */
  #range(i: number): Limit | undefined {
    const at = (k: number) => this.#sentence.at(k);
    const lead = /^(between|from)$/.test(at(i)) ? at(i) : '';
    const first = this.#find(lead === '' ? i : i + 1);
    if (!first) return undefined;
    // its lead was refused
    if (lead === '' && /^(from|between)$/.test(at(i - 1))) return undefined;
    const joint = lead === 'between' ? /^and$/ : /^(to|until|till|til|through|thru|-|–|—)$/;
    // "2015..2017"
    const dots = at(first.end) === '.' && at(first.end + 1) === '.' ? 2 : 0;
    if (dots === 0 && !joint.test(at(first.end))) return undefined;
    const second = this.#find(first.end + (dots || 1));
    if (!second) return undefined;
    const span = { start: i, end: second.end };
    const [a, b] = [first.time, second.time];
    if (a.kind === 'month' && b.kind === 'month' && a.year === null && b.year === null) {
      // "March to May" without a lead may be a name
      if (lead === '' && !this.#sentence.endsSegment(second.end)) return undefined;
      const count = (b.month - a.month + 12) % 12;
      return { ...span, filter: { months: Array.from({ length: count + 1 }, (_, k) => ((a.month - 1 + k) % 12) + 1) } };
    }
    if (lead === '' && (yearless(b) || !sameKind(a, b))) return undefined;
    const to = this.#days(b);
    if (!to) return undefined;
    const weekdays = first.weekday && second.weekday;
    if (weekdays && lead === '' && !(this.#sentence.startsSegment(i) && this.#sentence.endsSegment(second.end)))
      return undefined;
    const before = this.#days(a);
    // "from Monday to Friday" ends with the latest Friday
    const from =
      yearless(a) && a.kind !== 'days'
        ? latest(a, to.to)
        : weekdays && before && before.from > to.to
          ? { from: addDays(before.from, -7), to: addDays(before.to, -7) }
          : before;
    // "the war from 1915 to 1923" is history
    if (lead === 'from' && to.to < '1990' && !this.#sentence.photosBefore(i) && !this.#sentence.startsSegment(i))
      return undefined;
    return from && from.from <= to.to ? { ...span, filter: { from: from.from, to: to.to } } : undefined;
  }

  /** "since 2012 until 2015", "after 2010 and before 2015" */
  #both(first: Limit | undefined): Limit | undefined {
    if (first?.filter.from === undefined || first.filter.to !== undefined) return first;
    const next = first.end + (/^(and|but|,)$/.test(this.#sentence.at(first.end)) ? 1 : 0);
    const second = this.#open(next);
    const to = second?.filter.to;
    if (second === undefined || to === undefined || second.filter.from !== undefined || to < first.filter.from)
      return first;
    return { start: first.start, end: second.end, filter: { from: first.filter.from, to } };
  }

  /** "before 2010", "since last summer", "2015 or later", "from 2015 on" */
  #open(i: number): Limit | undefined {
    const at = (k: number) => this.#sentence.at(k);
    if (/^(no|not)$/.test(at(i)) && /^(earlier|older|later|newer)$/.test(at(i + 1)) && at(i + 2) === 'than') {
      const found = this.#find(i + 3);
      const days = found && !this.#isVague(found) ? this.#days(found.time) : undefined;
      const first = /^(earlier|older)$/.test(at(i + 1));
      return days && { start: i, end: found!.end, filter: first ? { from: days.from } : { to: days.to } };
    }
    const pair = openingPairs[`${at(i)} ${at(i + 1)}`];
    const word = at(i);
    const lead = pair ?? (Object.hasOwn(opening, word) ? opening[word] : undefined);
    if (lead !== undefined) {
      const start = i + (pair === undefined ? 1 : 2);
      const age = pair && this.#age(i, start);
      if (age) return age;
      const found = this.#find(start);
      if (
        !found ||
        (lead !== 'since' && this.#isVague(found)) ||
        (lead === 'since' && found.strength === 'weak' && !this.#ends(found))
      )
        return undefined;
      const days = this.#days(found.time);
      return days && { start: i, end: found.end, filter: openFilter(lead, days) };
    }
    const first = at(i) === 'from' ? i + 1 : i;
    const found = this.#find(first);
    if (!found || found.strength === 'weak') return undefined;
    const [joint, after] = [at(found.end), at(found.end + 1)];
    const on =
      /^(onward|onwards)$/.test(joint) || (first > i && joint === 'on' && this.#sentence.endsSegment(found.end + 1));
    if (first > i && /^(to|until|till)$/.test(joint) && /^(now|today)$/.test(after)) {
      const since = this.#days(found.time);
      return since && { start: i, end: found.end + 2, filter: { from: since.from } };
    }
    const later =
      /^(and|or)$/.test(joint) && /^(later|after|newer|onward|onwards|since|earlier|before|older)$/.test(after);
    if (!on && !(later && this.#sentence.endsSegment(found.end + 2))) return undefined;
    const days = this.#days(found.time);
    const until = later && /^(earlier|before|older)$/.test(after);
    return days && { start: i, end: found.end + (on ? 1 : 2), filter: until ? { to: days.to } : { from: days.from } };
  }

  /** "older than two years" */
  #age(start: number, i: number): Limit | undefined {
    const at = (k: number) => this.#sentence.at(k);
    const match = /^(\d{1,2}|a|one|two|three|four|five|six|seven|eight|nine|ten) (day|week|month|year)s?$/.exec(
      `${at(i)} ${at(i + 1)}`,
    );
    // "a man older than 60 years" is none, but nobody asks for photos older than 50
    if (!match || !this.#sentence.photosBefore(start)) return undefined;
    const count = Math.max(
      1,
      'zero one two three four five six seven eight nine ten'.split(' ').indexOf(match[1]!),
      Number(match[1]) || 0,
    );
    const now = this.#now;
    const day =
      match[2] === 'day'
        ? addDays(now, -count)
        : match[2] === 'week'
          ? addDays(now, -7 * count)
          : addMonths(now, match[2] === 'month' ? -count : -12 * count);
    const older = /^(older|earlier)$/.test(at(start));
    return { start, end: i + 2, filter: older ? { to: day } : { from: day } };
  }

  /** "in July 2014", "on 3 March", "from last month", "in August" */
  #led(i: number, taken: boolean): Limit | undefined {
    const sentence = this.#sentence;
    const lead = sentence.at(i);
    if (!leads.has(lead) || sentence.isOrigin(i)) return undefined;
    const about = /^(about|around|circa|roughly|approximately)$/.test(sentence.at(i + 1)) ? 1 : 0;
    const isAbout = about === 1 || /^(around|about|circa)$/.test(lead);
    // "a film about 1945"
    if (lead === 'about' && !sentence.startsSegment(i)) return undefined;
    const found = this.#findList(i + 1 + about);
    if (!found) return undefined;
    const photos = taken || sentence.photosBefore(i) || sentence.startsSegment(i);
    const span = { start: i, end: found.end };
    if (found.strength === 'sure') {
      const limit = this.#limit(span, found.time);
      // "over Christmas 2016"
      if (limit?.filter.from === undefined || found.time.kind !== 'day' || !(isAbout || lead === 'over')) return limit;
      return { ...limit, filter: { from: addDays(limit.filter.from, -5), to: addDays(limit.filter.from, 5) } };
    }
    if (found.strength === 'year') {
      if (!/^(in|from|during|of|within|throughout|around|about|circa)$/.test(lead)) return undefined;
      if (!this.#ends(found) && !photos) return undefined;
      if (lead === 'of' && !sentence.photosBefore(i)) return undefined;
      const days = this.#days(found.time);
      // "a car from 1950" says when the car was built
      if (lead === 'from' && !photos && days && days.from < '1990') return undefined;
      if (isAbout && found.time.kind === 'year') {
        const { year } = found.time;
        return { ...span, filter: { from: wholeYear(year - 1).from, to: wholeYear(year + 1).to } };
      }
      return this.#limit(span, found.time);
    }
    if (!this.#ends(found)) return undefined;
    const { time } = found;
    if (time.kind === 'month') {
      if (!/^(in|during|from|of|throughout)$/.test(lead) || (lead === 'of' && !sentence.photosBefore(i)))
        return undefined;
      if (found.doubtful && lead === 'from' && !photos) return undefined;
      return this.#monthList(i, found, time.month);
    }
    if (time.kind === 'season') {
      // "snow in winter" is seen; "photos taken in winter" says when
      if (!/^(in|during|from)$/.test(lead) || !(taken || sentence.photosBefore(i))) return undefined;
      return { ...span, filter: { months: [...seasonMonths[time.season]] } };
    }
    if (time.kind === 'days' && isDecade(time)) {
      if (!/^(in|from|during)$/.test(lead) || (lead === 'from' && !photos) || sentence.at(i + 1) !== 'the')
        return undefined;
      return this.#limit(span, time);
    }
    // "fireworks on New Year's Eve" may be of any year, and only one day can be asked for
    if (time.kind === 'day' && found.doubtful) return undefined;
    if (lead === 'on' || (lead === 'from' && photos)) return this.#limit(span, time);
    return undefined;
  }

  /** "July 2014", "yesterday", "wedding 2015", "July" */
  #bare(i: number): Limit | undefined {
    const sentence = this.#sentence;
    const found = this.#findList(i);
    if (!found) return undefined;
    const span = { start: i, end: found.end };
    if (found.strength === 'sure') return this.#limit(span, found.time);
    const whole =
      sentence.startsSegment(i) && (endsList(sentence, found.end) || photoNouns.has(sentence.at(found.end)));
    if (found.strength === 'year') {
      if (whole || (sentence.photosBefore(i) && sentence.endsSegment(found.end))) return this.#limit(span, found.time);
      // "2000 people" is how many
      const isCount = found.time.kind === 'year' && /([^s]s|people|children|kids)$/.test(sentence.at(found.end));
      if (isFirstKeyword(sentence, span) && !isCount) return this.#limit(span, found.time);
      // "wedding 2015 at the lake"
      const listed = /^(with|at|in|on|near|by)$/.test(sentence.at(found.end))
        ? i > 0 && isKeywordList(sentence, found.end)
        : keywordsFollow(sentence, found.end) && isKeywordList(sentence);
      if (!endsList(sentence, found.end) && !listed) return undefined;
      // "wedding 2015", but not "number 2015", nor a word that still needs a noun
      if (
        sentence.words.slice(0, i).some(({ lower }) => written.test(lower)) ||
        numbered.test(sentence.at(i - 1)) ||
        sentence.endsBefore(i - 1)
      )
        return undefined;
      return this.#limit(span, found.time);
    }
    if (found.time.kind === 'month' && sentence.startsSegment(i) && sentence.at(found.end) !== 'may') {
      // "July and August", "July August"
      const list = this.#monthList(i, found, found.time.month);
      if (list.end > found.end && endsList(sentence, list.end)) return list;
    }
    if (!whole || found.doubtful) return undefined;
    if (found.time.kind === 'month') return this.#monthList(i, found, found.time.month);
    return this.#limit(span, found.time);
  }

  /** "in July", "in July and August" */
  #monthList(start: number, first: TimeFound, month: number): Limit {
    const at = (k: number) => this.#sentence.at(k);
    const months = [month];
    let end = first.end;
    for (;;) {
      let next = end;
      while (/^(,|and|or|&)$/.test(at(next))) next += 1;
      const found: TimeFound | undefined = monthIn(at(next)) !== undefined ? this.#times.find(next) : undefined;
      if (found?.time.kind !== 'month' || found.time.year !== null || !this.#ends(found)) break;
      months.push(found.time.month);
      end = found.end;
    }
    return { start, end, filter: { months } };
  }

  /** A time, or several that are asked for together. */
  #findList(start: number): TimeFound | undefined {
    const first = this.#find(start);
    return first && (timeList(this.#sentence, this.#times, first, (i) => this.#find(i), this.#now) ?? first);
  }

  /** A time after "the", "the end of", "early", "the year". */
  #find(start: number): TimeFound | undefined {
    const at = (k: number) => this.#sentence.at(k);
    const direct = this.#times.find(start);
    if (direct) return direct;
    let i = start;
    if (at(i) === 'the') i += 1;
    const the = i;
    if (/^(early|mid|late)$/.test(at(i))) i += at(i + 1) === '-' || at(i + 1) === 'in' ? 2 : 1;
    if (
      /^(first|second|third|last|latter|whole|entire)$/.test(at(i)) &&
      /^(half|week|weekend|days|weeks|months|part|quarter)$/.test(at(i + 1))
    )
      i += 1;
    if (
      /^(start|beginning|end|middle|half|week|weekend|days|weeks|months|month|part|quarter|year)$/.test(at(i)) &&
      at(i + 1) === 'of'
    ) {
      i += at(i + 2) === 'the' ? 3 : 2;
    } else if (at(i) === 'year' && at(i - 1) !== 'new' && /^\d{4}$/.test(at(i + 1))) i += 1;
    const found = i > start ? this.#times.find(i) : undefined;
    // "the end of 2015"
    if (i > the || !found) return found;
    // "in the winter", "the 90s", "the 3rd of May"; but not "in the march", "the 2012 games"
    const { kind } = found.time;
    return kind === 'month' || kind === 'year' ? undefined : found;
  }

  /** Whether the phrase ends after a time, so that it does not belong to a noun: not "in July heat". */
  #ends({ end }: TimeFound): boolean {
    const next = this.#sentence.at(end);
    return this.#sentence.endsBefore(end) || next === '&';
  }

  /** "before Christmas" and "after winter" can be of any year, and "before Monday" is no day of photos. */
  #isVague(found: TimeFound): boolean {
    return found.strength === 'weak' && (found.doubtful || !this.#ends(found));
  }

  #limit(span: { start: number; end: number }, time: Time): Limit | undefined {
    const days = this.#days(time);
    const months = time.kind === 'days' && time.months ? { months: [...time.months] } : {};
    return days && { ...span, filter: { ...days, ...months } };
  }

  /** A time without a year is the latest that has begun. */
  #days(time: Time): { from: string; to: string } | undefined {
    if (time.kind === 'days') return { from: time.from, to: time.to };
    if (time.year === null) return latest(time, this.#now);
    const days = daysIn(time, time.year);
    return days && days.from <= this.#now && yearOf(days.from) >= firstYear ? days : undefined;
  }
}

const yearless = (time: Time): boolean => time.kind !== 'days' && time.kind !== 'year' && time.year === null;
/** "2015 to 2018", "May to July 2018": without a lead, only times of one kind are a range. */
const sameKind = (a: Time, b: Time): boolean => a.kind === b.kind;
const isDecade = ({ from, to }: { from: string; to: string }): boolean =>
  from.endsWith('0-01-01') && to.endsWith('9-12-31');

/** Whether some day can be meant by all times of the sentence: not by "July" and "August 2019". */
function agrees(sentence: Sentence, filter: SearchFilter): boolean {
  const all = sentence.parts.reduce<SearchFilter>((all, part) => ({ ...all, ...part.filter }), filter);
  if (!all.months || all.from === undefined || all.to === undefined) return true;
  for (let day = all.from; day <= all.to; day = addMonths(`${day.slice(0, 7)}-01`, 1)) {
    if (all.months.includes(Number(day.slice(5, 7)))) return true;
  }
  return false;
}
