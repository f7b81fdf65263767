/**
 * Scrolls the grid of a window as a wheel does, and notes in each frame what the cells in sight show. Only roles and elements
 * that earlier versions have, too, are used, so that another checkout can be measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from '@playwright/test';

export interface Wheel {
  /** px of one event of the wheel */
  readonly px: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** where to begin, as a share of the height of the grid; nothing that lies below has been shown before */
  readonly from: number;
}

export interface Scrolled {
  /** ms from one frame to the next */
  readonly frames: readonly number[];
  /** cells in sight, over all frames: those that show nothing, only a preview, and their picture */
  readonly blank: number;
  readonly previewOnly: number;
  readonly pictures: number;
  /** px a second that were really scrolled */
  readonly speed: number;
  /** ms from the last event until every cell in sight shows its picture; Infinity: not within 20 s */
  readonly completeAfter: number;
  /** ms that the page's thread computed, a second of scrolling: hardly influenced by what else the machine does */
  readonly computed: number;
}

interface Sampler {
  stop(): { frames: number[]; blank: number; previewOnly: number; pictures: number; ms: number; px: number };
  /** cells in sight without their picture; -1: there are no cells */
  missing(): number;
}

declare global {
  interface Window {
    descrySampler?: Sampler;
  }
}

export async function scrollByWheel(page: Page, { px, eventsPerSecond, seconds, from }: Wheel): Promise<Scrolled> {
  const centre = await page.evaluate(async (share) => {
    const scroller = document.querySelector('.scroller')!;
    scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * share;
    const { left, top, width, height } = scroller.getBoundingClientRect();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return { x: left + width / 2, y: top + height / 2 };
  }, from);
  await page.mouse.move(centre.x, centre.y);
  await page.evaluate(startSampler);
  await untilComplete(page, 10_000);
  await page.evaluate(startSampler);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const computed = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN) * 1000;
  };
  const before = await computed();
  const started = Date.now();
  const sent: Promise<unknown>[] = [];
  for (let event = 0; event < seconds * eventsPerSecond; event++) {
    await sleep(Math.max(0, started + (event * 1000) / eventsPerSecond - Date.now()));
    // Not awaited: the answer comes when the page has handled it, and a slow page must not be spared.
    const wheel = { type: 'mouseWheel', ...centre, deltaX: 0, deltaY: px } as const;
    sent.push(session.send('Input.dispatchMouseEvent', wheel).catch(() => undefined));
  }
  const {
    frames,
    blank,
    previewOnly,
    pictures,
    ms,
    px: scrolled,
  } = await page.evaluate(() => window.descrySampler!.stop());
  const completeAfter = await untilComplete(page, 20_000);
  const after = await computed();
  await Promise.all(sent);
  await session.detach();
  return {
    frames,
    blank,
    previewOnly,
    pictures,
    speed: (scrolled / ms) * 1000,
    completeAfter,
    computed: (after - before) / seconds,
  };
}

/** @returns ms */
async function untilComplete(page: Page, timeoutMs: number): Promise<number> {
  const started = Date.now();
  const complete = await page
    .waitForFunction(() => window.descrySampler!.missing() === 0, undefined, { polling: 50, timeout: timeoutMs })
    .then(
      () => true,
      () => false,
    );
  return complete ? Date.now() - started : Infinity;
}

/** Runs in the page. */
function startSampler(): void {
  const scroller = document.querySelector('.scroller')!;
  const started = performance.now();
  const top = scroller.scrollTop;
  const frames: number[] = [];
  const seen = { blank: 0, previewOnly: 0, pictures: 0 };
  let last = NaN;
  let running = true;
  const shows = (cell: Element): keyof typeof seen => {
    const image = cell.querySelector('img');
    if (image?.complete === true && image.naturalWidth > 0 && getComputedStyle(image).opacity !== '0')
      return 'pictures';
    if (cell.querySelector('canvas.picture') !== null) return 'pictures';
    return cell.querySelector('canvas.preview') === null ? 'blank' : 'previewOnly';
  };
  const inSight = () => {
    const box = scroller.getBoundingClientRect();
    // As the user sees it: a cell of which a few pixels are in sight counts, too; a place without any cell counts below.
    return [...scroller.querySelectorAll('[role=gridcell]')].filter((cell) => {
      const { top: cellTop, bottom } = cell.getBoundingClientRect();
      return bottom > box.top && cellTop < box.bottom;
    });
  };
  /** cells that a full window has: rows that are not elements yet are blank, too */
  let full = 0;
  const sample = (now: number) => {
    if (!running) return;
    if (!Number.isNaN(last)) frames.push(now - last);
    last = now;
    const cells = inSight();
    full = Math.max(full * 0.99, cells.length);
    for (const cell of cells) seen[shows(cell)]++;
    if (cells.length < full * 0.5) seen.blank += Math.round(full - cells.length);
    requestAnimationFrame(sample);
  };
  requestAnimationFrame(sample);
  window.descrySampler = {
    stop() {
      running = false;
      return { frames, ...seen, ms: performance.now() - started, px: scroller.scrollTop - top };
    },
    missing() {
      const cells = inSight();
      return cells.length === 0 ? -1 : cells.filter((cell) => shows(cell) !== 'pictures').length;
    },
  };
}
