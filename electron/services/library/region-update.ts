/**
 * Keeps the regions of the library's photos ready for searches: embeds those that are stored, and opens photos again that were
 * indexed before regions were stored. Until then such a photo is ranked by its whole frame.
 *
 * It can be interrupted at any time: the database is the queue. Photos of disconnected disks are read when these are back;
 * files that have changed are left to the indexer.
 */
import type { PhotoRow } from '../../store/photos.ts';
import type { WantedRegions } from '../../store/regions.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { LoadedModel } from '../models/models.ts';
import { projectRegions, wantedRegions } from '../models/region-projection.ts';
import type { Log } from '../shared/log.ts';
import { extractFeatures } from './features.ts';
import type { Pace } from './pace.ts';
import { firstUnchanged } from './pictures.ts';
import { foldersThere } from './scan.ts';

export interface RegionUpdateOptions {
  readonly store: Store;
  readonly vision: Vision;
  readonly model: () => Promise<LoadedModel>;
  readonly pace: Pace;
  readonly log: Log;
}

export interface RegionUpdateRun {
  readonly signal?: AbortSignal | undefined;
  /** photos that were opened again, of how many */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Photos per request, as many as run through the network at once. */
const atOnce = 16;

export class RegionUpdate {
  readonly #options: RegionUpdateOptions;
  #running: Promise<number> | undefined;
  #again = false;
  /** contents whose files could not be read in this session */
  readonly #unreadable = new Set<number>();

  constructor(options: RegionUpdateOptions) {
    this.#options = options;
  }

  /**
   * A call during a run makes that run check once more before it ends.
   * @returns how many photos were opened
   * @throws the signal's reason; errors of the database and of the network
   */
  run(options: RegionUpdateRun = {}): Promise<number> {
    this.#again = true;
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work(run: RegionUpdateRun): Promise<number> {
    const { log, model, store } = this.#options;
    let read = 0;
    while (this.#again) {
      this.#again = false;
      const present = await model();
      const wanted = wantedRegions(present);
      if (!wanted) return read;
      await this.#project(run, 0);
      const unread = store.regions.unreadCount(wanted);
      if (unread > 0) read += await this.#read(present, wanted, run, { read, total: read + unread });
    }
    if (read > 0) log.info(`the regions of ${read} photos were read`);
    return read;
  }

  async #project({ signal }: RegionUpdateRun, after: number): Promise<void> {
    const { model, pace, store } = this.#options;
    await pace.mayGoOn(signal);
    const pause = async (since: number) => {
      await pace.rest(since, signal);
      await pace.mayGoOn(signal);
    };
    await projectRegions(store, await model(), pause, after);
  }

  async #read(
    { id, encoder, features, featureLength, part }: LoadedModel,
    wanted: WantedRegions,
    run: RegionUpdateRun,
    before: { readonly read: number; readonly total: number },
  ): Promise<number> {
    const { model, pace, store, vision } = this.#options;
    const { signal, onProgress } = run;
    const folders = await foldersThere(store);
    let read = 0;
    for (let after = 0; ;) {
      await pace.mayGoOn(signal);
      if ((await model()).id !== id) {
        this.#again = true; // the model was switched: other regions are wanted now
        return read;
      }
      const contents = store.regions.unread(wanted, [...folders], after, atOnce);
      if (contents.length === 0) return read;
      const projected = after;
      after = contents.at(-1)!;
      const started = performance.now();
      const files: PhotoRow[] = [];
      for (const content of contents) {
        if (this.#unreadable.has(content)) continue;
        const file = await firstUnchanged(store.photos.ofContent(content).filter(({ folder }) => folders.has(folder)));
        if (file) files.push(file);
      }
      if (files.length > 0) {
        const request = { encoder, features, featureLength, part, regionVersion: wanted.version };
        const results = await extractFeatures(store, vision, request, files);
        const failed = files.filter((_, i) => 'failure' in results[i]!);
        read += files.length - failed.length;
        // A folder that was disconnected meanwhile is read when it is back.
        const there = failed.length > 0 ? await foldersThere(store) : folders;
        for (const { content, folder } of failed) if (there.has(folder)) this.#unreadable.add(content!);
        onProgress?.(before.read + read, before.total);
      }
      await pace.rest(started, signal);
      await this.#project(run, projected);
    }
  }
}
