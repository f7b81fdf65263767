/**
 * A worker as the services see it: a child process that opens photos and runs the networks, so that a file that crashes a
 * decoder takes neither the window nor the index with it, and a network at work holds up neither.
 *
 * The desktop app keeps this with a supervised utility process (electron/shell/utility.ts), the tests with a plain child
 * process (fork.ts). Most callers want `RemoteVision` (remote.ts) on top of it.
 */
import { DescryError } from '../../models/errors.ts';
import type { MethodMap, VisionMethods } from '../vision/protocol.ts';

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
   * @throws VisionDied where the worker died or hung; it starts anew with the next request
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

export type VisionHost = WorkerHost<VisionMethods>;

/** The worker died (`photo-crashed`) or stopped answering and was ended (`photo-timeout`) with this request in flight. */
export class VisionDied extends DescryError {
  constructor(code: 'photo-crashed' | 'photo-timeout', how: string) {
    super(
      code,
      code === 'photo-timeout'
        ? 'The process that opens photos stopped answering and was ended.'
        : `The process that opens photos died (${how}).`,
    );
  }
}
