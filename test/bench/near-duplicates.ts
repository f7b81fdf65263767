/**
 * Near-duplicates: `npm run bench -- near-duplicates`. Precision and recall on the labelled pairs, by the whole way that a library
 * takes (needs ../shared); then the time and memory of the search for similar features among 100,000 photos, on vectors drawn
 * from a seed: `npm run bench -- near-duplicates --photos 500000` for another number, `--pairs-only`, `--time-only`.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Descry } from '../../electron/services/descry.ts';
import {
  blockRows,
  ExactSketchIndex,
  GraphSketchIndex,
  sketchLength,
  type Sketch,
} from '../../electron/services/duplicates/sketches.ts';
import { seededRandom } from '../../models/math/random.ts';
import { testAssets } from '../fixtures/assets.ts';
import { derivePhoto } from '../fixtures/derived-photos.ts';
import { labelledPairs, type LabelledPair } from '../fixtures/near-duplicate-pairs.ts';
import { shared } from '../fixtures/shared-photos.ts';
import { benchmark } from './common/measure.ts';
import { report, reportMissing } from './common/report.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
const { values: options } = parseArgs({
  options: {
    photos: { type: 'string', default: '100000' },
    'pairs-only': { type: 'boolean', default: false },
    'time-only': { type: 'boolean', default: false },
  },
});

await benchmark(async () => {
  if (!options['time-only']) await figures();
  if (!options['pairs-only']) await times(Number(options.photos));
});

async function figures(): Promise<void> {
  if (shared === undefined) {
    const missing = 'the labelled pairs are photos of ../shared, which is absent';
    reportMissing({ id: 'near-duplicates.pairs', what: 'near-duplicates, precision and recall', missing });
    return;
  }
  await testAssets();
  const base = mkdtempSync(path.join(tmpdir(), 'descry-bench-near-duplicates-'));
  try {
    const pairs = labelledPairs();
    const photos = path.join(base, 'photos');
    mkdirSync(photos);
    const nameOf = (photo: string) => photo.replaceAll('/', '-');
    for (const photo of new Set(pairs.flatMap((pair) => [...pair.photos]))) {
      copyFileSync(path.join(shared, photo), path.join(photos, nameOf(photo)));
    }
    const names: [string, string][] = [];
    for (const [i, pair] of pairs.entries()) {
      const [first] = pair.photos;
      if (pair.kind === 'real') names.push([nameOf(first), nameOf(pair.photos[1])]);
      else {
        const copy = `copy-${i}.${pair.derivation.format}`;
        writeFileSync(path.join(photos, copy), await derivePhoto(path.join(shared, first), pair.derivation));
        names.push([nameOf(first), copy]);
      }
    }
    const near = await nearPairs(path.join(base, 'home'), photos);
    tell(
      pairs,
      names.map(([one, other]) => near.has(`${one} ${other}`)),
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** Indexes and compares. @returns names of near-duplicates, in both orders */
async function nearPairs(home: string, photos: string): Promise<Set<string>> {
  const descry = new Descry({ home, builtInModel });
  try {
    const folder = await descry.library.add(photos);
    await descry.library.scan(folder.id);
    await descry.indexer.run();
    const started = performance.now();
    await descry.nearDuplicates.run();
    const { store } = descry;
    report({
      ...{
        id: 'near-duplicates.compare',
        what: `near-duplicates: ${store.photos.count()} photos compared`,
        unit: 'ms',
      },
      runs: [performance.now() - started],
    });
    const names = (content: number) => store.photos.ofContent(content).map((row) => path.basename(row.path));
    return new Set(
      store.similarPairs
        .near()
        .pairs.flatMap(({ content, other }) =>
          names(content).flatMap((a) => names(other).flatMap((b) => [`${a} ${b}`, `${b} ${a}`])),
        ),
    );
  } finally {
    await descry.close();
  }
}

function tell(pairs: readonly LabelledPair[], found: readonly boolean[]): void {
  const count = (matches: (pair: LabelledPair, found: boolean) => boolean) =>
    pairs.filter((pair, i) => matches(pair, found[i]!)).length;
  for (const half of ['tune', 'test'] as const) {
    const right = count((pair, is) => pair.half === half && is && pair.near === true);
    const wrong = count((pair, is) => pair.half === half && is && pair.near === false);
    const all = count((pair) => pair.half === half && pair.near === true);
    const different = count((pair) => pair.half === half && pair.near === false);
    const what = `near-duplicates, ${half} half: ${all} pairs, and ${different} of photos that differ`;
    const row = (name: string, part: number, whole: number) => ({
      ...{ id: `near-duplicates.${half}.${name}`, what: `${what}: ${name}`, unit: '' },
      ...{ runs: [part / whole], note: share(part, whole) },
    });
    report({ ...row('precision', right, right + wrong), asked: { atLeast: 0.98 } });
    report({ ...row('recall', right, all), asked: { atLeast: 0.9 } });
    for (const kind of ['derived', 'real'] as const) {
      const of = count((pair) => pair.half === half && pair.kind === kind && pair.near === true);
      const hit = count((pair, is) => pair.half === half && pair.kind === kind && is && pair.near === true);
      report(row(`recall-of-${kind}`, hit, of));
    }
  }
}

/** With Wilson's interval of 95 % (Wilson 1927). */
function share(part: number, whole: number): string {
  const [z, p] = [1.96, part / whole];
  const centre = (p + z ** 2 / 2 / whole) / (1 + z ** 2 / whole);
  const half = (z * Math.sqrt((p * (1 - p)) / whole + z ** 2 / 4 / whole ** 2)) / (1 + z ** 2 / whole);
  const [low, high] = [Math.max(0, centre - half), Math.min(1, centre + half)];
  return `${part} of ${whole} = ${p.toFixed(3)} (95 %: ${low.toFixed(3)}–${high.toFixed(3)})`;
}

/** Sketches as of photos: of a thousand kinds of scene; every tenth photo is a near-duplicate of the one before. */
function drawSketches(count: number): Sketch[] {
  const random = seededRandom(5);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const draw = (near: Float32Array | undefined, spread: number) => {
    const vector = Float32Array.from({ length: sketchLength }, (_, k) => (near?.[k] ?? 0) + spread * gaussian());
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  };
  const scenes = Array.from({ length: 1000 }, () => draw(undefined, 1));
  let last: Float32Array | undefined;
  return Array.from({ length: count }, (_, i) => {
    last = i % 10 === 9 ? draw(last, 0.04) : draw(scenes[random.below(scenes.length)], 0.09);
    return Int8Array.from(last, (value) => Math.max(-127, Math.min(127, Math.round(value * 254))));
  });
}

async function times(count: number): Promise<void> {
  const sketches = drawSketches(count);
  const pause = () => Promise.resolve();
  const before = process.memoryUsage().rss;
  const graph = new GraphSketchIndex();
  const started = performance.now();
  let longest = 0;
  let [found, wanted] = [0, 0];
  for (const [i, sketch] of sketches.entries()) {
    const at = performance.now();
    const nearest = await graph.nearest(sketch, 17, 0.5);
    graph.add(i + 1, sketch);
    longest = Math.max(longest, performance.now() - at);
    if (i % 10 !== 9) continue;
    wanted++;
    if (nearest.includes(i)) found++;
  }
  const took = performance.now() - started;
  const memory = (process.memoryUsage().rss - before) / 1e6;
  const [id, what] = [`near-duplicates.graph.${count}`, `graph of ${count.toLocaleString('en-US')} sketches`];
  const raw = { 'the longest ms': [longest] };
  report({ id: `${id}.add`, what: `${what}: a search and an addition`, unit: 'ms', runs: [took / count], raw });
  report({ id: `${id}.memory`, what: `${what}: memory`, unit: 'MB', runs: [memory] });
  report({ id: `${id}.recall`, what: `${what}: neighbours found`, unit: '', runs: [found / wanted] });
  const exact = new ExactSketchIndex();
  sketches.forEach((sketch, i) => exact.add(i + 1, sketch));
  const searches: number[] = [];
  for (let i = 0; i < 21; i++) {
    const at = performance.now();
    await exact.nearest(sketches[Math.floor((i * count) / 21)]!, 17, 0.5, pause);
    searches.push(performance.now() - at);
  }
  report({
    ...{ id: `near-duplicates.exact.${count}`, unit: 'ms', runs: searches },
    what: `one photo compared with all ${count.toLocaleString('en-US')} sketches, in pieces of ${blockRows}`,
  });
}
