/** Pieces of work that go on beside each other, no more than so many at a time. The first failure is kept. */
export class AtOnce {
  readonly #most: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** No more is to be begun. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Resolves when there is room for another one. */
  async add(work: Promise<void>): Promise<void> {
    const running = work
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    if (this.#running.size >= this.#most) await Promise.race(this.#running);
  }

  /** Resolves when all have ended, in whatever way. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** @throws the first failure */
  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
