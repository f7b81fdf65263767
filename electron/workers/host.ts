/**
 * A worker process for its callers: it carries out requests, and a crash or a block does not affect other processes.
 *
 * `WorkerSupervisor` implements this, with a utility process of Electron (electron/shell/processes.ts) or, for the tests, a
 * plain child process (fork.ts).
 */
import { DescryError } from '../../models/errors.ts';
import type { MethodMap } from './protocol.ts';

export interface RunOptions {
  /** stops the request: the iteration ends with a `cancelled` error, and the worker skips the rest */
  readonly signal?: AbortSignal | undefined;
  /** Timeout: if a request gives no item for this long, the worker counts as hung and is ended; default 120 s. */
  readonly stallMs?: number | undefined;
}

export interface WorkerHost<Methods extends MethodMap<Methods>> {
  /**
   * Runs one request in the worker, which is started if it does not run.
   *
   * @returns the items as they come; leaving the loop early cancels the request
   * @throws WorkerDied if the worker crashed or hung; the next request starts it again
   * @throws DescryError the worker's error
   */
  run<K extends keyof Methods>(
    method: K,
    input: Methods[K]['input'],
    options?: RunOptions,
  ): AsyncIterable<Methods[K]['item']>;
  /** Ends the worker; requests under way fail with `cancelled`. */
  close(): Promise<void>;
}

/** SIGKILL and SIGTERM, by name, as waitpid's status, or as a shell reports them. */
const endingSignal = /^(?:SIGKILL|SIGTERM|exit code (?:9|15|137|143))$/;

/** The worker crashed, or hung and was ended, while this request was pending. */
export class WorkerDied extends DescryError {
  /** it was ended after a timeout */
  readonly stalled: boolean;
  /** It was ended by a signal that a program does not send to itself: by a user, or by the system when memory ran out. */
  readonly bySignal: boolean;
  /** exit code or signal */
  readonly how: string;

  /** @param name of the worker; @param how exit code or signal, as text */
  constructor(name: string, how: string, stalled: boolean) {
    super(
      'internal',
      stalled
        ? `The ${name} process stopped answering and was ended.`
        : `The ${name} process ended unexpectedly (${how}).`,
    );
    this.stalled = stalled;
    this.how = how;
    this.bySignal = !stalled && endingSignal.test(how);
  }
}
