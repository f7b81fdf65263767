/**
 * A value that is made when it is first asked for, and then kept. Where making it fails, whoever waits is told, and the
 * next call tries again.
 */
export class Retryable<T> {
  readonly #make: () => Promise<T>;
  #value: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    if (this.#value) return this.#value;
    const value = this.#make();
    this.#value = value;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    return value;
  }

  /** What was made, or is being made; undefined before the first call and after a failure. */
  get current(): Promise<T> | undefined {
    return this.#value;
  }

  /** The next call makes it anew. */
  reset(): void {
    this.#value = undefined;
  }
}
