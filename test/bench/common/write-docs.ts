/**
 * Writes what docs/performance.md shows of a report: the table between its marks, and the charts.
 *
 *     node build/scripts/run.mjs test/bench/common/write-docs.ts [FILE]
 *
 * FILE is a report of `npm run bench`; absent: docs/performance.json, which is kept with the checkout so that the document can be
 * made again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { growthChart, looks } from './growth-chart.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './rows.ts';
import type { Report } from './write-report.ts';

const docs = path.resolve(import.meta.dirname, '../../../docs');
const { machine, rows } = JSON.parse(
  readFileSync(process.argv[2] ?? path.join(docs, 'performance.json'), 'utf8'),
) as Report;
for (const [name, look] of Object.entries(looks)) {
  writeFileSync(path.join(docs, `growth-${name}.svg`), growthChart(rows, look));
}
const document = path.join(docs, 'performance.md');
const asked = rows.filter((row) => row.asked !== undefined);
const others = rows.filter((row) => row.asked === undefined && !row.id.startsWith('growth.'));
const growth = rows.filter((row) => row.id.startsWith('growth.'));
let text = readFileSync(document, 'utf8');
for (const [mark, content] of [
  ['machine', `${describeMachine(machine)}.`],
  ['asked', markdownTable(asked)],
  ['growth', markdownTable(growth)],
  ['others', markdownTable(others)],
] as const) {
  const [begin, end] = [`<!-- ${mark} -->\n`, `<!-- end of ${mark} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no ${begin.trim()} … ${end}.`);
  text = `${text.slice(0, from + begin.length)}\n${content}\n\n${text.slice(to)}`;
}
writeFileSync(document, text);
