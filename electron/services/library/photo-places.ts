/** Stores at which place and in which country photos were taken, from their GPS position. */
import { setImmediate as turn } from 'node:timers/promises';
import { errorMessage } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';

/** The gazetteer; it is loaded by the first call. */
export interface PlaceFinder {
  /** degrees → the nearest populated place, null where none is near, and the country (ISO 3166-1), null on the sea */
  nearest(latitude: number, longitude: number): { place: { readonly id: number } | null; country: string | null };
}

/** Looked up in one step: a few milliseconds, so that searches can run in between. */
const atOnce = 50;

export class PhotoPlaces {
  readonly #store: Store;
  readonly #finder: PlaceFinder;
  readonly #log: Log;
  #failed = false;

  constructor(store: Store, finder: PlaceFinder, log: Log) {
    this.#store = store;
    this.#finder = finder;
    this.#log = log;
  }

  /**
   * Looks up all places that are not known yet. Without the gazetteer photos are indexed all the same: the failure is logged,
   * and the next session tries again.
   *
   * @returns the contents that were looked up
   */
  async locate(signal?: AbortSignal): Promise<number[]> {
    const located: number[] = [];
    while (!this.#failed && signal?.aborted !== true) {
      const contents = this.#store.contents.toLocate(atOnce);
      if (contents.length === 0) break;
      try {
        const found = contents.map(({ id, latitude, longitude }) => ({
          id,
          ...this.#finder.nearest(latitude, longitude),
        }));
        this.#store.transaction(() => {
          for (const { id, place, country } of found) this.#store.contents.setPlace(id, place?.id ?? null, country);
        });
      } catch (error) {
        this.#failed = true;
        this.#log.warn(`the places of photos could not be looked up: ${errorMessage(error)}`);
      }
      located.push(...contents.map(({ id }) => id));
      await turn();
    }
    return located;
  }
}
