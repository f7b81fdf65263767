/** Work that may overlap with its like, and work that must be alone. */
export class Turnstile {
  readonly #together = new Set<Promise<unknown>>();
  /** the end of the queue of those that must be alone; undefined when there is none */
  #alone: Promise<unknown> | undefined;

  /** Runs beside others; waits while someone is, or waits to be, alone. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone;
    const running = work();
    this.#together.add(running);
    return running.finally(() => this.#together.delete(running));
  }

  /** Runs when all others are through, and holds back who comes meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = (this.#alone ?? Promise.resolve()).then(async () => {
      await Promise.allSettled(this.#together);
      return work();
    });
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#alone = settled;
    void settled.then(() => {
      if (this.#alone === settled) this.#alone = undefined;
    });
    return turn;
  }
}
