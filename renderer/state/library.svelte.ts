/** The watched folders, what failed in them, and how far the models and the index have come. */
import type { AssetsProgress, Failure, IndexingProgress, LibraryOverview } from '../../electron/ipc/contract.ts';
import { limits } from '../../electron/ipc/limits.ts';
import { asBridgeError, on, request } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { folderTexts } from '../base/folder-texts.ts';
import { texts } from '../base/texts.ts';
import { fileName } from '../../electron/ipc/format.ts';
import { throttled } from './throttle.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { RateEstimate } from './download-rate.ts';

export const failurePage = 50;
/** counts that change with every photo are asked for no more often than this */
const reloadMs = 1000;

class Library {
  /** null until the first answer */
  overview = $state.raw<LibraryOverview | null>(null);
  indexing = $state.raw<IndexingProgress | null>(null);
  assets = $state.raw<AssetsProgress | null>(null);
  /** the library came back, and has not been asked again for all of it */
  stale = $state(false);
  assetSecondsLeft = $state<number | null>(null);
  failures = $state.raw<readonly Failure[]>([]);
  failuresShown = $state(false);
  readonly empty = $derived(this.overview !== null && this.overview.folders.length === 0);
  readonly assetsReady = $derived(this.assets === null || this.assets.state === 'ready');
  readonly busy = $derived(
    this.indexing !== null && ['scanning', 'indexing', 'paused', 'failed'].includes(this.indexing.state),
  );
  readonly #reloadSoon = throttled(() => void this.reload(), reloadMs);
  #rate = new RateEstimate();
  /** folders whose missing photos were told of */
  readonly #toldOfMissing = new Map<number, number>();
  #loads = 0;
  #reloading = false;
  #stale = false;

  async start(): Promise<void> {
    on('library.changed', () => void this.reload());
    on('indexing.progress', (progress) => {
      // each photo that is done changes the counts
      if (this.indexing && this.indexing.done !== progress.done) this.#reloadSoon();
      if (progress.state === 'idle' && this.indexing?.state !== 'idle') this.#reloadSoon();
      this.indexing = progress;
    });
    on('assets.progress', (progress) => this.#takeAssets(progress));
    on('library.restarted', () => void this.#load());
    await this.#load();
  }

  async #load(): Promise<void> {
    const ticket = ++this.#loads;
    this.stale = true;
    await Promise.all([
      this.reload(),
      attempt(async () => (this.indexing = await request('indexing.state'))),
      attempt(async () => this.#takeAssets(await request('assets.state'))),
    ]);
    if (ticket === this.#loads) this.stale = false;
  }

  /** Changes come in bursts: one request at a time, and one more when something changed meanwhile. */
  async reload(): Promise<void> {
    this.#stale = true;
    if (this.#reloading) return;
    this.#reloading = true;
    while (this.#stale) {
      this.#stale = false;
      await attempt(async () => {
        this.overview = await request('library.overview');
        this.#tellOfMissing(this.overview);
      });
      if (this.failuresShown) await this.#loadFailures(Math.max(failurePage, this.failures.length));
    }
    this.#reloading = false;
  }

  async chooseFolders(): Promise<void> {
    await attempt(async () => this.#added((await request('library.chooseFolders')).length));
  }

  async addFolders(paths: string[]): Promise<void> {
    if (paths.length === 0) return;
    await attempt(async () => this.#added((await request('library.addFolders', { paths })).length));
  }

  async #added(folders: number): Promise<void> {
    if (folders === 0) return;
    toasts.show(texts.library.added(folders));
    if (this.assets?.state === 'missing') void this.fetchAssets();
    await this.reload();
  }

  async removeFolder(id: number): Promise<void> {
    await attempt(async () => {
      await request('library.removeFolder', { id });
      toasts.show(texts.library.removed);
    });
    await this.reload();
  }

  async rescanFolder(id: number): Promise<void> {
    await attempt(async () => {
      await request('library.rescanFolder', { id });
      toasts.show(texts.library.scanStarted);
    });
    await this.reload();
  }

  async chooseNewPlace(id: number): Promise<void> {
    await attempt(async () => {
      if (await request('library.chooseNewPlace', { id })) toasts.show(folderTexts.moved);
    });
    await this.reload();
  }

  async keepMissing(id: number): Promise<void> {
    await attempt(async () => {
      await request('library.keepMissing', { id });
      toasts.show(folderTexts.missingKept);
    });
    await this.reload();
  }

  async removeMissing(id: number): Promise<void> {
    await attempt(async () => {
      await request('library.removeMissing', { id });
      toasts.show(folderTexts.missingRemoved);
    });
    await this.reload();
  }

  /** Many photos that vanish at once are told once, wherever the user is in the window, until that was answered. */
  #tellOfMissing(overview: LibraryOverview): void {
    const asked = overview.folders.filter(({ missing }) => missing?.keep === false);
    for (const [id, toast] of this.#toldOfMissing) {
      if (asked.some((folder) => folder.id === id)) continue;
      toasts.dismiss(toast);
      this.#toldOfMissing.delete(id);
    }
    for (const { id, path, missing } of asked) {
      if (missing === null || this.#toldOfMissing.has(id)) continue;
      const toast = toasts.show(folderTexts.missingNotice(missing.photos, fileName(path)), 'error', { stays: true });
      this.#toldOfMissing.set(id, toast);
    }
  }

  /** True when the patterns were taken. */
  async setExcludes(id: number, excludes: string[]): Promise<boolean> {
    const taken = await attempt(async () => {
      await request('library.setExcludes', { id, excludes });
      return true;
    });
    await this.reload();
    return taken ?? false;
  }

  async showFailures(): Promise<void> {
    this.failuresShown = true;
    await this.#loadFailures(failurePage);
  }

  async showMoreFailures(): Promise<void> {
    await this.#loadFailures(this.failures.length + failurePage);
  }

  async #loadFailures(limit: number): Promise<void> {
    await attempt(async () => {
      this.failures = await request('library.failures', { offset: 0, limit: Math.min(limits.failures, limit) });
    });
  }

  async retryFailures(ids?: number[]): Promise<void> {
    await attempt(async () => {
      await request('library.retryFailures', ids ? { ids } : {});
      toasts.show(texts.library.retrying);
    });
    await this.reload();
  }

  async pause(): Promise<void> {
    await attempt(() => request('indexing.pause'));
  }

  async resume(): Promise<void> {
    await attempt(() => request('indexing.resume'));
  }

  async fetchAssets(): Promise<void> {
    try {
      await request('assets.fetch');
    } catch (error) {
      // what went wrong with the download is told by assets.progress; another one already running is no failure
      const failure = asBridgeError(error);
      if (failure.code !== 'asset-busy' && this.assets?.state !== 'failed') toasts.show(errorText(failure), 'error');
    }
  }

  #takeAssets(progress: AssetsProgress): void {
    this.assets = progress;
    if (progress.state === 'fetching') this.#rate.add(progress.doneBytes, performance.now());
    this.assetSecondsLeft = progress.state === 'fetching' ? this.#rate.secondsLeft(progress.totalBytes) : null;
  }
}

export const library = new Library();
