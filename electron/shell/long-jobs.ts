/** Which progress events end a job that was long enough to be worth a notice. */
import type { EventName, EventPayload, IndexingProgress, TrainingState } from '../ipc/contract.ts';
import { texts } from './texts.ts';

/** shorter jobs end while one looks */
const longJobMs = 30_000;

export interface Notice {
  readonly title: string;
  readonly body: string;
}

/** Watches the progress events and says when one of them ends a job that is worth a notice. */
export class LongJobs {
  readonly #now: () => number;
  #indexingSince: number | undefined;
  #training = false;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  see<K extends EventName>(name: K, payload: EventPayload<K>): Notice | undefined {
    if (name === 'indexing.progress') return this.#indexing(payload as IndexingProgress);
    if (name === 'training.progress') return this.#trained(payload as TrainingState);
    return undefined;
  }

  #indexing({ state, total }: IndexingProgress): Notice | undefined {
    if (state === 'indexing') this.#indexingSince ??= this.#now();
    if (state !== 'idle') return undefined;
    const since = this.#indexingSince;
    this.#indexingSince = undefined;
    if (since === undefined || this.#now() - since < longJobMs) return undefined;
    const { title, body } = texts.notifications.indexed;
    return { title, body: body(total) };
  }

  #trained({ state, error }: TrainingState): Notice | undefined {
    const was = this.#training;
    this.#training = state === 'training' || state === 'encoding' || (was && state === 'paused');
    if (!was || this.#training) return undefined;
    if (state === 'finished') return texts.notifications.trained;
    if (state === 'failed') return { ...texts.notifications.trainingFailed, body: error?.message ?? '' };
    return undefined;
  }
}
