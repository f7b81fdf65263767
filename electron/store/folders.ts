import { z } from 'zod';
import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

export interface FolderRow {
  readonly id: number;
  readonly path: string;
  readonly excludes: readonly string[];
  readonly lastScan: number | null;
}

/** The disk that a folder was on when it was last scanned; see services/library/folder-place.ts. */
export interface FolderDisk {
  readonly mount: string;
  readonly device: string;
}

export interface FolderCounts {
  readonly photos: number;
  readonly indexed: number;
  readonly failures: number;
}

interface Row {
  id: number;
  path: string;
  excludes: string;
  lastScan: number | null;
}

const patterns = z.array(z.string());
const columns = 'id, path, excludes, last_scan AS lastScan';

export class Folders {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): FolderRow[] {
    return this.#database
      .prepare<[], Row>(`SELECT ${columns} FROM folders ORDER BY path`)
      .all()
      .map((row) => parse(this.#database, row));
  }

  /** With every link resolved, as they were registered. */
  paths(): string[] {
    return this.#database.prepare<[], string>('SELECT path FROM folders').pluck().all();
  }

  get(id: number): FolderRow | undefined {
    const row = this.#database.prepare<[number], Row>(`SELECT ${columns} FROM folders WHERE id = ?`).get(id);
    return row && parse(this.#database, row);
  }

  add(path: string): FolderRow {
    const row = this.#database
      .prepare<[string], Row>(
        `INSERT INTO folders (path) VALUES (?) ON CONFLICT (path) DO UPDATE SET path = path RETURNING ${columns}`,
      )
      .get(path);
    return parse(this.#database, row!);
  }

  /** Also deletes the folder's photos. The data computed from them is deleted by services/library/cleanup.ts. */
  remove(id: number): void {
    this.#database.prepare('DELETE FROM folders WHERE id = ?').run(id);
    this.#database.forgotten();
  }

  setExcludes(id: number, excludes: readonly string[]): void {
    this.#database.prepare('UPDATE folders SET excludes = ? WHERE id = ?').run(JSON.stringify(excludes), id);
  }

  scanned(id: number, at: number): void {
    this.#database.prepare('UPDATE folders SET last_scan = ? WHERE id = ?').run(at, id);
  }

  /** @returns undefined where it is not known */
  disk(id: number): FolderDisk | undefined {
    return this.#database
      .prepare<[number], FolderDisk>('SELECT mount, device FROM folders WHERE id = ? AND mount IS NOT NULL')
      .get(id);
  }

  setDisk(id: number, { mount, device }: FolderDisk): void {
    this.#database
      .prepare(
        'UPDATE folders SET mount = @mount, device = @device WHERE id = @id AND (mount, device) IS NOT (@mount, @device)',
      )
      .run({ id, mount, device });
  }

  /** The folders whose missing photos are to stay without another question. */
  keepingMissing(): Set<number> {
    return new Set(this.#database.prepare<[], number>('SELECT id FROM folders WHERE keep_missing = 1').pluck().all());
  }

  setKeepMissing(id: number, keep: boolean): void {
    this.#database.prepare('UPDATE folders SET keep_missing = ? WHERE id = ?').run(keep ? 1 : 0, id);
  }

  /** Gives a folder another path, and its photos the same below it; they keep all that is known of them. */
  move(id: number, from: string, to: string): void {
    this.#database.transaction(() => {
      this.#database.prepare('UPDATE folders SET path = ?, mount = NULL, device = NULL WHERE id = ?').run(to, id);
      this.#database
        .prepare('UPDATE photos SET path = @to || substr(path, length(@from) + 1) WHERE folder = @id')
        .run({ id, from, to });
    });
  }

  /** @param model a photo counts as indexed if it has an embedding of this model */
  counts(model: string): Map<number, FolderCounts> {
    const rows = this.#database
      .prepare<[string], FolderCounts & { folder: number }>(
        `SELECT p.folder, count(*) AS photos, count(f.photo) AS failures,
           count(CASE WHEN f.photo IS NULL THEN e.content END) AS indexed
         FROM photos p
         LEFT JOIN embeddings e ON e.model = ? AND e.content = p.content
         LEFT JOIN failures f ON f.photo = p.id
         GROUP BY p.folder`,
      )
      .all(model);
    return new Map(rows.map(({ folder, ...counts }) => [folder, counts]));
  }
}

/** Patterns that cannot be read leave nothing out. */
function parse(database: Database, row: Row): FolderRow {
  const excludes = patterns.safeParse(storedJson(database, row.excludes, `the list of excludes of ${row.path}`));
  return { ...row, excludes: excludes.success ? excludes.data : [] };
}
