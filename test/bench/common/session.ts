/**
 * A window with a large library, controlled from outside: only the page's roles and labels and the bridge's requests are used,
 * so that an older checkout can be measured, too.
 *
 * The result of a search is detected by the label of the grid, “Photos for “…””, which names the query of the shown photos.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ElectronApplication, Page } from '@playwright/test';
import { launchDescry } from '../../fixtures/electron.ts';
import { CannotMeasure } from './measure.ts';

/** ms from a key to photos; undefined: none were shown */
export interface KeyTimes {
  /** the photos of the text up to this key; undefined where a later key's came first */
  readonly own: number | undefined;
  /** the photos of the text up to this key or a later one */
  readonly ownOrLater: number | undefined;
}

interface Shown {
  /** empty: all photos */
  readonly query: string;
  /** ms since the epoch */
  readonly at: number;
}

declare global {
  interface Window {
    descryBench?: { shown: Shown[]; indexing: { state: string; done: number } };
  }
}

export class Session {
  readonly electron: ElectronApplication;
  readonly page: Page;

  private constructor(electron: ElectronApplication, page: Page) {
    this.electron = electron;
    this.page = page;
  }

  /** Opens the window and waits until searches have their final speed. */
  static async open(checkout: string, home: string): Promise<Session> {
    const electron = await launchDescry({ home, checkout, timeout: 60_000 });
    try {
      const page = await electron.firstWindow();
      const session = new Session(electron, page);
      await page.evaluate(observe);
      await session.until('the library is open', () =>
        page.evaluate(async () => {
          const answer = await window.descry.invoke('search.query', { text: 'a dog', limit: 10 });
          return answer.ok && answer.value.ranked > 1000;
        }),
      );
      await session.until('nothing is indexed', () => session.isIdle());
      await sleep(3000);
      return session;
    } catch (error) {
      await electron.close();
      throw error;
    }
  }

  isIdle(): Promise<boolean> {
    return this.page.evaluate(async () => {
      const answer = await window.descry.invoke('indexing.state');
      return answer.ok && answer.value.state === 'idle';
    });
  }

  async addFolder(folder: string): Promise<void> {
    const answer = await this.page.evaluate(
      (path) => window.descry.invoke('library.addFolders', { paths: [path] }),
      folder,
    );
    if (!answer.ok) throw new CannotMeasure(answer.error.message);
  }

  /** Number of photos done in the present indexing, from the last event. */
  indexed(): Promise<number> {
    return this.page.evaluate(() => window.descryBench!.indexing.done);
  }

  /** Searches for a pasted sentence. @returns when it was entered and when its photos were shown */
  async search(sentence: string): Promise<{ asked: number; shown: number }> {
    const asked = Date.now();
    await this.page.getByRole('combobox', { name: 'Describe a photo' }).fill(sentence);
    const shown = await this.shownSince(asked, sentence, 60_000);
    if (shown === undefined) throw new CannotMeasure(`no photos were shown for “${sentence}” within a minute`);
    return { asked, shown };
  }

  /**
   * Types a sentence at a constant rate, without waiting for the window.
   *
   * @returns for each key that changes the query
   */
  async type(sentence: string, keysPerSecond: number): Promise<KeyTimes[]> {
    const { page } = this;
    await page.getByRole('combobox', { name: 'Describe a photo' }).fill('');
    await page.getByRole('combobox', { name: 'Describe a photo' }).focus();
    await sleep(2000);
    const started = Date.now();
    const sent: Promise<void>[] = [];
    const keys: { query: string; at: number }[] = [];
    for (const [i, key] of Array.from(sentence).entries()) {
      await sleep(Math.max(0, started + (i * 1000) / keysPerSecond - Date.now()));
      const query = sentence.slice(0, i + 1).trim();
      if (query !== keys.at(-1)?.query) keys.push({ query, at: Date.now() });
      sent.push(page.keyboard.press(key === ' ' ? 'Space' : key));
    }
    await Promise.all(sent);
    await this.shownSince(started, sentence, 30_000);
    const shown = await page.evaluate(() => window.descryBench!.shown);
    return keys.map(({ query, at }) => {
      const since = shown.filter((one) => one.at >= at);
      const own = since.find((one) => one.query === query);
      const ownOrLater = since.find((one) => one.query.startsWith(query));
      return { own: own && own.at - at, ownOrLater: ownOrLater && ownOrLater.at - at };
    });
  }

  /** Waits for the photos of a query. @returns when they were shown, undefined: they were not in time */
  private async shownSince(since: number, query: string, timeoutMs: number): Promise<number | undefined> {
    const shown = await this.page
      .waitForFunction(
        ([from, wanted]) => window.descryBench!.shown.find(({ query: one, at }) => at >= from && one === wanted)?.at,
        [since, query] as const,
        { timeout: timeoutMs, polling: 50 },
      )
      .catch(() => undefined);
    return await shown?.jsonValue();
  }

  async until(what: string, condition: () => Promise<boolean>, timeoutMs = 300_000): Promise<void> {
    for (const end = Date.now() + timeoutMs; !(await condition().catch(() => false));) {
      if (Date.now() > end) throw new CannotMeasure(`waited ${timeoutMs / 1000} s in vain until ${what}`);
      await sleep(250);
    }
  }

  async close(): Promise<void> {
    await this.electron.close();
  }
}

/** Runs in the page: notes from now on which query's photos the grid shows, and how far indexing is. */
function observe(): void {
  const bench: NonNullable<Window['descryBench']> = { shown: [], indexing: { state: 'idle', done: 0 } };
  window.descryBench = bench;
  const look = () => {
    const label = document.querySelector('[role=grid]')?.getAttribute('aria-label');
    if (label == null) return;
    const query = /“(.*)”/.exec(label)?.[1] ?? '';
    if (query !== bench.shown.at(-1)?.query) bench.shown.push({ query, at: Date.now() });
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ['aria-label'],
  });
  look();
  window.descry.on('indexing.progress', ({ state, done }) => (bench.indexing = { state, done }));
}
