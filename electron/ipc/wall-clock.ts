/**
 * A wall clock has no time zone: a camera's, or the one in a file's name. It is kept as ms since the epoch as if it showed UTC,
 * so that it says the same day on every computer. Shared by what reads, stores and shows it.
 */

/** @returns null where there is no such day or time of day */
export function wallClock(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number | null {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // 60: a leap second
  const real =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60;
  return real ? date.getTime() + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 : null;
}

/**
 * What this computer's wall clock shows at a time.
 * @param ms since the epoch
 */
export const localClock = (ms: number): number => ms - new Date(ms).getTimezoneOffset() * 60_000;

/** @returns year × 10000 + month × 100 + day of a wall clock */
export function dayOf(at: number): number {
  const date = new Date(at);
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

/** The oldest photo is of this year; cameras without a set clock, and blank fields, give earlier ones. */
export const firstYear = 1826;
