import path from 'node:path';
import type { Damage } from '../ipc/contract.ts';
import type { Database } from './database.ts';
import type { Favourites } from './favourites.ts';
import { timeInName } from './name-time.ts';
import type { StoredTimes } from './photo-time.ts';

export interface PhotoFile {
  readonly path: string;
  readonly bytes: number;
  /** ms since the epoch */
  readonly modified: number;
  /** when the system last changed the file's entry (ctime), ms since the epoch; null or absent: the file system has no such time */
  readonly changed?: number | null;
}

export interface PhotoRow extends PhotoFile {
  readonly id: number;
  readonly folder: number;
  readonly content: number | null;
  readonly changed: number | null;
}

export interface Upserted {
  readonly id: number;
  /** it is new, or has to be read again */
  readonly changed: boolean;
  /** size and time are as before, and the system says that the entry was changed: the bytes may be others (see ChangeCheck) */
  readonly doubtful: boolean;
}

/** What is known of a file that was read; the units are in ipc/photo-form.ts. */
export interface PhotoInformation extends PhotoRow, StoredTimes {
  readonly width: number | null;
  readonly height: number | null;
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly lens: string | null;
  readonly exposure: number | null;
  readonly aperture: number | null;
  readonly iso: number | null;
  readonly focal: number | null;
  readonly damage: Damage | null;
  /** the nearest populated place, by its number in the gazetteer */
  readonly place: number | null;
}

/** What photos are filtered, counted and sorted by. */
export interface PhotoColumns extends StoredTimes {
  readonly id: number;
  readonly content: number;
  readonly folder: number;
  readonly path: string;
  /** upright, in pixels; null where the file could not be opened */
  readonly width: number | null;
  readonly height: number | null;
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** the nearest populated place, by its number in the gazetteer */
  readonly place: number | null;
  /** ISO 3166-1, two letters */
  readonly country: string | null;
  readonly favourite: boolean;
  readonly damaged: boolean;
}

/** The model to index with, and the key of the encoder whose features it reads. */
export interface Wanted {
  readonly model: string;
  readonly encoder: string;
}

const fromPending = `
  FROM photos p
  LEFT JOIN embeddings e ON e.model = @model AND e.content = p.content
  LEFT JOIN features x ON x.encoder = @encoder AND x.content = p.content
  LEFT JOIN failures f ON f.photo = p.id
  WHERE (e.content IS NULL OR x.content IS NULL) AND f.photo IS NULL AND p.missing IS NULL`;

const columns = 'p.id, p.folder, p.path, p.bytes, p.modified, p.content, p.changed';

export class Photos {
  readonly #database: Database;
  readonly #favourites: Favourites;

  constructor(database: Database, favourites: Favourites) {
    this.#database = database;
    this.#favourites = favourites;
  }

  /** Adds or updates a file. The content of a changed file is unset, so that it is indexed again. */
  upsert(folder: number, file: PhotoFile): Upserted {
    const changed = file.changed ?? null;
    const known = this.byPath(file.path);
    if (known && known.bytes === file.bytes && known.modified === file.modified && known.folder === folder) {
      if (changed === null || changed === known.changed) return { id: known.id, changed: false, doubtful: false };
      const again = known.changed !== null && this.#forgetFailure(known.id);
      if (known.changed !== null && known.content !== null && !again) {
        return { id: known.id, changed: false, doubtful: true };
      }
      // An earlier version did not store the time; or the file was not read yet, or could not be read before it was changed.
      this.setChanged(known.id, changed);
      if (again) this.unsetContent(known.id);
      return { id: known.id, changed: again, doubtful: false };
    }
    const row = this.#database
      .prepare<[number, string, number, number, number | null, number | null], { id: number }>(
        `INSERT INTO photos (folder, path, bytes, modified, changed, named) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (path) DO UPDATE SET
           folder = excluded.folder, bytes = excluded.bytes, modified = excluded.modified, changed = excluded.changed,
           content = NULL
         RETURNING id`,
      )
      .get(folder, file.path, file.bytes, file.modified, changed, timeInName(file.path));
    this.#forgetFailure(row!.id);
    return { id: row!.id, changed: true, doubtful: false };
  }

  #forgetFailure(photo: number): boolean {
    return this.#database.prepare('DELETE FROM failures WHERE photo = ?').run(photo).changes > 0;
  }

  /** @param changed see `PhotoFile` */
  setChanged(id: number, changed: number | null): void {
    this.#database.prepare('UPDATE photos SET changed = ? WHERE id = ?').run(changed, id);
  }

  /** The file's bytes are others than those that were read: it is indexed again. */
  unsetContent(id: number): void {
    this.#database.prepare('UPDATE photos SET content = NULL WHERE id = ?').run(id);
  }

  get(id: number): PhotoRow | undefined {
    return this.#database.prepare<[number], PhotoRow>(`SELECT ${columns} FROM photos p WHERE p.id = ?`).get(id);
  }

  byPath(path: string): PhotoRow | undefined {
    return this.#database.prepare<[string], PhotoRow>(`SELECT ${columns} FROM photos p WHERE p.path = ?`).get(path);
  }

  information(id: number): PhotoInformation | undefined {
    return this.#database
      .prepare<[number], PhotoInformation>(
        `SELECT ${columns}, p.named, c.width, c.height, c.taken, c.camera, c.latitude, c.longitude, c.lens, c.exposure,
           c.aperture, c.iso, c.focal, c.damage, nullif(c.place, 0) AS place
         FROM photos p LEFT JOIN contents c ON c.id = p.content WHERE p.id = ?`,
      )
      .get(id);
  }

  /** The other photos with the same content, in the order of their paths. */
  copies(id: number): { id: number; path: string }[] {
    return this.#database
      .prepare<[number], { id: number; path: string }>(
        `SELECT other.id, other.path FROM photos p JOIN photos other ON other.content = p.content AND other.id <> p.id
         WHERE p.id = ? ORDER BY other.path`,
      )
      .all(id);
  }

  /** All files of a content: a photo and its copies. */
  ofContent(content: number): PhotoRow[] {
    return this.#database
      .prepare<[number], PhotoRow>(`SELECT ${columns} FROM photos p WHERE p.content = ? ORDER BY p.id`)
      .all(content);
  }

  inFolder(folder: number): PhotoRow[] {
    return this.#database.prepare<[number], PhotoRow>(`SELECT ${columns} FROM photos p WHERE p.folder = ?`).all(folder);
  }

  idsInFolder(folder: number): Set<number> {
    const ids = this.#database.prepare<[number], number>('SELECT id FROM photos WHERE folder = ?').pluck().all(folder);
    return new Set(ids);
  }

  /** Photos at `path` or below it, for a file or a folder that was deleted. */
  below(path: string, separator: string): PhotoRow[] {
    const prefix = path + separator;
    return this.#database
      .prepare<[string, string, string], PhotoRow>(
        // A range instead of LIKE: it uses the index, and paths may hold % and _.
        `SELECT ${columns} FROM photos p WHERE p.path = ? OR (p.path >= ? AND p.path < ?)`,
      )
      .all(path, prefix, prefix.slice(0, -1) + String.fromCharCode(separator.charCodeAt(0) + 1));
  }

  /**
   * Photos by their paths, in the order of their bytes: those from `from` on and before `to`. For a scan, which reads the rows of
   * one folder after the other, with one statement for many of them.
   */
  between(from: string, to: string, limit: number): PhotoRow[] {
    return this.#database
      .prepare<[string, string, number], PhotoRow>(
        `SELECT ${columns} FROM photos p WHERE p.path >= ? AND p.path < ? ORDER BY p.path LIMIT ?`,
      )
      .all(from, to, limit);
  }

  /** id and content of every photo whose content is known */
  *allContents(): IterableIterator<[number, number]> {
    yield* this.#database
      .prepare<[], [number, number]>('SELECT id, content FROM photos WHERE content IS NOT NULL')
      .raw()
      .iterate();
  }

  remove(id: number): void {
    this.#database.prepare('DELETE FROM photos WHERE id = ?').run(id);
  }

  setContent(id: number, content: number): void {
    this.#database.prepare('UPDATE photos SET content = ? WHERE id = ?').run(content, id);
  }

  /**
   * Photos that have not failed and lack an embedding of `model`, or have one whose feature is not of `encoder`, oldest
   * entry first.
   */
  pending({ model, encoder }: Wanted, limit: number, after = 0): PhotoRow[] {
    return this.#database
      .prepare<[object], PhotoRow>(`SELECT ${columns} ${fromPending} AND p.id > @after ORDER BY p.id LIMIT @limit`)
      .all({ model, encoder, after, limit });
  }

  pendingCount({ model, encoder }: Wanted): number {
    return this.#database.prepare<[object], number>(`SELECT count(*) ${fromPending}`).pluck().get({ model, encoder })!;
  }

  count(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM photos').pluck().get()!;
  }

  /** The folders that photos lie in, with those above them up to the registered ones. */
  directories(): string[] {
    const found = new Set<string>();
    const rows = this.#database
      .prepare<[], { path: string; root: string }>(
        'SELECT p.path, f.path AS root FROM photos p JOIN folders f ON f.id = p.folder',
      )
      .iterate();
    for (const { path: file, root } of rows) {
      for (let folder = path.dirname(file); !found.has(folder); folder = path.dirname(folder)) {
        found.add(folder);
        if (folder.length <= root.length) break;
      }
    }
    return [...found].sort();
  }

  /** The columns of a photo whose content is known. */
  columns(photo: number): PhotoColumns | undefined {
    const row = this.#database.prepare<[number], ColumnsRow>(`${selectColumns} WHERE p.id = ?`).raw().get(photo);
    if (!row) return undefined;
    const isDamaged = (content: number) =>
      this.#database
        .prepare<[number], number>('SELECT 1 FROM contents WHERE id = ? AND damage IS NOT NULL')
        .pluck()
        .get(content) === 1;
    return columnsOf(row, this.#favourites.has(row[1]), isDamaged(row[1]));
  }

  /**
   * The columns of all photos whose content is known, some at a time, in the order of their ids.
   * @returns a function that reads the next ones; none are left where there are fewer than `limit`
   */
  columnsReader(): (limit: number) => PhotoColumns[] {
    const [favourites, damaged] = [this.#favourites.all(), this.#damaged()];
    const statement = this.#database
      .prepare<[number, number], ColumnsRow>(`${selectColumns} WHERE p.id > ? ORDER BY p.id LIMIT ?`)
      .raw();
    let after = 0;
    return (limit) => {
      const rows = this.#database.once(() => statement.all(after, limit));
      after = rows.at(-1)?.[0] ?? after;
      return rows.map((row) => columnsOf(row, favourites.has(row[1]), damaged.has(row[1])));
    };
  }

  /** Contents of which only a part could be read. */
  #damaged(): Set<number> {
    return new Set(
      this.#database.prepare<[], number>('SELECT id FROM contents WHERE damage IS NOT NULL').pluck().all(),
    );
  }
}

const selectColumns = `
  SELECT p.id, p.content, p.folder, p.path, c.taken, p.named, p.modified, c.width, c.height, c.camera, c.latitude, c.longitude,
    nullif(c.place, 0), c.country
  FROM photos p JOIN contents c ON c.id = p.content`;

type ColumnsRow = [
  ...[id: number, content: number, folder: number, path: string, ...StoredTimeColumns],
  ...[width: number | null, height: number | null, camera: string | null, latitude: number | null],
  ...[longitude: number | null, place: number | null, country: string | null],
];

/** By index: taking rows apart with [a, b] = row costs more than the rest. */
function columnsOf(row: ColumnsRow, favourite: boolean, damaged: boolean): PhotoColumns {
  return {
    id: row[0],
    content: row[1],
    folder: row[2],
    path: row[3],
    taken: row[4],
    named: row[5],
    modified: row[6],
    width: row[7],
    height: row[8],
    camera: row[9],
    latitude: row[10],
    longitude: row[11],
    place: row[12],
    country: row[13],
    favourite,
    damaged,
  };
}

type StoredTimeColumns = [taken: number | null, named: number | null, modified: number];
