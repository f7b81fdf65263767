/**
 * Response times of the window with a library of 100,000 photos, for this checkout or for two in turn:
 *
 *     npm run bench -- responsiveness [--against DIR] [--rounds N] [--only stalls|window|typing]
 *
 * stalls: 500 photos are indexed while twenty sentences are searched for; the delays of a 1 ms timer in the main process's event
 * loop. On a machine with other load these mean little, so the output also has the part in which the thread did not wait for a
 * processor, the part in which it ran, and the delays of a control process at the same time (event-loop.ts).
 * window: process start to visible window, against a bare Electron window.
 * typing: a sentence at eight keys a second; from the moment a key is sent to the moment the grid shows the photos of the
 * text so far.
 *
 * DIR is another checkout with its dependencies installed and built there (`npm run build`), and with the same Electron.
 * The library is made by the other checkout if there is one, and upgraded by this one. It takes 2 GB in the folder for
 * temporary files, and twenty minutes for two checkouts.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import type { Stall } from './common/event-loop.ts';
import { benchmark, CannotMeasure, median } from './common/measure.ts';
import type { KeyTimes, Session as OpenSession } from './common/session.ts';
import { measureWindows } from './window.ts';

const photos = 100_000;
const newPhotos = 500;
const typed = 'two dogs running on a beach';
const keysPerSecond = 8;
const timesTyped = 3;
const sentences = [
  'a dog on the grass',
  'children having fun',
  'a boat on the sea',
  'two men playing football',
  'a woman with a red hat',
  'people at a table',
  'a street at night',
  'a cat on a sofa',
  'snow on the mountains',
  'a man on a bicycle',
  'a girl in a blue dress',
  'a crowd at a concert',
  'a horse in a field',
  'birds over the water',
  'an old house',
  'a child with a ball',
  'a train at the station',
  'flowers in the garden',
  'a runner in the park',
  'a dog jumps over a fence',
];

interface Measured {
  readonly stalls: (Stall & { readonly during: string })[];
  readonly histogramMax: number[];
  readonly idleProcess: Stall[];
  readonly searches: number[];
  readonly keys: KeyTimes[];
}

const root = path.resolve(import.meta.dirname, '../..');
const say = (line: string) => process.stderr.write(`${line}\n`);

await benchmark(async () => {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      rounds: { type: 'string', default: '2' },
      only: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  const parts = values.only === undefined ? ['stalls', 'window', 'typing'] : [values.only];
  const checkouts = [root, ...(values.against === undefined ? [] : [path.resolve(values.against)])];
  const names = ['this checkout', ...(values.against === undefined ? [] : ['the other'])];
  const other = checkouts[1];
  if (other !== undefined && !existsSync(path.join(other, 'dist/main.cjs'))) {
    throw new CannotMeasure(`${other} is not built. Run "npm run build" there first.`);
  }
  await findElectron(say);
  if (await isStale()) await buildApp();
  if (parts.includes('stalls') || parts.includes('typing')) {
    report(names, await measureSessions(checkouts, rounds, parts));
  }
  if (parts.includes('window')) {
    say('window …');
    const times = await measureWindows(checkouts, 7);
    row('window visible', names, times, ({ descry }) => `${descry.toFixed(0)} ms`);
    row('  against a bare window (asked ≤ 1.25)', names, times, ({ ratio }) => ratio.toFixed(2));
    console.log(`  the bare window: ${times[0]!.bare.toFixed(0)} ms`);
  }
});

async function measureSessions(
  checkouts: readonly string[],
  rounds: number,
  parts: readonly string[],
): Promise<Measured[]> {
  // Only now: these look for Electron when they are loaded.
  const [{ Session }, { watchIdleProcess, watchMainProcess }, { makeLargeLibrary }] = await Promise.all([
    import('./common/session.ts'),
    import('./common/event-loop.ts'),
    import('./common/large-library.ts'),
  ]);
  await testAssets();
  const scratch = mkdtempSync(path.join(tmpdir(), 'descry-bench-responsiveness-'));
  try {
    say(`making a library of ${photos} photos …`);
    const library = path.join(scratch, 'library');
    mkdirSync(library);
    await makeLargeLibrary(library, checkouts.at(-1)!, photos);
    const folder = path.join(scratch, 'new photos');
    if (parts.includes('stalls')) await drawPhotos(folder, { count: newPhotos, width: 500, height: 375 });
    const measured = checkouts.map((): Measured => ({
      stalls: [],
      histogramMax: [],
      idleProcess: [],
      searches: [],
      keys: [],
    }));
    for (let round = 0; round < rounds; round++) {
      for (const [i, checkout] of checkouts.entries()) {
        say(`round ${round + 1}, ${checkout} …`);
        const home = path.join(scratch, 'home');
        cpSync(library, home, { recursive: true });
        const session = await Session.open(checkout, home);
        try {
          if (parts.includes('stalls')) await stalls(session, measured[i]!);
          if (parts.includes('typing')) {
            for (let time = 0; time < timesTyped; time++)
              measured[i]!.keys.push(...(await session.type(typed, keysPerSecond)));
          }
        } finally {
          await session.close();
          rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
        }
      }
    }
    return measured;

    async function stalls(session: OpenSession, into: Measured): Promise<void> {
      const main = await watchMainProcess(session.electron);
      const idle = watchIdleProcess();
      const started = Date.now();
      const times: { asked: number; shown: number }[] = [];
      await session.addFolder(folder);
      await session.until('indexing begins', async () => (await session.indexed()) > 0);
      for (const [i, sentence] of sentences.entries()) {
        const due = (i * newPhotos) / sentences.length;
        await session.until(
          'indexing goes on',
          async () => (await session.indexed()) >= due || (await session.isIdle()),
          600_000,
        );
        times.push(await session.search(sentence));
      }
      await session.until('all is indexed', () => session.isIdle(), 600_000);
      const { stalls: seen, histogramMax } = await main.stop();
      const during = ({ at, ms }: Stall) => {
        const search = times.findIndex(({ asked, shown }) => at >= asked && at - ms <= shown);
        return `${((at - started) / 1000).toFixed(1)} s, ${search < 0 ? 'no search' : `search ${search + 1}`}`;
      };
      into.stalls.push(...seen.map((stall) => ({ ...stall, during: during(stall) })));
      into.histogramMax.push(histogramMax);
      into.idleProcess.push(...(await idle.stop()).stalls);
      into.searches.push(...times.map(({ asked, shown }) => shown - asked));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function report(names: readonly string[], measured: readonly Measured[]): void {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const kinds = [
    ['ms', 'wall time (asked < 16 ms)'],
    ['ownMs', 'without waiting for a processor'],
    ['computedMs', 'computing'],
  ] as const;
  type Kind = (typeof kinds)[number][0];
  const most = (stalls: readonly Stall[], which: Kind) => Math.max(0, ...stalls.map((stall) => stall[which]));
  const long = ({ stalls }: Measured) => stalls.map(({ computedMs }) => computedMs).filter((time) => time >= 16);
  if (measured.some(({ searches }) => searches.length > 0)) {
    console.log(`${photos} photos searched ${sentences.length} times while ${newPhotos} are indexed`);
    for (const [which, what] of kinds) {
      row(`longest stall of the main process, ${what}`, names, measured, ({ stalls }) => ms(most(stalls, which)));
    }
    row('  by monitorEventLoopDelay', names, measured, ({ histogramMax }) => ms(Math.max(...histogramMax)));
    for (const [which, what] of kinds) {
      row(`  of a process that only watches itself, ${what}`, names, measured, ({ idleProcess }) =>
        ms(most(idleProcess, which)),
      );
    }
    row('stalls of 16 ms and more, computing: number', names, measured, (one) => `${long(one).length}`);
    row('  together', names, measured, (one) => ms(long(one).reduce((total, time) => total + time, 0)));
    row('a search pasted, to its photos: median', names, measured, ({ searches }) => ms(median(searches)));
    row('  worst', names, measured, ({ searches }) => ms(Math.max(...searches)));
    for (const [i, name] of names.entries()) {
      console.log(`ten stalls that computed longest, ${name}:`);
      const ten = measured[i]!.stalls.toSorted((a, b) => b.computedMs - a.computedMs).slice(0, 10);
      for (const stall of ten)
        console.log(`  ${stall.computedMs.toFixed(1)} of ${stall.ms.toFixed(1)} ms (${stall.during})`);
    }
  }
  if (measured.some(({ keys }) => keys.length > 0)) {
    const times = ({ keys }: Measured, which: keyof KeyTimes) =>
      keys.map((key) => key[which]).filter((time) => time !== undefined);
    console.log(`“${typed}” typed ${keysPerSecond} keys a second, ms from a key to the photos`);
    for (const [which, what] of [
      ['own', 'of the text up to it'],
      ['ownOrLater', 'of that text or a longer one'],
    ] as const) {
      row(`  ${what}: median`, names, measured, (one) => ms(median(times(one, which))));
      row('    worst', names, measured, (one) => ms(Math.max(...times(one, which))));
      row('    keys', names, measured, (one) => `${times(one, which).length} of ${one.keys.length}`);
    }
  }
}

/** One line; where two checkouts are measured, with the first's share of the second's. */
function row<T>(what: string, names: readonly string[], values: readonly T[], text: (value: T) => string): void {
  const texts = values.map(text);
  const [ours, theirs] = texts.map((value) => Number.parseFloat(value));
  const ratio = theirs !== undefined && theirs > 0 ? `, ratio ${(ours! / theirs).toFixed(2)}` : '';
  console.log(`${what}: ${texts.map((value, i) => `${names[i]} ${value}`).join(', ')}${ratio}`);
}
