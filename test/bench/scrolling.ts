/**
 * How smoothly the page scrolls 100,000 photos: `npm run bench -- scrolling [--against DIR] [--rounds N] [--photos N]`.
 *
 * The built page with made-up photos (test/page), in an Electron window of 1280 × 800. Every frame the grid is moved on, as a
 * wheel would; a frame is in time when it comes no later than 16.7 ms after the one before (with the 1 ms by which the
 * clock of frames varies). And jumps to the middle: how long until every photo in sight is there.
 *
 * DIR is another checkout that is built (`npm run build`); both are measured in turn, with the same Electron.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { buildApp, isStale } from '../../build/build.ts';
import { findElectron } from '../../build/scripts/electron.ts';
import { startPreview } from '../page/preview.ts';
import { benchmark, median } from './common/measure.ts';

const frameMs = 1000 / 60;
const varies = 1;
const seconds = 6;

interface Scrolled {
  /** ms from one frame to the next */
  readonly frames: number[];
  /** ms that the page's thread computed, a second of scrolling: hardly influenced by what else the machine does */
  readonly computed: number;
}
interface Measured {
  readonly slow: Scrolled[];
  readonly fast: Scrolled[];
  readonly jumps: number[];
}

await benchmark(async () => {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      photos: { type: 'string', default: '100000' },
    },
  });
  await findElectron();
  if (await isStale()) await buildApp();
  const { launchBareWindow, root } = await import('../fixtures/electron.ts');
  const checkouts = [root, ...(values.against === undefined ? [] : [path.resolve(values.against)])];
  const measured = checkouts.map((): Measured => ({ slow: [], fast: [], jumps: [] }));
  const electron = await launchBareWindow();
  try {
    const page = await electron.firstWindow();
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1280, 800));
    const thumbnail = await sharp({ create: { width: 480, height: 320, channels: 3, background: '#6a8' } })
      .webp()
      .toBuffer();
    // Pictures as the program serves them, not the drawings of the preview, which cost the page more to show.
    await page.route('**/pictures/**', (route) => route.fulfill({ contentType: 'image/webp', body: thumbnail }));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [i, checkout] of checkouts.entries()) {
        const preview = await startPreview(path.join(checkout, 'dist/renderer'));
        try {
          await page.goto(preview.address({ photos: Number(values.photos), cached: true }));
          await page.getByRole('gridcell').first().waitFor();
          await page.waitForTimeout(1500);
          measured[i]!.slow.push(await scroll(page, 2400));
          measured[i]!.fast.push(await scroll(page, 12_000));
          measured[i]!.jumps.push(await jump(page, 0.5), await jump(page, 0.21), await jump(page, 0.83));
        } finally {
          await preview.close();
        }
      }
    }
  } finally {
    await electron.close();
  }
  for (const [i, { slow, fast, jumps }] of measured.entries()) {
    console.log(`${checkouts[i]}, ${values.photos} photos`);
    report('scrolling 2,400 px a second', slow);
    report('scrolling 12,000 px a second', fast);
    console.log(
      `  a jump, to all photos in sight: median ${median(jumps).toFixed(0)} ms, worst ${Math.max(...jumps).toFixed(0)} ms`,
    );
  }
});

function report(what: string, rounds: readonly Scrolled[]): void {
  const inTime = (frames: readonly number[]) => frames.filter((ms) => ms <= frameMs + varies).length / frames.length;
  const shares = rounds.map(({ frames }) => inTime(frames));
  const all = rounds.flatMap(({ frames }) => frames).toSorted((a, b) => a - b);
  const quantile = (sorted: readonly number[], share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(1);
  console.log(
    `  ${what}: ${shares.map((share) => `${(100 * share).toFixed(1)} %`).join(', ')} of frames in time (asked ≥ 95 %); ` +
      `frame: 99 % within ${quantile(all, 0.99)} ms, worst ${all.at(-1)!.toFixed(1)} ms; ` +
      `page's thread: ${rounds.map((round) => round.computed.toFixed(0)).join(', ')} ms a second`,
  );
}

/** Scrolls from the first photo on. */
async function scroll(page: Page, pxPerSecond: number): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const computed = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1000;
  };
  const before = await computed();
  const frames = await page.evaluate(
    async ([speed, duration]) => {
      const scroller = document.querySelector('.scroller')!;
      scroller.scrollTop = 0;
      await new Promise((resolve) => setTimeout(resolve, 500));
      const frames: number[] = [];
      const started = performance.now();
      let last = started;
      await new Promise<void>((resolve) => {
        const next = (now: number) => {
          if (last !== started) frames.push(now - last);
          last = now;
          scroller.scrollTop = ((now - started) / 1000) * speed;
          if (now - started > duration * 1000) resolve();
          else requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      });
      return frames;
    },
    [pxPerSecond, seconds] as const,
  );
  const after = await computed();
  await session.detach();
  return { frames, computed: (after - before) / seconds };
}

/** @returns ms from the jump until every photo in sight is loaded */
function jump(page: Page, share: number): Promise<number> {
  return page.evaluate(async (to) => {
    const scroller = document.querySelector('.scroller')!;
    const { top, bottom } = scroller.getBoundingClientRect();
    const before = document.querySelector('[data-index]')?.getAttribute('data-index');
    const started = performance.now();
    scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * to;
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const cells = [...document.querySelectorAll('[role=gridcell]')].filter((cell) => {
        const box = cell.getBoundingClientRect();
        return box.bottom > top && box.top < bottom;
      });
      const there = cells.every((cell) => {
        const image = cell.querySelector('img'); // of earlier versions
        return (image?.complete === true && image.naturalWidth > 0) || cell.querySelector('canvas.picture') !== null;
      });
      const moved = cells.some((cell) => cell.getAttribute('data-index') !== before);
      if (cells.length > 3 && moved && there) return performance.now() - started;
      if (performance.now() - started > 5000) return Infinity;
    }
  }, share);
}
