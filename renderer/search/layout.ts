/**
 * The place of every photo in the grid, as typed arrays: 100,000 photos are laid out in a few milliseconds, and only the
 * visible rows become elements. Units are CSS pixels from the top left of the grid; x and width are whole pixels.
 */
export interface GridLayout {
  /** first photo of each row, and one entry more: the number of photos */
  readonly rowStart: Int32Array;
  readonly rowTop: Float64Array;
  readonly rowHeight: Float32Array;
  readonly x: Float32Array;
  readonly width: Float32Array;
  readonly height: number;
  /** photos in the fullest row */
  readonly columns: number;
  /** top of each heading */
  readonly headingTop: Float64Array;
  /** the row below each heading */
  readonly headingRow: Int32Array;
}

export interface GridOptions {
  readonly kind: 'justified' | 'square';
  readonly width: number;
  /** the row height aimed at (justified) or the side aimed at (square) */
  readonly size: number;
  readonly gap: number;
  /** lay out only so many photos */
  readonly count: number;
  /** a row starts at this photo, `breakHeight` further down: room for the divider between probable matches and the others */
  readonly breakAt?: number;
  readonly breakHeight?: number;
  /** a row starts at each of these photos, ascending, below a heading of `headingHeight` */
  readonly headings?: Int32Array;
  readonly headingHeight?: number;
}

const noHeadings = new Int32Array(0);

/** Aspects (width / height) outside these are cropped, so that one photo cannot make a row too low or fill it alone. */
const narrowest = 0.5;
const widest = 3;
/** A last row is not stretched: it keeps the size aimed at and leaves the rest of the width empty. */
const lastRowStretch = 1.15;

export const rowCount = (layout: GridLayout): number => layout.rowTop.length;

export function layoutGrid(aspects: Float32Array, options: GridOptions): GridLayout {
  const count = Math.min(options.count, aspects.length);
  const x = new Float32Array(count);
  const width = new Float32Array(count);
  const rowStart = new Int32Array(count + 1);
  const rowTop = new Float64Array(count);
  const rowHeight = new Float32Array(count);
  const breakAt = options.breakAt ?? -1;
  const { headings = noHeadings, headingHeight = 0 } = options;
  const headingTop = new Float64Array(headings.length);
  const headingRow = new Int32Array(headings.length);
  let heading = 0;
  let rows = 0;
  let top = 0;
  let columns = 0;
  for (let first = 0; first < count;) {
    if (first === breakAt) top += options.breakHeight ?? 0;
    if (first === headings[heading]) {
      headingTop[heading] = top;
      headingRow[heading++] = rows;
      top += headingHeight;
    }
    const limit = Math.min(count, first < breakAt ? breakAt : count, headings[heading] ?? count);
    const row =
      options.kind === 'square' ? squareRow(first, limit, options) : justifiedRow(aspects, first, limit, options);
    place(aspects, first, row, options, x, width);
    rowStart[rows] = first;
    rowTop[rows] = top;
    rowHeight[rows] = row.height;
    rows++;
    columns = Math.max(columns, row.end - first);
    top += row.height + options.gap;
    first = row.end;
  }
  rowStart[rows] = count;
  return {
    rowStart: rowStart.slice(0, rows + 1),
    rowTop: rowTop.slice(0, rows),
    rowHeight: rowHeight.slice(0, rows),
    x,
    width,
    height: Math.max(0, top - options.gap),
    columns,
    headingTop: headingTop.subarray(0, heading),
    headingRow: headingRow.subarray(0, heading),
  };
}

interface Row {
  /** the photo after the last one */
  readonly end: number;
  readonly height: number;
  /** the photos fill the whole width */
  readonly full: boolean;
}

function squareRow(first: number, limit: number, { width, size, gap }: GridOptions): Row {
  const columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
  const height = Math.max(1, Math.floor((width - (columns - 1) * gap) / columns));
  const end = Math.min(limit, first + columns);
  return { end, height, full: end - first === columns };
}

function justifiedRow(aspects: Float32Array, first: number, limit: number, { width, size, gap }: GridOptions): Row {
  const heightOf = (sum: number, photos: number) => (width - (photos - 1) * gap) / sum;
  let sum = 0;
  for (let end = first; end < limit; end++) {
    const before = sum;
    sum += usableAspect(aspects[end]);
    const height = heightOf(sum, end - first + 1);
    if (height > size) continue;
    // With this photo the row is lower than aimed at, without it higher: take the nearer of the two.
    if (end > first) {
      const without = heightOf(before, end - first);
      if (without / size < size / height) return { end, height: Math.round(without), full: true };
    }
    return { end: end + 1, height: Math.max(1, Math.round(height)), full: true };
  }
  const stretched = heightOf(sum, limit - first);
  const full = stretched <= size * lastRowStretch;
  return { end: limit, height: Math.round(full ? stretched : size), full };
}

function place(
  aspects: Float32Array,
  first: number,
  row: Row,
  { kind, width, gap }: GridOptions,
  x: Float32Array,
  widths: Float32Array,
): void {
  // Rounding the running edge rather than each width keeps the right edge straight to the pixel.
  let sum = 0;
  for (let i = first; i < row.end; i++) sum += kind === 'square' ? 1 : usableAspect(aspects[i]);
  const room = width - (row.end - first - 1) * gap;
  const unit = row.full ? room / sum : row.height;
  let edge = 0;
  for (let i = first; i < row.end; i++) {
    const left = Math.round(edge);
    edge += unit * (kind === 'square' ? 1 : usableAspect(aspects[i]));
    x[i] = left + (i - first) * gap;
    widths[i] = Math.max(1, Math.round(edge) - left);
  }
}

function usableAspect(aspect: number | undefined): number {
  if (aspect === undefined || !(aspect > 0)) return 1;
  return Math.min(widest, Math.max(narrowest, aspect));
}

/** The row that holds a photo. */
export function rowOf(layout: GridLayout, photo: number): number {
  return lastAtMost(layout.rowStart, rowCount(layout), photo);
}

/** Rows that touch the stretch from `top` to `bottom`: first and the one after the last. */
export function rowsBetween(layout: GridLayout, top: number, bottom: number): { first: number; end: number } {
  const rows = rowCount(layout);
  if (rows === 0) return { first: 0, end: 0 };
  const at = lastAtMost(layout.rowTop, rows, top);
  const first = layout.rowTop[at]! + layout.rowHeight[at]! < top && at + 1 < rows ? at + 1 : at;
  const last = lastAtMost(layout.rowTop, rows, bottom);
  return { first, end: Math.max(first, last) + 1 };
}

/** The heading above a row, or at it; -1: there is none. */
export function headingOf(layout: GridLayout, row: number): number {
  const { headingRow } = layout;
  if (headingRow.length === 0 || row < headingRow[0]!) return -1;
  return lastAtMost(headingRow, headingRow.length, row);
}

/** The stretch of a heading and the rows below it: top, and the top of the next heading or the end of the grid. */
export function headingSpan(layout: GridLayout, heading: number): { top: number; bottom: number } {
  return { top: layout.headingTop[heading]!, bottom: layout.headingTop[heading + 1] ?? layout.height };
}

/** The places that a rectangle touches, ascending; its sides in any order, in the layout's pixels. */
export function placesWithin(
  layout: GridLayout,
  { x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number },
): number[] {
  const [left, right] = x1 < x2 ? [x1, x2] : [x2, x1];
  const [top, bottom] = y1 < y2 ? [y1, y2] : [y2, y1];
  const { first, end } = rowsBetween(layout, top, bottom);
  const touched: number[] = [];
  for (let row = first; row < end; row++) {
    const rowTop = layout.rowTop[row]!;
    if (rowTop > bottom || rowTop + layout.rowHeight[row]! < top) continue; // rowsBetween names the nearest where none is touched
    for (let place = layout.rowStart[row]!; place < layout.rowStart[row + 1]!; place++) {
      const x = layout.x[place]!;
      if (x <= right && x + layout.width[place]! >= left) touched.push(place);
    }
  }
  return touched;
}

/** The last index whose value is at most `value` in an ascending array; 0 when there is none. */
function lastAtMost(ascending: Int32Array | Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Chromium cannot scroll an element higher than 2^25 px (LayoutUnit): a very long grid is scrolled in a shorter one,
 * each step of the scroll bar covering proportionally more.
 */
const tallest = 30_000_000;

export interface ScrollMap {
  /** the height of the element that is scrolled */
  readonly canvas: number;
  toLayout(scrollTop: number): number;
  toScroll(layoutTop: number): number;
}

export function scrollMap(height: number, viewport: number): ScrollMap {
  const canvas = Math.min(height, tallest);
  const ratio = canvas > viewport ? Math.max(1, (height - viewport) / (canvas - viewport)) : 1;
  return { canvas, toLayout: (scrollTop) => scrollTop * ratio, toScroll: (layoutTop) => layoutTop / ratio };
}
