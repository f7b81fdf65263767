/** What else was taken on the day of the photo that is looked at, asked for while its information is shown. */
import type { PhotoList } from '../../electron/ipc/contract.ts';
import { request } from '../base/api.ts';
import { SequenceGuard } from './sequence.ts';

/** photos of one day that are listed; a day with more is looked through as a whole */
const listed = 500;

class SameDay {
  photos = $state.raw<PhotoList | null>(null);
  #day = '';
  #guard = new SequenceGuard();

  /** @param at a camera's clock, ms since the epoch as if it showed UTC */
  async show(at: number): Promise<void> {
    const day = new Date(at).toISOString().slice(0, 10);
    if (day === this.#day && this.photos) return;
    this.#day = day;
    this.photos = null;
    const ticket = this.#guard.issue();
    try {
      const photos = await request('search.query', { text: '', filter: { from: day, to: day }, limit: listed });
      if (this.#guard.accept(ticket)) this.photos = photos;
    } catch {
      // The strip is left out: the photo itself says what is wrong with the library.
    }
  }

  forget(): void {
    this.#guard.dismissAll();
    this.#day = '';
    this.photos = null;
  }
}

export const sameDay = new SameDay();
