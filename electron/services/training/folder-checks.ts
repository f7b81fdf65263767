/** Checks of folders that the user chose for training: all that are under way can be stopped. */
import { DescryError } from '../../../models/errors.ts';

export class FolderChecks {
  readonly #running = new Set<AbortController>();

  /** @throws DescryError `cancelled` after `stop`; what `work` throws */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#running.delete(controller);
    }
  }

  stop(): void {
    for (const controller of this.#running) {
      controller.abort(new DescryError('cancelled', 'The folder was not checked: it was stopped.'));
    }
  }
}
