/**
 * The protocol by which one process carries out requests for another, independent of what the requests are. All data is sent
 * by structured clone: plain objects and typed arrays.
 */
import type { ErrorObject } from '../../models/errors.ts';

/** A worker's requests by name: the input of each, and the items that it streams back. */
export type MethodMap<Methods> = { [K in keyof Methods]: { input: unknown; item: unknown } };

/** The request handlers of a worker process, called by `run` of the host. */
export type MethodHandlers<Methods extends MethodMap<Methods>> = {
  [K in keyof Methods]: (
    input: Methods[K]['input'],
    /** aborted when the caller cancels */
    signal: AbortSignal,
  ) => AsyncIterable<Methods[K]['item']>;
};

export type ToWorker =
  | { readonly type: 'run'; readonly request: number; readonly method: PropertyKey; readonly input: unknown }
  | { readonly type: 'cancel'; readonly request: number };

export type FromWorker =
  | { readonly type: 'item'; readonly request: number; readonly item: unknown }
  | { readonly type: 'done'; readonly request: number }
  | { readonly type: 'failed'; readonly request: number; readonly error: ErrorObject };

/** A two-way channel to the other process: Electron's ports and Node's child processes differ only in names. */
export interface Port<Out, In> {
  post(message: Out): void;
  listen(onMessage: (message: In) => void): void;
}

/** A worker process, for its supervisor. */
export interface WorkerProcess extends Port<ToWorker, FromWorker> {
  /** Called once, when the process has ended, with its exit code or signal as text. */
  onExit(listener: (how: string) => void): void;
  kill(): void;
}
