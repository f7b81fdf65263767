/* eslint-disable svelte/prefer-svelte-reactivity -- a set of 100,000 ids with a signal for each costs more than a new one */
/**
 * What was changed about photos in this window, until a list that is asked for again has it, too: favourites, and photos that
 * were moved to the bin.
 */
import type { PhotoList } from '../../electron/ipc/contract.ts';
import { request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { announcer } from '../ui/announcer.svelte.ts';
import { attempt } from './attempt.ts';

class PhotoChanges {
  /** ids of photos that were moved to the bin */
  gone = $state.raw<ReadonlySet<number>>(new Set());
  /** by id: whether it was made a favourite, or one no more */
  favourites = $state.raw<ReadonlyMap<number, boolean>>(new Map());

  /** @param listed as its list says */
  isFavourite(id: number, listed: boolean): boolean {
    return this.favourites.get(id) ?? listed;
  }

  /** The photos leave every list at once. */
  leave(ids: Iterable<number>): void {
    this.gone = new Set([...this.gone, ...ids]);
  }

  /** Takes note of lists that came: of a photo that none of them holds, it is known now that it is gone, and its number is free. */
  seen(...lists: (PhotoList | null)[]): void {
    if (this.gone.size === 0) return;
    const still = new Set<number>();
    for (const list of lists) for (const id of list?.ids ?? []) if (this.gone.has(id)) still.add(id);
    if (still.size !== this.gone.size) this.gone = still;
  }

  async setFavourite(ids: readonly number[], favourite: boolean): Promise<void> {
    if (ids.length === 0) return;
    const before = this.favourites;
    const changed = new Map(before);
    for (const id of ids) changed.set(id, favourite);
    this.favourites = changed; // at once: a heart that comes late is clicked twice
    const done = await attempt(async () => {
      await request('photos.favourite', { ids: [...ids], favourite });
      return true;
    });
    if (!done) {
      // Of these photos alone: others may have been changed meanwhile.
      const restored = new Map(this.favourites);
      for (const id of ids) {
        const was = before.get(id);
        if (was === undefined) restored.delete(id);
        else restored.set(id, was);
      }
      this.favourites = restored;
      return;
    }
    announcer.say((favourite ? texts.selection.favoured : texts.selection.unfavoured)(ids.length));
  }
}

export const photoChanges = new PhotoChanges();
