/** The sentences that were searched for last. */
import { longestSentence } from '../../electron/ipc/limits.ts';
import { request } from '../base/api.ts';
import { attempt } from './attempt.ts';

class RecentSearches {
  list = $state.raw<readonly string[]>([]);

  async load(): Promise<void> {
    await attempt(async () => (this.list = await request('search.recent')));
  }

  remember(text: string): void {
    if (text === '' || text === this.list[0] || text.length > longestSentence) return;
    void attempt(async () => {
      await request('search.remember', { text });
      await this.load();
    });
  }

  forget(text?: string): void {
    void attempt(async () => {
      await request('search.forget', text === undefined ? {} : { text });
      await this.load();
    });
  }
}

export const recentSearches = new RecentSearches();
