/** Events per second, over the last half minute. */
export class Rate {
  readonly #window: number;
  readonly #events: { at: number; count: number }[] = [];

  constructor(windowMs = 30_000) {
    this.#window = windowMs;
    this.#events.push({ at: performance.now(), count: 0 });
  }

  add(count: number): void {
    const now = performance.now();
    this.#events.push({ at: now, count });
    while (this.#events.length > 2 && this.#events[1]!.at < now - this.#window) this.#events.shift();
  }

  perSecond(): number {
    const first = this.#events[0]!;
    const last = this.#events.at(-1)!;
    const seconds = (last.at - first.at) / 1000;
    // The first event only marks the start: its items were done before.
    const count = this.#events.slice(1).reduce((sum, event) => sum + event.count, 0);
    return seconds > 0 ? count / seconds : 0;
  }
}
