/**
 * An asynchronous value that is computed on first use and then kept. If computing it fails, the present callers get the error,
 * and the next call computes it again.
 */
export class Retryable<T> {
  readonly #compute: () => Promise<T>;
  #value: Promise<T> | undefined;

  constructor(compute: () => Promise<T>) {
    this.#compute = compute;
  }

  get(): Promise<T> {
    if (this.#value) return this.#value;
    const value = this.#compute();
    this.#value = value;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    return value;
  }

  /** The value that was or is being computed; undefined before the first call and after a failure. */
  get current(): Promise<T> | undefined {
    return this.#value;
  }

  /** The next call computes it again. */
  reset(): void {
    this.#value = undefined;
  }
}
