/**
 * The end of `npm run bench`: prints all rows in one table and writes them as JSON. `write-report.ts ROWS JSON [--keep]`, with
 * ROWS as test/bench/common/report.ts writes them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemCode } from '../../../models/errors.ts';
import { describeMachine, machine, type Machine } from './machine.ts';
import { textTable, type MissingRow, type Row } from './rows.ts';

export interface Report {
  readonly machine: Machine;
  readonly rows: readonly ((Row | MissingRow) & Circumstances)[];
}

/** of each row */
export interface Circumstances {
  /** date and time, ISO 8601 */
  readonly at: string;
  /** processes that ran or waited for a processor; far above the number of cores, other programs slowed this one */
  readonly loadOfLastMinute: number;
}

const [rowsFile, json, option] = process.argv.slice(2) as [string, string, string?];
const measured = (readOrUndefined(rowsFile) ?? '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Report['rows'][number]);
if (measured.length > 0) {
  const on = machine();
  const rows = [...(option === '--keep' ? keptRows(on) : []), ...measured];
  mkdirSync(path.dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify({ machine: on, rows } satisfies Report, undefined, 1)}\n`);
  console.log(`\n${describeMachine(on)}\n\n${textTable(measured)}\n\nWritten to ${json}`);
}

/** The rows of the report so far that were not measured anew. */
function keptRows(on: Machine): Report['rows'] {
  const text = readOrUndefined(json);
  if (text === undefined) return [];
  const before = JSON.parse(text) as Report;
  if (describeMachine(before.machine) !== describeMachine(on)) {
    console.error(`${json} was measured on another machine or with other versions, so its rows were not kept.`);
    return [];
  }
  const ids = new Set(measured.map(({ id }) => id));
  return before.rows.filter(({ id }) => !ids.has(id));
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
