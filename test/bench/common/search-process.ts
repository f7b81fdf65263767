/**
 * One process that searches a library and tells what it measured, as JSON: so that its memory is that of these searches alone.
 *
 *     node test/bench/common/search-process.ts HOME CHECKOUT
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { exactSearch, MetricKind } from 'usearch';
import { Descry } from '../../../electron/services/descry.ts';
import { scaleOf } from '../../../electron/store/embedding-bytes.ts';

export interface SearchFigures {
  readonly photos: number;
  readonly loadMs: number;
  /** the longest time in which the process answered nothing, while the library was loaded */
  readonly longestGapMs: number;
  /** bytes that the system was asked to read */
  readonly readMb: number;
  /** after loading and 20 searches; NaN where the system does not tell */
  readonly memoryMb: number;
  /** of each search, sentence → ids; those of usearch right after it */
  readonly queryMs: readonly number[];
  readonly firstAnswerMs: readonly number[];
  readonly exactMs: readonly number[];
  readonly exactBytesMs: readonly number[];
  /** share of the best 100 photos that are right, against double precision over what is stored */
  readonly recall: readonly number[];
}

const sentences = [
  ...[
    'a dog on the grass',
    'children playing football',
    'a man with a red hat',
    'two women at a table',
    'a boat on a lake',
  ],
  ...[
    'snow on mountains',
    'a city at night',
    'a boy jumps into a pool',
    'people at a market',
    'a bicycle',
    'a black cat',
  ],
  ...[
    'a climber on a rock',
    'a train',
    'flowers in a garden',
    'a horse race',
    'a crowd in a street',
    'a girl in a dress',
  ],
  ...['a surfer on a wave', 'dogs run through water', 'an old man'],
];
/** as many as a ranking has at most; and of the first answer while one types */
const [limit, first] = [10_000, 1000];

const [home, checkout] = process.argv.slice(2) as [string, string];
const descry = new Descry({ home, builtInModel: path.join(checkout, 'models/pretrained/default.safetensors') });
const readBefore = readMb();
const started = performance.now();
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
await descry.search.warmUp();
const loadMs = performance.now() - started;
const longestGapMs = delays.max / 1e6;
delays.disable();
const read = readMb() - readBefore;
const queryMs: number[] = [];
const firstAnswerMs: number[] = [];
for (const sentence of sentences) {
  firstAnswerMs.push(await time(() => descry.search.query(sentence, { limit: first, allGood: true })));
}
await wait(100);
const memoryMb = memory();

const model = await descry.models.current();
const { dimensions } = model;
const stride = Math.ceil(dimensions / 16) * 16;
const photos = descry.search.index.matrix(model).size;
const bytes = new Int8Array(photos * stride);
const rows = new Float32Array(photos * stride);
const ids: number[] = [];
for (let last: number | undefined = 0; last !== undefined;) {
  const add = (photo: number, level: number, integers: Int8Array) => {
    const at = ids.length * stride;
    bytes.set(integers, at);
    for (let i = 0; i < dimensions; i++) rows[at + i] = integers[i]! * scaleOf[level]!;
    ids.push(photo);
  };
  last = descry.store.contents.embeddings(model.id, dimensions, { add, damaged: () => undefined }, last, 1000);
}
const exactMs: number[] = [];
const exactBytesMs: number[] = [];
const recall: number[] = [];
for (const [i, sentence] of sentences.entries()) {
  const query = new Float32Array(stride);
  query.set(await model.embedSentences([sentence]));
  const wanted = Math.min(first, photos);
  const rounded = Int8Array.from(query, (value) => Math.round(value * 300));
  exactMs.push(await time(() => exactSearch(rows, query, stride, wanted, MetricKind.IP, 0)));
  queryMs.push(await time(() => descry.search.query(sentence, { limit: first })));
  exactBytesMs.push(await time(() => exactSearch(bytes, rounded, stride, wanted, MetricKind.IP, 0)));
  if (i < 10) recall.push(recallOf(query));
}
await time(() => descry.search.query(sentences[0]!, { limit }));
const figures: SearchFigures = {
  ...{ photos, loadMs, longestGapMs, readMb: read, memoryMb, queryMs, firstAnswerMs, exactMs, exactBytesMs, recall },
};
console.log(JSON.stringify(figures));
await descry.close();

async function time(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function recallOf(query: Float32Array): number {
  const scores = new Float64Array(photos);
  for (let row = 0; row < photos; row++) {
    let sum = 0;
    for (let i = 0, at = row * stride; i < dimensions; i++, at++) sum += rows[at]! * query[i]!;
    scores[row] = sum;
  }
  const wanted = Math.min(100, photos);
  const least = scores.toSorted()[photos - wanted]!;
  const byId = new Map(ids.map((id, row) => [id, scores[row]!]));
  const found = descry.search.index.matrix(model).search(query.subarray(0, dimensions), wanted).ids;
  // in single precision, scores that differ less are the same
  return found.filter((id) => byId.get(id)! >= least - 1e-7).length / wanted;
}

/** MB that this process alone, and its share of what others use too, take in memory. */
function memory(): number {
  try {
    const [, kb] = /^Pss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))!;
    return Number(kb) / 1000;
  } catch {
    return NaN;
  }
}

function readMb(): number {
  try {
    const [, count] = /^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))!;
    return Number(count) / 1e6;
  } catch {
    return NaN;
  }
}
