/**
 * A readers-writer lock with the names of the Web Locks API: shared holders run concurrently, an exclusive one runs without
 * others. Own code, because the API (`navigator.locks`) is missing before Node 24.5, and the maintained packages (async-mutex,
 * p-queue) have no shared mode.
 */
export class SharedLock {
  readonly #shared = new Set<Promise<unknown>>();
  /** the end of the queue of exclusive holders; undefined when there is none */
  #exclusive: Promise<unknown> | undefined;

  /** Runs at the same time as other shared holders; waits while an exclusive one runs or waits. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#exclusive) await this.#exclusive;
    const running = work();
    this.#shared.add(running);
    return running.finally(() => this.#shared.delete(running));
  }

  /** Runs when all others have ended; later ones wait. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = (this.#exclusive ?? Promise.resolve()).then(async () => {
      await Promise.allSettled(this.#shared);
      return work();
    });
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#exclusive = settled;
    void settled.then(() => {
      if (this.#exclusive === settled) this.#exclusive = undefined;
    });
    return turn;
  }
}
