/** What a benchmark measured: rows with a figure, what it is compared with in the same run, and what was asked. */

/** A bound of the figure. */
export type Asked = { readonly atLeast: number } | { readonly atMost: number } | { readonly below: number };

export interface Row {
  /** the same in every version, so that two reports can be compared: `search.query.100000` */
  readonly id: string;
  readonly what: string;
  /** what it is compared with, measured in the same run in turn with it; absent: the figure stands alone */
  readonly against?: string;
  /** of the figure: '×' of a ratio, 'ms', 'MB', '%' */
  readonly unit: string;
  /** the figure of each run; a ratio: of figures measured right after each other */
  readonly runs: readonly number[];
  /** where the figure is not the median of the runs: a maximum, a share of all */
  readonly value?: number;
  /** absent: nothing was asked, and the figure is told for information */
  readonly asked?: Asked;
  /** what the figures were computed from, with the unit in the name: `{ 'ours ms': […], 'usearch ms': […] }` */
  readonly raw?: Readonly<Record<string, readonly number[]>>;
  /** one sentence to read the figure by */
  readonly note?: string;
}

/** A row that this machine or this run has no figure for, and why. */
export interface MissingRow {
  readonly id: string;
  readonly what: string;
  readonly against?: string;
  readonly unit?: string;
  readonly asked?: Asked;
  readonly missing: string;
}

export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The mean of the two middle values where there is an even number of them; NaN of none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function summary(values: readonly number[]): Summary {
  return {
    median: median(values),
    lowest: values.reduce((low, value) => Math.min(low, value), Infinity),
    highest: values.reduce((high, value) => Math.max(high, value), -Infinity),
  };
}

/** The ratio of each pair of figures that were measured right after each other. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} figures cannot be paired with ${theirs.length}.`);
  return ours.map((value, i) => value / theirs[i]!);
}

/** @returns the figure that what was asked is held against */
export function figure(row: Row): number {
  return row.value ?? median(row.runs);
}

/** @returns undefined: nothing was asked, or nothing was measured */
export function isMet(row: Row | MissingRow): boolean | undefined {
  if (row.asked === undefined || 'missing' in row) return undefined;
  const value = figure(row);
  if ('atLeast' in row.asked) return value >= row.asked.atLeast;
  if ('atMost' in row.asked) return value <= row.asked.atMost;
  return value < row.asked.below;
}

/** With three significant digits, and all digits before the decimal point. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

export function formatMeasured(row: Row | MissingRow): string {
  if ('missing' in row) return `not measured: ${row.missing}`;
  const { lowest, highest } = summary(row.runs);
  const text = `${formatNumber(figure(row))} ${row.unit}`;
  if (row.runs.length < 2) return text;
  return `${text} (${formatNumber(lowest)}–${formatNumber(highest)}, ${row.runs.length} runs)`;
}

export function formatAsked({ asked, unit = '' }: Row | MissingRow): string {
  if (asked === undefined) return '–';
  const [sign, bound] =
    'atLeast' in asked ? ['≥', asked.atLeast] : 'atMost' in asked ? ['≤', asked.atMost] : ['<', asked.below];
  return `${sign} ${bound.toLocaleString('en-US')} ${unit}`.trim();
}

const titles = ['what', 'against, in the same run', 'measured: median (lowest–highest)', 'asked', 'met'];

function cells(row: Row | MissingRow): string[] {
  const met = isMet(row);
  return [
    row.what,
    row.against ?? '–',
    formatMeasured(row),
    formatAsked(row),
    met === undefined ? '–' : met ? 'yes' : 'NO',
  ];
}

/** All rows in columns, for a terminal. */
export function textTable(rows: readonly (Row | MissingRow)[]): string {
  const lines = [titles, ...rows.map(cells)];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [text[0]!, widths.map((width) => '─'.repeat(width)).join('  '), ...text.slice(1)].join('\n');
}

/** All rows as a table in Markdown, for docs/performance.md. */
export function markdownTable(rows: readonly (Row | MissingRow)[]): string {
  const line = (values: readonly string[]) => `| ${values.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
}
