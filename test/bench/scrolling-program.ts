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
import { programMemory, totalOf, type ProcessMemory } from './common/program-memory.ts';
import { scrollByWheel, type Scrolled } from './common/scroll-window.ts';

const frameMs = 1000 / 60;
const varies = 1;
const briskly = { px: 300, eventsPerSecond: 20, seconds: 6 };
const fast = { px: 1200, eventsPerSecond: 20, seconds: 4 };
const sentences = ['a dog on a beach', 'two people in the snow', 'a red car', 'children playing', 'a boat at sunset'];

type Kind = 'briskly' | 'fast';
interface Measured {
  readonly scrolled: Record<Kind, Scrolled[]>;
  readonly memory: { when: string; processes: ProcessMemory[] }[];
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
    for (const [i, one] of measured.entries()) report(checkouts[i]!, one);
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
    const note = (when: string) => into.memory.push({ when, processes: programMemory(pid) });
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800));
    await page.getByRole('gridcell').first().waitFor();
    await sleep(2000);
    note('start');
    const from = 0.05 + round * 0.1;
    into.scrolled.briskly.push(await scrollByWheel(page, { ...briskly, from }));
    into.scrolled.fast.push(await scrollByWheel(page, { ...fast, from: from + 0.5 }));
    note('scrolled');
    for (let i = 0; i < 20; i++) await session.search(`${sentences[i % sentences.length]!} ${i < 5 ? '' : i}`.trim());
    await page.getByRole('combobox', { name: 'Describe a photo' }).fill('');
    await sleep(2000);
    note('20 searches');
    await toTheEndAndBack(page);
    await sleep(3000);
    note('end and back');
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

function report(checkout: string, { scrolled, memory }: Measured): void {
  console.log(checkout);
  for (const [kind, rounds] of Object.entries(scrolled)) {
    for (const { frames, blank, previewOnly, pictures, speed, completeAfter, computed } of rounds) {
      const cells = blank + previewOnly + pictures;
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
      const inTime = frames.filter((ms) => ms <= frameMs + varies).length / frames.length;
      console.log(
        `  ${kind}: ${Math.round(speed)} px/s; cells blank ${percent(blank / cells)}, preview only ${percent(previewOnly / cells)}, ` +
          `picture ${percent(pictures / cells)}; complete ${completeAfter} ms after stopping; frames in time ${percent(inTime)}, ` +
          `median ${median(frames).toFixed(1)} ms, worst ${Math.max(...frames).toFixed(0)} ms; page's thread ${computed.toFixed(0)} ms a second`,
      );
    }
  }
  for (const { when, processes } of memory) {
    const each = processes.map(({ kind, pss }) => `${kind} ${pss.toFixed(0)}`).join(', ');
    console.log(`  memory, ${when}: ${totalOf(processes).toFixed(0)} MB (${each})`);
  }
}
