import { savedSearch, searchForm, type SavedSearch } from '../ipc/contract.ts';
import type { Database } from './database.ts';
import { storedJson } from './stored-json.ts';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly search: string;
}

/** Searches that the user named, in the order in which they were saved. */
export class SavedSearches {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Those that another version of Descry wrote in a form that this one cannot read are left out. */
  all(): SavedSearch[] {
    return this.#database
      .prepare<[], Row>('SELECT id, name, search FROM saved_searches ORDER BY id')
      .all()
      .flatMap(({ search, ...row }) => {
        const parsed = savedSearch.safeParse({
          ...row,
          search: storedJson(this.#database, search, `the saved search ${row.id}`),
        });
        return parsed.success ? [parsed.data] : [];
      });
  }

  /**
   * @param id replaces the one with this id; absent: a new one
   * @returns undefined where there is none with this id
   */
  save({ id, name, search }: Omit<SavedSearch, 'id'> & { readonly id?: number }): SavedSearch | undefined {
    const text = JSON.stringify(searchForm.parse(search));
    if (id === undefined) {
      const added = this.#database.prepare('INSERT INTO saved_searches (name, search) VALUES (?, ?)').run(name, text);
      return { id: Number(added.lastInsertRowid), name, search };
    }
    const { changes } = this.#database
      .prepare('UPDATE saved_searches SET name = ?, search = ? WHERE id = ?')
      .run(name, text, id);
    return changes === 0 ? undefined : { id, name, search };
  }

  remove(id: number): void {
    this.#database.prepare('DELETE FROM saved_searches WHERE id = ?').run(id);
    this.#database.forgotten();
  }
}
