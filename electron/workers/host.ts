/**
 * A worker as its callers see it: another process that carries out requests, so that what crashes or blocks it takes
 * nobody else with it.
 *
 * `WorkerSupervisor` keeps this, with a utility process of Electron (electron/shell/processes.ts) or, for the tests, a
 * plain child process (fork.ts).
 */
import { DescryError } from '../../models/errors.ts';
import type { MethodMap } from './protocol.ts';

export interface RunOptions {
  /** stops the request: the iteration ends with a `cancelled` error, and the worker drops what it has not begun */
  readonly signal?: AbortSignal | undefined;
  /** A request of which nothing is heard for so long takes the worker for dead; default 120 s. */
  readonly stallMs?: number | undefined;
}

export interface WorkerHost<Methods extends MethodMap<Methods>> {
  /**
   * Runs one request in the worker, starting the worker where it does not run.
   *
   * @returns the items as they come; leaving the loop early cancels the request
   * @throws WorkerDied where the worker died or hung; it starts anew with the next request
   * @throws DescryError what the worker itself answered
   */
  run<K extends keyof Methods>(
    method: K,
    input: Methods[K]['input'],
    options?: RunOptions,
  ): AsyncIterable<Methods[K]['item']>;
  /** Ends the worker; requests under way fail with `cancelled`. */
  close(): Promise<void>;
}

/** The worker died, or stopped answering and was ended, with this request in flight. */
export class WorkerDied extends DescryError {
  /** it did not answer in time, and was ended for that */
  readonly stalled: boolean;

  /** @param name of the worker; @param how it ended, in words */
  constructor(name: string, how: string, stalled: boolean) {
    super(
      'internal',
      stalled
        ? `The ${name} process stopped answering and was ended.`
        : `The ${name} process ended unexpectedly (${how}).`,
    );
    this.stalled = stalled;
  }
}
