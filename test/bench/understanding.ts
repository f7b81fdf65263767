/**
 * How often a plain description is taken for a filter: `npm run bench -- understanding` understands every caption of the
 * datasets beside the checkout, which describe photos and limit nothing, and prints the share that got a filter and which. `--all` prints each.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { understand } from '../../electron/services/understanding/understand.ts';
import { shared } from '../fixtures/shared-photos.ts';
import { median } from './common/measure.ts';
import { report, reportMissing } from './common/report.ts';

const what = 'plain captions that are taken for a filter';
if (shared === undefined) {
  reportMissing({ id: 'understanding', what, missing: 'the captions lie in ../shared, which is absent' });
  process.exit(0);
}
const gazetteer = Gazetteer.open();
const options = { now: '2026-11-26', gazetteer, cameras: [], folders: [], literal: [] };
const seen = new Map<string, string>();
for (const file of ['flickr/captions.csv', 'captions/flickr30k_captions.csv', 'coco/captions.csv']) {
  const place = path.join(shared, file);
  if (!existsSync(place)) continue;
  const lines = readFileSync(place, 'utf8').split('\n').slice(1);
  const captions = new Set(lines.map((line) => line.split('|')[2]?.trim() ?? '').filter((caption) => caption !== ''));
  const times: number[] = [];
  const counts = new Map<string, number>();
  let filtered = 0;
  for (const caption of captions) {
    const start = performance.now();
    const { parts } = understand(caption, options);
    times.push(performance.now() - start);
    const aspects = new Set(parts.map(({ aspect }) => aspect));
    for (const aspect of aspects) counts.set(aspect, (counts.get(aspect) ?? 0) + 1);
    if ([...aspects].some((aspect) => aspect !== 'not')) filtered += 1;
    for (const { aspect, at, not } of parts)
      seen.set(`${caption} ${at![0]}`, `${aspect.padEnd(6)} ${not ?? caption.slice(...at!)}  ←  ${caption}`);
  }
  const dataset = path.dirname(file) === 'captions' ? 'flickr30k' : path.dirname(file);
  const share = (count: number) => (100 * count) / captions.size;
  report({
    ...{ id: `understanding.filters.${dataset}`, what: `${what}: ${dataset}, ${captions.size} captions`, unit: '%' },
    runs: [share(filtered)],
    raw: Object.fromEntries([...counts].map(([aspect, count]) => [`${aspect} captions`, [count]])),
  });
  report({
    ...{ id: `understanding.time.${dataset}`, what: `understanding a caption of ${dataset}`, unit: 'ms' },
    runs: [median(times)],
    raw: { 'the slowest ms': [times.reduce((most, time) => Math.max(most, time), 0)] },
  });
}
if (process.argv.includes('--all')) for (const line of [...seen.values()].sort()) console.log(line);
