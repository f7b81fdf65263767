/** Calendar days as "YYYY-MM-DD", without clock and time zone. */

/** First and last day, both included; null: open. */
export interface Days {
  readonly from: string | null;
  readonly to: string | null;
}

const milliseconds = 86_400_000;
const utc = (day: string) => Date.parse(`${day}T00:00:00Z`);
const text = (time: number) => new Date(time).toISOString().slice(0, 10);

/** @param month 1–12; days and months beyond the end count on */
export function dayOf(year: number, month: number, day: number): string {
  return text(Date.UTC(year, month - 1, day));
}

export const yearOf = (day: string): number => Number(day.slice(0, 4));
export const monthOf = (day: string): number => Number(day.slice(5, 7));
const dayOfMonth = (day: string): number => Number(day.slice(8, 10));
export const addDays = (day: string, count: number): string => text(utc(day) + count * milliseconds);
/** 0: Monday … 6: Sunday */
export const weekdayOf = (day: string): number => (new Date(utc(day)).getUTCDay() + 6) % 7;

/** The same day of another month, or the last one of a month that is shorter. */
export function addMonths(day: string, count: number): string {
  const year = yearOf(day);
  const month = monthOf(day) + count;
  const last = Number(dayOf(year, month + 1, 0).slice(8));
  return dayOf(year, month, Math.min(dayOfMonth(day), last));
}

export const wholeYear = (year: number) => ({ from: dayOf(year, 1, 1), to: dayOf(year, 12, 31) });
export const wholeMonth = (year: number, month: number) => ({
  from: dayOf(year, month, 1),
  to: dayOf(year, month + 1, 0),
});
/** Monday to Sunday */
export function wholeWeek(day: string) {
  const from = addDays(day, -weekdayOf(day));
  return { from, to: addDays(from, 6) };
}
/** Whether there is such a day. */
export const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  dayOfMonth(dayOf(year, month, day)) === day &&
  monthOf(dayOf(year, month, day)) === month;
