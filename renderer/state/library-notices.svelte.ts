/** What happened to the library's database, until the user has read it. */
import type { LibraryNotice } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { attempt } from './attempt.ts';

class LibraryNotices {
  list = $state.raw<readonly LibraryNotice[]>([]);

  async start(): Promise<void> {
    on('library.restarted', () => void this.#load());
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
