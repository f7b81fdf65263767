/**
 * Where benchmarks report their figures. `npm run bench` names a file in `DESCRY_BENCH_ROWS`, collects the rows of all
 * benchmarks from it and prints them as one table; a benchmark that is run alone only prints its own.
 */
import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { formatAsked, formatMeasured, isMet, type MissingRow, type Row } from './rows.ts';

/**
 * Prints a row and adds it to the report.
 *
 * ```ts
 * report({
 *   id: 'search.query.100000',
 *   what: 'query, 100,000 photos, sentence → ids',
 *   against: 'exact search of usearch in that matrix',
 *   unit: '×',
 *   runs: ratios(ours, bare),
 *   asked: { atMost: 1.3 },
 *   raw: { 'ours ms': ours, 'usearch ms': bare },
 * });
 * ```
 */
export function report(row: Row): void {
  if (row.runs.length === 0 && row.value === undefined) throw new Error(`${row.id} has neither runs nor a value.`);
  add(row);
}

/** A row that has no figure on this machine: so the table tells what it does not tell. */
export function reportMissing(row: MissingRow): void {
  add(row);
}

function add(row: Row | MissingRow): void {
  const met = isMet(row);
  console.log(
    [
      `${row.what}${row.against === undefined ? '' : ` (against ${row.against})`}: ${formatMeasured(row)}`,
      row.asked === undefined ? '' : `, asked ${formatAsked(row)}`,
      met === undefined ? '' : met ? ': met' : ': NOT met',
      'note' in row && row.note ? `. ${row.note}` : '',
    ].join(''),
  );
  const file = process.env['DESCRY_BENCH_ROWS'];
  if (file === undefined) return;
  const circumstances = { at: new Date().toISOString(), loadOfLastMinute: loadavg()[0] };
  appendFileSync(file, `${JSON.stringify({ ...row, ...circumstances })}\n`);
}
