/**
 * Makes the rows of a folder's photos equal to what a scan finds. What is as it was costs no statement of its own: the rows of a
 * folder are read together, and only a file that is new or was changed is written.
 */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { FolderRow } from '../../store/folders.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Store } from '../../store/store.ts';
import type { ReadingThreads } from './folder-reader.ts';
import type { FoundInFolder } from './found-in-folder.ts';
import { knownPhotos } from './known-photos.ts';
import { scanFolder, type FoundFile, type ScanFolderOptions } from './scan.ts';

export interface CompareOptions {
  readonly store: Store;
  /** learns what the library knows of the folder, and what of it was found */
  readonly outcome: FoundInFolder;
  readonly scan: ScanFolderOptions;
  readonly threads: ReadingThreads;
  /** files without a time of change, or in a folder whose times of change say nothing, are doubtful, too */
  readonly thorough: boolean;
  readonly signal: AbortSignal;
  readonly onNew: (file: FoundFile) => void;
  /** @param photosChanged photos that are shown, and not only counts */
  readonly onChanged: (photosChanged: boolean) => void;
}

export interface Compared {
  /** photos that are there */
  readonly found: number;
  readonly added: number;
  readonly changed: number;
  /** photo → when the system last changed its file's entry: see ChangeCheck */
  readonly doubtful: ReadonlyMap<number, number | null>;
}

/** Rows per transaction: one write to the disk for many files, without holding the lock for seconds. */
const batchSize = 500;
/** How often it is told that something was found. */
const tellEveryMs = 1000;

/** @throws DescryError when the folder cannot be read; the signal's reason */
export async function compareFolder(
  { id, path: folder }: FolderRow,
  { store, outcome, scan, threads, thorough, signal, onNew, onChanged }: CompareOptions,
): Promise<Compared> {
  const doubtful = new Map<number, number | null>();
  const unsteady = store.folders.isUnsteady(id);
  const isDoubtful = (file: FoundFile) => thorough && (unsteady || file.changed === null);
  const batch: FoundFile[] = [];
  let [found, added, changed] = [0, 0, 0];
  let told = { at: performance.now(), added, changed };
  const write = () => {
    store.transaction(() => {
      for (const file of batch.splice(0)) {
        const isNew = !outcome.present(file.path);
        const upserted = store.photos.upsert(id, file);
        if (upserted.doubtful || isDoubtful(file)) doubtful.set(upserted.id, file.changed);
        if (!upserted.changed) continue;
        if (isNew) onNew(file);
        if (isNew) added++;
        else changed++;
      }
    });
    if (performance.now() - told.at < tellEveryMs || added + changed === told.added + told.changed) return;
    onChanged(changed > told.changed); // a photo that is new is not shown before it is indexed
    told = { at: performance.now(), added, changed };
  };
  const reader = threads.take();
  const stop = () => reader.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const inside of scanFolder(folder, { ...scan, reader })) {
      signal.throwIfAborted();
      // By name: the path of each file would be put together and compared only for this.
      const known = new Map<string, PhotoRow>();
      const nameAt = inside.folder.length + (inside.folder.endsWith(path.sep) ? 0 : 1);
      if (inside.read) {
        for (const rows of knownPhotos(store, inside.folder, inside.below)) {
          for (const row of rows) if (row.folder === id) known.set(row.path.slice(nameAt), row);
          if (rows.length >= batchSize) await turn();
        }
      }
      for (const file of inside.files) {
        if (++found % batchSize === 0) await turn();
        const row = known.get(file.name);
        if (row) known.delete(file.name);
        if (row && isAsKnown(file, row)) {
          if (isDoubtful(file)) doubtful.set(row.id, file.changed);
          continue;
        }
        outcome.expect([row]);
        if (batch.push(file) >= batchSize) write();
      }
      outcome.expect([...known.values()]);
      outcome.take(inside);
    }
    threads.giveBack(reader);
    signal.throwIfAborted();
    if (batch.length > 0) write();
  } catch (error) {
    reader.close();
    signal.throwIfAborted(); // rather than that the thread was closed
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return { found, added, changed, doubtful };
}

const isAsKnown = (file: FoundFile, known: PhotoRow) =>
  known.bytes === file.bytes &&
  known.modified === file.modified &&
  (file.changed === null || known.changed === file.changed);
