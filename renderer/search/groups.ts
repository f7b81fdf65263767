/** The rows of the grid that are elements, below their headings. */
import { headingOf, headingSpan, type GridLayout } from './layout.ts';

export interface Group {
  /** index of the heading in the layout; -1: these rows have none */
  readonly heading: number;
  readonly rows: readonly number[];
}

/**
 * @param first first row
 * @param end the row after the last one
 * @param focused a row that is an element wherever it is, because it holds the focus
 */
export function groupsOf(layout: GridLayout, first: number, end: number, focused: number): Group[] {
  const rows = Array.from({ length: end - first }, (_, i) => first + i);
  if (focused < first) rows.unshift(focused);
  else if (focused >= end) rows.push(focused);
  const groups: { heading: number; rows: number[] }[] = [];
  for (const row of rows) {
    const heading = headingOf(layout, row);
    if (groups.at(-1)?.heading === heading) groups.at(-1)!.rows.push(row);
    else groups.push({ heading, rows: [row] });
  }
  return groups;
}

export interface Span {
  readonly top: number;
  readonly bottom: number;
}

/**
 * The stretch of a group, within which its heading stays at the top of the window.
 *
 * @param clip cuts it off: Chromium lays out nothing longer than 2^25 px
 */
export function spanOf(layout: GridLayout, heading: number, clip: Span | null): Span {
  if (heading < 0) return { top: 0, bottom: 0 };
  const { top, bottom } = headingSpan(layout, heading);
  if (clip === null || bottom < clip.top || top > clip.bottom) return { top, bottom };
  return { top: Math.max(top, clip.top), bottom: Math.min(bottom, clip.bottom) };
}
