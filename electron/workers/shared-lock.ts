/**
 * A readers-writer lock with the names of the Web Locks API: shared holders overlap, an exclusive one is alone. Own code
 * because the API itself (`navigator.locks`) is missing before Node 24.5, and the kept packages (async-mutex, p-queue)
 * have no shared mode.
 */
export class SharedLock {
  readonly #shared = new Set<Promise<unknown>>();
  /** the end of the queue of exclusive holders; undefined when there is none */
  #exclusive: Promise<unknown> | undefined;

  /** Runs beside other shared holders; waits while an exclusive one runs or waits. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#exclusive) await this.#exclusive;
    const running = work();
    this.#shared.add(running);
    return running.finally(() => this.#shared.delete(running));
  }

  /** Runs when all others have ended, and holds back those that come meanwhile. */
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
