import { firstYear, wallClock } from '../ipc/wall-clock.ts';

/** EXIF's 2014:05:12 10:15:00 and XMP's 2014-05-12T10:15:00.5+09:00, also without seconds or a time of day. */
const form = /^\s*(\d{4})[:/.-](\d\d?)[:/.-](\d\d?)(?:(?:T|\s+)(\d\d?):(\d\d)(?::(\d\d))?|[\s:]*$)/;

/**
 * The clock that a metadata field shows. A zone is left out: what the camera's clock said is the photo's time.
 *
 * @returns a wall clock; null for what is zero, blank or impossible, or has no day
 */
export function clockTime(value: unknown): number | null {
  const digits = typeof value === 'string' ? form.exec(value.replace(/\0/g, '')) : null;
  if (!digits) return null;
  const numbers = digits.slice(1).map((digit) => Number(digit ?? 0));
  const [year, month, day, hour, minute, second] = numbers as [number, number, number, number, number, number];
  return year >= firstYear ? wallClock(year, month, day, hour, minute, second) : null;
}
