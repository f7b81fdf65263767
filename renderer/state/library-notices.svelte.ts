/** What happened to the library, until the user has read it. */
import type { LibraryNotice } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { attempt } from './attempt.ts';

class LibraryNotices {
  list = $state.raw<readonly LibraryNotice[]>([]);
  /** what concerns the database, or the model in use, is said in every view */
  readonly ofLibrary = $derived(this.list.filter((notice) => notice.kind !== 'weights'));
  /** damaged weights: said where the state of indexing is shown */
  readonly weights = $derived(this.list.find((notice) => notice.kind === 'weights'));

  async start(): Promise<void> {
    on('library.restarted', () => void this.#load());
    on('library.noticed', () => void this.#load());
    await this.#load();
  }

  async dismiss(kind: LibraryNotice['kind']): Promise<void> {
    this.list = this.list.filter((notice) => notice.kind !== kind);
    await attempt(() => request('library.dismissNotice', { kind }));
  }

  /** A failure is said by the views, which ask for more than this. */
  async #load(): Promise<void> {
    this.list = await request('library.notices').catch(() => []);
  }
}

export const libraryNotices = new LibraryNotices();
