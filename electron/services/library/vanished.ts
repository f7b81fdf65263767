/**
 * Photos whose files are missing. A few are taken out of the library at once. If many vanish at the same time, the folder may
 * only look empty (a disk that was disconnected, a share that was not mounted): they are kept until the user says that they were
 * deleted, or they are back.
 */
import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Store } from '../../store/store.ts';

export interface MissingFile {
  readonly id: number;
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  /** null: not known yet */
  readonly content: number | null;
}

/** More than this share of a folder's photos is many, */
const manyShare = 1 / 5;
/** and no fewer than these, unless the folder has no other photo left. */
const manyPhotos = 5;

/** @param before photos in the folder before; @param vanished how many of them are missing now */
export const isMany = (vanished: number, before: number): boolean =>
  vanished > before * manyShare && (vanished >= manyPhotos || (vanished === before && vanished > 1));

export interface Circumstances {
  /** photos in the folder before, with those that are missing */
  readonly before: number;
  /** the user says that all missing photos were deleted */
  readonly accept?: boolean;
  /** these are only the first of many: see `isBeingEmptied` */
  readonly emptied?: boolean;
}

/** Photos that are looked for when some have vanished. */
const sampled = 60;

export class Vanished {
  readonly #store: Store;
  /** files that the user deleted with this program, and when */
  readonly #deleted = new Map<string, number>();
  /** files that were found lately and were not known before, by size and time */
  #added = new Map<string, Set<string>>();
  #addedCount = 0;
  #addedSince = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The user deletes these files with this program: no question is asked about them. */
  expect(files: readonly string[], now = Date.now()): void {
    for (const [file, at] of this.#deleted) if (now - at > rememberedMs) this.#deleted.delete(file);
    for (const file of files) this.#deleted.set(file, now);
  }

  /**
   * Decides about photos whose files were not found.
   *
   * @returns those to take out of the library now; the others are noted as missing, and kept
   */
  judge(
    folder: number,
    missing: readonly MissingFile[],
    { before, accept = false, emptied = false }: Circumstances,
  ): { removed: number[]; kept: number[] } {
    const { missing: noted, folders } = this.#store;
    if (accept) {
      folders.setKeepMissing(folder, false);
      return { removed: missing.map(({ id }) => id), kept: [] };
    }
    const deleted = missing.filter(({ path }) => this.#deleted.has(path));
    const unexpected = missing.filter(({ path }) => !this.#deleted.has(path));
    const questioned = emptied || noted.counts().has(folder);
    if (!questioned && !isMany(unexpected.length, before - deleted.length)) {
      return { removed: missing.map(({ id }) => id), kept: [] };
    }
    const moved = this.#movedOf(unexpected);
    const vanished = unexpected.filter(({ id }) => !moved.has(id));
    if (!questioned && !isMany(vanished.length, before - deleted.length)) {
      return { removed: missing.map(({ id }) => id), kept: [] };
    }
    const kept = vanished.map(({ id }) => id);
    noted.set(kept, Date.now());
    return { removed: [...deleted.map(({ id }) => id), ...moved], kept };
  }

  /**
   * Whether many more photos of a folder are missing than the ones that were noticed: the system tells of the files of a disk
   * that is disconnected, or of a folder that is deleted, one after the other.
   */
  async isBeingEmptied(folder: number, noticed: readonly MissingFile[]): Promise<boolean> {
    if (noticed.length < 2) return false;
    const own = new Set(noticed.map(({ path }) => path));
    const others = this.#store.missing.sample(folder, sampled).filter((path) => !own.has(path));
    const there = await Promise.all(
      others.map((path) =>
        access(path).then(
          () => true,
          () => false,
        ),
      ),
    );
    const missing = there.filter((one) => !one).length;
    const before = this.#store.missing.photosIn(folder);
    const estimate = noticed.length + (missing / Math.max(1, others.length)) * (before - noticed.length);
    return missing > 1 && isMany(Math.round(estimate), before);
  }

  /** These files are there. */
  found(folder: number, photos: readonly number[]): void {
    const { missing, folders } = this.#store;
    missing.set(photos, null);
    if (!missing.counts().has(folder)) folders.setKeepMissing(folder, false);
  }

  /** This file was not known before. */
  added(file: AddedFile, now = Date.now()): void {
    if (now - this.#addedSince > rememberedMs || this.#addedCount > mostRemembered) {
      this.#added = new Map();
      this.#addedCount = 0;
      this.#addedSince = now;
    }
    const paths = this.#added.get(keyOf(file)) ?? new Set();
    this.#added.set(keyOf(file), paths.add(file.path));
    this.#addedCount++;
  }

  /** Photos noted as missing whose files turned up elsewhere in the library: they were moved. To be called after a scan. */
  movedMeanwhile(): number[] {
    return this.#added.size === 0 ? [] : [...this.#movedOf(this.#store.missing.list())];
  }

  /**
   * Of missing photos, those for which a file of the same size and time was added lately, one for each: it was moved or renamed.
   * Files that were known before do not count: they may be a backup of what is missing.
   */
  #movedOf(photos: readonly MissingFile[]): Set<number> {
    const moved = new Set<number>();
    for (const photo of photos) this.#added.get(keyOf(photo))?.delete(photo.path);
    for (const photo of photos) {
      const paths = this.#added.get(keyOf(photo));
      const path = paths && [...paths].find((one) => this.#mayBeSame(photo, one));
      if (path === undefined) continue;
      moved.add(photo.id);
      paths!.delete(path);
    }
    return moved;
  }

  #mayBeSame({ content }: MissingFile, path: string): boolean {
    const other = this.#store.photos.byPath(path);
    if (other === undefined || !existsSync(path)) return false;
    return content === null || other.content === null || other.content === content;
  }
}

type AddedFile = Pick<MissingFile, 'path' | 'bytes' | 'modified'>;

const keyOf = ({ bytes, modified }: Pick<MissingFile, 'bytes' | 'modified'>) => `${bytes} ${modified}`;

/** A file that was moved or deleted is noticed as missing within this time. */
const rememberedMs = 10 * 60_000;
/** Added files: about 5 MB. */
const mostRemembered = 50_000;
