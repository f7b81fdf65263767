/** How long a download will still take, from the bytes that arrived during the last seconds. */
const memoryMs = 8000;
const enoughMs = 1500;

export class RateEstimate {
  #samples: { at: number; done: number }[] = [];

  add(done: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last && done < last.done) this.#samples = []; // another file, or a new attempt
    this.#samples.push({ at, done });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > memoryMs) this.#samples.shift();
  }

  /** Seconds until `total`, or null while too little has been seen. */
  secondsLeft(total: number): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < enoughMs || last.done <= first.done) return null;
    return ((total - last.done) * (last.at - first.at)) / 1000 / (last.done - first.done);
  }
}
