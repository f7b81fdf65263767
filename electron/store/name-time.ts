/**
 * The time in a file's name, as cameras, phones and programs write it: IMG_20140512_101500.jpg, PXL_20210101_101500123.jpg,
 * IMG-20190101-WA0003.jpg, Screenshot 2026-03-04 at 10.15.30.png, 2014-05-12 10.15.00.jpg, FB_IMG_1567123456789.jpg.
 *
 * Only dates that start with a year of four digits are read: of "12-05-14" nobody knows which number is the day.
 */
import { normalized } from '../../models/files/normalized.ts';
import { firstYear, wallClock } from '../ipc/wall-clock.ts';

/** Years of numbers without separators: digital cameras wrote them; a scanned photo's 1890-05-12 is written with separators. */
const firstDigitalYear = 1990;
const lastYear = 2099;

/** 2014-05-12, 2014_05_12, 2014.05.12 */
const separated = /(?<!\d)(\d{4})([-_.])(\d\d)\2(\d\d)(?!\d)/g;
/**
 * 20140512, 20140512_101500, 20140512101500, 20140512T101500 at the start, or after a separator or a word
 * (IMG20140512101500). Digits within a hash have letters and digits around them.
 */
const compact = /(?=\d{8})(?<=(?:^|[^\da-z])[a-z]*)(\d{4})(\d\d)(\d\d)(?=\d{6}(?:\d{3})?(?!\d)|T\d{6}|[^\da-z]|$)/gi;
/**
 * 10.15.30, 10-15-30, 10.15, 101530, 101530123 after a date and a separator, and after at most two short words: "at", "um",
 * "a las", "kl.", as the systems write in their languages.
 */
const clock =
  /^(?:T|[ ,_.-]+(?:(?:\p{L}{1,5}\.? ){1,2})?)?(?:(\d\d)(\d\d)(\d\d)(?:\d{3})?|(\d\d?)[.:_-](\d\d)(?:[.:_-](\d\d))?)(?!\d)(?:\s?([ap])m\b)?/iu;

/** Names with the ms since the epoch when the picture was saved: Facebook, WeChat */
const epoch = /^(?:FB_IMG_|mmexport)(1[0-9]{12})(?!\d)/i;
/** Its groups of digits may look like a date. */
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i;

/**
 * @param file a name or path
 * @returns a wall clock, as ms since the epoch as if it showed UTC; without a time of day it is midnight; null: there is none
 */
export function timeInName(file: string): number | null {
  const stem = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1).replace(/\.[a-z]{3,4}$/i, '');
  const name = normalized(stem, 'NFC'); // macOS may store à as a and an accent
  if (uuid.test(name)) return null;
  const saved = epoch.exec(name);
  // The name has no time zone; UTC's day is the same on every computer.
  if (saved) return Number(saved[1]);
  for (const match of name.matchAll(separated)) {
    const found = time(name, match, [match[1]!, match[3]!, match[4]!], firstYear);
    if (found !== null) return found;
  }
  for (const match of name.matchAll(compact)) {
    const found = time(name, match, [match[1]!, match[2]!, match[3]!], firstDigitalYear);
    if (found !== null) return found;
  }
  return null;
}

function time(name: string, match: RegExpExecArray, date: readonly string[], earliest: number): number | null {
  const [year, month, day] = date.map(Number) as [number, number, number];
  if (year < earliest || year > lastYear) return null;
  const at = wallClock(year, month, day);
  if (at === null) return null;
  const rest = name.slice(match.index + match[0].length);
  const [, h, min, s, hours, minutes, seconds, half] = clock.exec(rest) ?? [];
  const hour = Number(h ?? hours);
  const hour24 = half === undefined ? hour : (hour % 12) + (/p/i.test(half) ? 12 : 0);
  const moment = wallClock(year, month, day, hour24, Number(min ?? minutes), Number(s ?? seconds ?? 0));
  // 14 digits of which only the first are a date are another number.
  return moment ?? (/^\d/.test(rest) ? null : at);
}
