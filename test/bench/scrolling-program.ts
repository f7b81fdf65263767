/**
 * The real window with a library of 100,000 photos: what is seen while one scrolls, and the memory of the whole program:
 * `npm run bench -- scrolling-program [--against DIR] [--rounds N] [--photos N] [--homes DIR]`.
 *
 * The photos exist only as rows (common/large-library.ts), and their thumbnails are in the cache, as indexing leaves them. A wheel
 * is turned as a hand does, 300 px an event, 20 times a second, over photos that were not shown before, and then four times as
 * far. Every frame, each cell in sight shows its picture, a preview only, or nothing. Memory is the sum over all processes of the program
 * (PSS): at the start, after 20 searches, and after scrolling to the end and back.
 *
 * DIR of `--against` is another checkout that is built; both are measured in turn, with the same Electron. `--homes` keeps the
 * libraries, which take minutes to make, in a folder, or takes them from there.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { makeLargeLibrary } from './common/large-library.ts';
import { addThumbnails } from './common/library-thumbnails.ts';
import { benchmark, median } from './common/measure.ts';
import { programMemory, totalOf, untilQuiet, type ProcessMemory } from './common/program-memory.ts';
import { report } from './common/report.ts';
import { scrollByWheel, type Scrolled } from './common/scroll-window.ts';

const frameMs = 1000 / 60;
const varies = 1;
const briskly = { px: 300, eventsPerSecond: 20, seconds: 6 };
const fast = { px: 1200, eventsPerSecond: 20, seconds: 4 };
const sentences = ['a dog on a beach', 'two people in the snow', 'a red car', 'children playing', 'a boat at sunset'];

const moments = ['start', 'after 20 searches', 'after scrolling to the end and back'] as const;

type Kind = 'briskly' | 'fast';
interface Measured {
  readonly scrolled: Record<Kind, Scrolled[]>;
  readonly memory: { when: (typeof moments)[number]; processes: ProcessMemory[] }[];
}

await benchmark(async () => {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      photos: { type: 'string', default: '100000' },
      homes: { type: 'string' },
    },
  });
  await findElectron();
  if (await isStale()) await buildApp();
  const { root } = await import('../fixtures/electron.ts');
  const checkouts = [root, ...(values.against === undefined ? [] : [path.resolve(values.against)])];
  const homes = values.homes ?? (await mkdtemp(path.join(tmpdir(), 'descry-scrolling-')));
  try {
    const measured = checkouts.map((): Measured => ({ scrolled: { briskly: [], fast: [] }, memory: [] }));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [i, checkout] of checkouts.entries()) {
        const home = path.join(homes, String(i));
        if (!existsSync(path.join(home, 'library.db'))) {
          mkdirSync(home, { recursive: true });
          await makeLargeLibrary(home, checkout, Number(values.photos));
          await addThumbnails(home);
        }
        await measure(checkout, home, round, measured[i]!);
      }
    }
    tell(measured, values.against);
  } finally {
    if (values.homes === undefined) await rm(homes, { recursive: true, force: true });
  }
});

async function measure(checkout: string, home: string, round: number, into: Measured): Promise<void> {
  const { Session } = await import('./common/session.ts');
  const session = await Session.open(checkout, home);
  try {
    const { page, electron } = session;
    const pid = electron.process().pid!;
    const note = (when: (typeof moments)[number]) => into.memory.push({ when, processes: programMemory(pid) });
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800));
    await page.getByRole('gridcell').first().waitFor();
    await untilQuiet(pid);
    note('start');
    const from = 0.05 + round * 0.1;
    into.scrolled.briskly.push(await scrollByWheel(page, { ...briskly, from }));
    into.scrolled.fast.push(await scrollByWheel(page, { ...fast, from: from + 0.5 }));
    for (let i = 0; i < 20; i++) await session.search(`${sentences[i % sentences.length]!} ${i < 5 ? '' : i}`.trim());
    await page.getByRole('combobox', { name: 'Describe a photo' }).fill('');
    await sleep(2000);
    note('after 20 searches');
    await toTheEndAndBack(page);
    await sleep(3000);
    note('after scrolling to the end and back');
  } finally {
    await session.close();
  }
}

/** In a hundred steps, at each of which the photos in sight are loaded. */
async function toTheEndAndBack(page: Page): Promise<void> {
  for (let step = 0; step <= 100; step++) {
    const share = 1 - Math.abs(step / 50 - 1);
    await page.evaluate((to) => {
      const scroller = document.querySelector('.scroller')!;
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * to;
    }, share);
    await sleep(150);
  }
}

function percent(share: number): number {
  return 100 * share;
}

function tell(measured: readonly Measured[], against: string | undefined): void {
  const [ours, theirs] = measured as [Measured, Measured?];
  const name = { briskly: 'scrolling briskly (6,000 px a second)', fast: 'scrolling 24,000 px a second' };
  for (const kind of ['briskly', 'fast'] as const) {
    const share = (of: (one: Scrolled) => number) => ours.scrolled[kind].map((one) => percent(of(one)));
    const raw = (one: Measured, who: string) => ({
      [`${who} blank %`]: one.scrolled[kind].map((each) => percent(each.blank / cellsOf(each))),
      [`${who} pictures %`]: one.scrolled[kind].map((each) => percent(each.pictures / cellsOf(each))),
      [`${who} complete after ms`]: one.scrolled[kind].map((each) => each.completeAfter),
      [`${who} frame median ms`]: one.scrolled[kind].map(({ frames }) => median(frames)),
      [`${who} page's thread, ms a second`]: one.scrolled[kind].map(({ computed }) => computed),
    });
    const both = { ...raw(ours, 'ours'), ...(theirs ? raw(theirs, 'theirs') : {}) };
    const briskly = kind === 'briskly';
    report({
      id: `scrolling.${kind}.blank`,
      what: `${name[kind]}, never seen before: cells that show nothing`,
      unit: '%',
      runs: share((one) => one.blank / cellsOf(one)),
      asked: { atMost: 5 },
      raw: both,
      ...(against === undefined ? {} : { note: `theirs: ${against}` }),
    });
    report({
      id: `scrolling.${kind}.preview`,
      what: `${name[kind]}: cells that show a preview only`,
      unit: '%',
      runs: share((one) => one.previewOnly / cellsOf(one)),
    });
    report({
      id: `scrolling.${kind}.frames`,
      what: `${name[kind]}: frames within 16.7 ms`,
      unit: '%',
      runs: share(({ frames }) => frames.filter((ms) => ms <= frameMs + varies).length / frames.length),
      ...(briskly ? { asked: { atLeast: 95 } } : {}),
    });
  }
  for (const [i, one] of measured.entries()) {
    for (const when of moments) {
      const noted = one.memory.filter((each) => each.when === when).map(({ processes }) => processes);
      const kinds = new Set(noted.flatMap((processes) => processes.map(({ kind }) => kind)));
      const of = (processes: ProcessMemory[], kind: string) => totalOf(processes.filter((each) => each.kind === kind));
      report({
        id: `memory.${i === 0 ? 'ours' : 'theirs'}.${when}`,
        what: `memory of all processes (PSS), ${when}${i === 0 ? '' : `, ${against}`}`,
        unit: 'MB',
        runs: noted.map(totalOf),
        ...(i === 0 && when === moments.at(-1) ? { asked: { atMost: 700 } } : {}),
        raw: Object.fromEntries(
          [...kinds].map((kind) => [`${kind} MB`, noted.map((processes) => of(processes, kind))]),
        ),
      });
    }
  }
}

function cellsOf({ blank, previewOnly, pictures }: Scrolled): number {
  return blank + previewOnly + pictures;
}
