/** Searches that were given a name. Each is asked again whenever it is chosen, and so is always up to date. */
import type { SavedSearch, SearchForm } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { attempt } from './attempt.ts';
import { searchKey } from './search-parts.ts';

class SavedSearches {
  list = $state.raw<readonly SavedSearch[]>([]);

  async start(): Promise<void> {
    on('library.restarted', () => void this.#load());
    on('search.savedChanged', () => void this.#load());
    await this.#load();
  }

  /** The one that asks the same. */
  find(search: SearchForm): SavedSearch | undefined {
    const key = searchKey(search);
    return key === '' ? undefined : this.list.find((saved) => searchKey(saved.search) === key);
  }

  /** True when it was saved. @param id of one that is replaced */
  async save(name: string, search: SearchForm, id?: number): Promise<boolean> {
    const saved = await attempt(() => request('search.save', { name, search, ...(id === undefined ? {} : { id }) }));
    if (saved) await this.#load();
    return saved !== undefined;
  }

  async remove(id: number): Promise<void> {
    await attempt(() => request('search.removeSaved', { id }));
    await this.#load();
  }

  async #load(): Promise<void> {
    await attempt(async () => (this.list = await request('search.saved')));
  }
}

export const savedSearches = new SavedSearches();
