/** The engine of this process, loaded when it is first needed. */
import type { Engine, EngineName } from '../../models/engine/engine.ts';
import { Retryable } from '../../models/retryable.ts';

export class LazyEngine {
  readonly #engine: Retryable<Engine>;
  #description: string | null = null;

  /** @param preferred the user's choice; undefined: see `openEngine` @param onFallback gets the reason for a slower engine */
  constructor(preferred: EngineName | undefined, onFallback: (reason: string) => void) {
    this.#engine = new Retryable(async () => {
      const { openEngine } = await import('../../models/engine/index.ts');
      const engine = await openEngine(preferred, { onFallback });
      this.#description = engine.description;
      return engine;
    });
  }

  get(): Promise<Engine> {
    return this.#engine.get();
  }

  /** In words, such as "ONNX Runtime 1.30.0, CPU, 2 threads"; null before it is loaded. */
  get description(): string | null {
    return this.#description;
  }
}
