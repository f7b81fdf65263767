/** How long a training run still takes, from the rate of its steps so far. */
import type { TrainingUpdate } from '../../../models/contract/training.ts';

/** The rate of the steps in one part of a training run. */
export class Stage {
  #name: string | undefined;
  #part: string | undefined;
  #started = performance.now();
  #steps = 0;

  begin(): void {
    this.#started = performance.now();
    this.#steps = 0;
  }

  /** Each stage has its own rate; where the steps name their part, that is counted. */
  enter(name: string): void {
    if (this.#part === undefined && this.#name !== undefined && this.#name !== name) this.begin();
    this.#name = name;
  }

  /** @param more steps that were taken since the last call */
  secondsLeft(
    {
      epoch,
      epochs,
      steps,
      part,
    }: Pick<Extract<TrainingUpdate, { kind: 'step' }>, 'epoch' | 'epochs' | 'steps' | 'part'>,
    step: number,
    more: number,
  ): number {
    if (part && this.#part !== part.name) {
      this.#part = part.name;
      this.begin();
    }
    this.#steps += more;
    const perStep = (performance.now() - this.#started) / 1000 / Math.max(1, this.#steps);
    return perStep * (part?.stepsLeft ?? (epochs - epoch) * steps + (steps - step));
  }
}
