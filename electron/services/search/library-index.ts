/** What searches need of the library in memory: the embeddings of the model in use, and the columns of all photos. */
import { setImmediate as turn } from 'node:timers/promises';
import { errorMessage } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import type { PhotoColumns as StoredColumns } from '../../store/photos.ts';
import { latestBelieved, photoTime } from '../../store/photo-time.ts';
import { dayOf } from '../../ipc/wall-clock.ts';
import { photoKind } from '../library/photo-kind.ts';
import type { LoadedModel } from '../models/models.ts';
import type { Log } from '../shared/log.ts';
import { mendEmbeddings } from './mend-embeddings.ts';
import { PhotoColumns, type PhotoRecord } from './photo-columns.ts';
import { SearchMatrix } from './search-matrix.ts';

/** Contents whose embeddings are read at a time: the library's process answers nothing meanwhile, for 5 to 20 ms. */
const atOnce = 2048;
/** Photos whose columns are read at a time, in as long. */
const columnsAtOnce = 2000;
/** If more photos have changed, all columns are read again. */
const manyChanges = 1000;

/** The embeddings of a model, all of them or as many as have been read. */
interface Embeddings {
  readonly model: string;
  readonly matrix: SearchMatrix;
  /** photos whose stored embedding cannot be used */
  damaged: number[];
  /** the last content that was read; undefined: all were */
  last: number | undefined;
  /** photos that were removed while the matrix was read */
  readonly removed: Set<number>;
  /** ms of reading */
  took: number;
}

/** The columns of as many photos as have been read. */
interface Reading {
  readonly columns: PhotoColumns;
  readonly next: (limit: number) => StoredColumns[];
  readonly failed: ReadonlySet<number>;
  readonly latest: number;
  /** photos that were changed meanwhile */
  readonly changed: Set<number>;
  /** ms of reading */
  took: number;
}

export class LibraryIndex {
  readonly #store: Store;
  readonly #log: Log;
  readonly #onDamaged: () => void;
  #embeddings: Embeddings | undefined;
  #columns: PhotoColumns | undefined;
  /** the columns while they are read */
  #reading: Reading | undefined;
  /** photos whose columns are read again by the next search */
  readonly #changed = new Set<number>();

  readonly #absentFolders: () => ReadonlySet<number>;
  /** photos that are not shown, because their file is not there and an equal photo's is */
  #hidden: ReadonlySet<number> = new Set();
  #presenceChanged = true;

  /**
   * @param onDamaged damaged data was deleted: photos wait for indexing
   * @param absentFolders ids of the folders that cannot be read now
   */
  constructor(
    store: Store,
    log: Log,
    onDamaged: () => void = () => undefined,
    absentFolders: () => ReadonlySet<number> = () => new Set(),
  ) {
    this.#store = store;
    this.#log = log;
    this.#onDamaged = onDamaged;
    this.#absentFolders = absentFolders;
  }

  /** Of equal photos whose files are not all there, those that are not: only the others are shown and counted. */
  hidden(): ReadonlySet<number> {
    if (this.#absentFolders().size === 0 && this.#store.missing.counts().size === 0) return new Set();
    this.columns();
    return this.#hidden;
  }

  /** Whether the files of some photos are there may have changed. */
  presenceChanged(): void {
    this.#presenceChanged = true;
  }

  /** The embeddings of all photos by a model. What `mend` has not read yet is read now. */
  matrix(model: LoadedModel): SearchMatrix {
    this.columns();
    const embeddings = this.#begin(model);
    while (embeddings.last !== undefined) this.#read(embeddings, model.dimensions);
    return embeddings.matrix;
  }

  #begin({ id, dimensions }: LoadedModel): Embeddings {
    if (this.#embeddings?.model === id) return this.#embeddings;
    const matrix = new SearchMatrix(dimensions);
    this.#embeddings = { model: id, matrix, damaged: [], last: 0, removed: new Set(), took: 0 };
    return this.#embeddings;
  }

  /** Reads some more embeddings. */
  #read(embeddings: Embeddings, dimensions: number): void {
    const { model, matrix, damaged, removed } = embeddings;
    const started = performance.now();
    const reader = {
      add: (photo: number, level: number, integers: Int8Array) => {
        if (!removed.has(photo) && !this.#hidden.has(photo)) matrix.setRounded(photo, level, integers);
      },
      damaged: (photo: number) => damaged.push(photo),
    };
    embeddings.last = this.#store.contents.embeddings(model, dimensions, reader, embeddings.last ?? 0, atOnce);
    embeddings.took += performance.now() - started;
    if (embeddings.last !== undefined) return;
    removed.clear();
    this.#log.info(`${matrix.size} embeddings loaded in ${Math.round(embeddings.took)} ms`);
  }

  /**
   * Loads the matrix, a part at a time, so that the process answers other requests meanwhile. Embeddings that are damaged in the
   * database are computed anew, from the features.
   */
  async mend(model: LoadedModel): Promise<void> {
    await this.load();
    this.columns();
    const embeddings = this.#begin(model);
    while (embeddings.last !== undefined && this.#embeddings === embeddings) {
      this.#read(embeddings, model.dimensions);
      await turn();
    }
    const { damaged } = embeddings;
    if (damaged.length === 0 || this.#embeddings !== embeddings) return;
    embeddings.damaged = [];
    const mended = await mendEmbeddings(this.#store, model, damaged, this.#log);
    // The model may have been switched meanwhile.
    if (this.#embeddings === embeddings) mended.forEach((embedding, photo) => embeddings.matrix.set(photo, embedding));
    this.#onDamaged();
  }

  /** The embeddings of a photo's regions cannot be used: they are computed again in the background. */
  regionsDamaged({ id }: LoadedModel, photo: number): void {
    this.#log.warn(`the embeddings of the regions of photo ${photo} are damaged, and computed again`);
    try {
      const content = this.#store.photos.get(photo)?.content;
      if (content != null) this.#store.regions.removeEmbeddings(content, id);
      this.#onDamaged();
    } catch (error) {
      this.#log.warn(`they cannot be deleted: ${errorMessage(error)}`);
    }
  }

  /** The columns of all photos, as they are now. What `load` has not read yet is read now. */
  columns(): PhotoColumns {
    if (this.#changed.size > manyChanges) this.#forgetColumns();
    while (!this.#columns) this.#readColumns();
    if (this.#changed.size > 0) {
      const failed = new Set(this.#store.failures.list().map(({ id }) => id));
      for (const photo of this.#changed) {
        const row = this.#store.photos.columns(photo);
        if (row) this.#columns.set(recordOf(row, failed.has(photo), latestBelieved()));
        else this.#columns.delete(photo);
      }
    }
    if (this.#presenceChanged || this.#changed.size > 0) this.#hide(this.#columns);
    this.#changed.clear();
    return this.#columns;
  }

  /** Loads the columns, a part at a time, so that the process answers other requests meanwhile. */
  async load(): Promise<void> {
    if (this.#changed.size > manyChanges) this.#forgetColumns();
    while (!this.#columns) {
      this.#readColumns();
      await turn();
    }
  }

  /** Reads the columns of some more photos. */
  #readColumns(): void {
    const started = performance.now();
    if (!this.#reading) {
      this.#changed.clear();
      const { photos, failures } = this.#store;
      const failed = new Set(failures.list().map(({ id }) => id));
      const columns = new PhotoColumns();
      columns.reserve(photos.count());
      const [next, latest] = [photos.columnsReader(), latestBelieved()];
      this.#reading = { columns, next, failed, latest, changed: new Set(), took: 0 };
    }
    const { columns, next, failed, latest, changed } = this.#reading;
    const rows = next(columnsAtOnce);
    for (const row of rows) columns.set(recordOf(row, failed.has(row.id), latest));
    this.#reading.took += performance.now() - started;
    if (rows.length === columnsAtOnce) return;
    this.#log.info(`columns of ${columns.size} photos loaded in ${Math.round(this.#reading.took)} ms`);
    this.#reading = undefined;
    this.#columns = columns;
    this.changed([...changed]);
  }

  #forgetColumns(): void {
    this.#columns = undefined;
    this.#reading = undefined;
  }

  #hide(columns: PhotoColumns): void {
    this.#presenceChanged = false;
    const hidden = hiddenCopies(columns, this.#absentFolders(), this.#store.missing.list());
    for (const photo of this.#hidden) {
      if (hidden.has(photo)) continue;
      columns.setHidden(photo, false);
      this.#restore(photo);
    }
    for (const photo of hidden) {
      columns.setHidden(photo, true);
      this.#embeddings?.matrix.delete(photo);
    }
    this.#hidden = hidden;
  }

  /** Makes a photo that was hidden searchable again. */
  #restore(photo: number): void {
    if (!this.#embeddings) return;
    const { model, matrix } = this.#embeddings;
    const content = this.#store.photos.get(photo)?.content;
    const embedding = content == null ? undefined : this.#store.contents.embedding(content, model);
    if (embedding?.length !== matrix.dimensions) return;
    this.#embeddings.removed.delete(photo);
    matrix.set(photo, embedding);
  }

  /** Adds a photo, or replaces its embedding. */
  add(model: string, photo: number, embedding: Float32Array): void {
    this.#changed.add(photo);
    // The embeddings of another model are read from the database by the first search with it.
    if (this.#embeddings?.model !== model || embedding.length !== this.#embeddings.matrix.dimensions) return;
    this.#embeddings.removed.delete(photo);
    this.#embeddings.matrix.set(photo, embedding);
  }

  /** The photo can no longer be found; it may still be in the library. */
  remove(photos: readonly number[]): void {
    for (const photo of photos) {
      this.#embeddings?.matrix.delete(photo);
      if (this.#embeddings?.last !== undefined) this.#embeddings.removed.add(photo);
      this.#changed.add(photo);
    }
  }

  /** What is stored of these photos, and of their copies, has changed. */
  changed(photos: readonly number[]): void {
    for (const photo of photos) this.#reading?.changed.add(photo);
    if (!this.#columns || photos.length === 0) return;
    for (const photo of this.#columns.withCopies(photos)) this.#changed.add(photo);
    for (const photo of photos) this.#changed.add(photo);
  }

  /**
   * Compares the photos with those in the database, which another process may have changed. Photos whose metadata another process
   * has read again are not noticed.
   * @returns whether any was added, removed or has other content
   */
  takeUp(): boolean {
    if (this.#reading) this.columns();
    if (!this.#columns) return false;
    const { ids, contents, size } = this.#columns;
    const isThere = new Uint8Array(size);
    let changed = false;
    for (const [photo, content] of this.#store.photos.allContents()) {
      const row = this.#columns.row(photo);
      if (row !== undefined) isThere[row] = 1;
      if (row !== undefined && contents.data[row] === content) continue;
      changed = true;
      this.#changed.add(photo);
      this.#embeddings?.matrix.delete(photo);
      this.#restore(photo);
    }
    const gone = [...ids.data.subarray(0, size).filter((_, row) => isThere[row] === 0)];
    this.remove(gone);
    return changed || gone.length > 0;
  }

  /** The next search reads all embeddings and columns again. */
  reset(): void {
    this.#embeddings = undefined;
    this.resetColumns();
  }

  /** The next search reads all columns again. */
  resetColumns(): void {
    this.#forgetColumns();
    this.#presenceChanged = true;
  }
}

/** Photos whose files are not there, where the file of an equal photo is. */
function hiddenCopies(
  { ids, contents, roots, size }: PhotoColumns,
  absentFolders: ReadonlySet<number>,
  missing: readonly { readonly id: number }[],
): Set<number> {
  const hidden = new Set<number>();
  if (absentFolders.size === 0 && missing.length === 0) return hidden;
  const lost = new Set(missing.map(({ id }) => id));
  const isAbsent = (row: number) => absentFolders.has(roots.data[row]!) || lost.has(ids.data[row]!);
  const present = new Set<number>();
  const absent: number[] = [];
  for (let row = 0; row < size; row++) {
    if (isAbsent(row)) absent.push(row);
    else present.add(contents.data[row]!);
  }
  for (const row of absent) if (present.has(contents.data[row]!)) hidden.add(ids.data[row]!);
  return hidden;
}

function recordOf(row: StoredColumns, failed: boolean, latest: number): PhotoRecord {
  const { width, height } = row;
  const { at } = photoTime(row, latest);
  // A damaged row can hold anything.
  const opened = Number.isFinite(width) && Number.isFinite(height) && width! > 0 && height! > 0;
  return {
    ...row,
    at,
    day: dayOf(at),
    aspect: opened ? width! / height! : 1,
    kind: photoKind(row),
    listed: opened && !failed,
  };
}
