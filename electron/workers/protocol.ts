/**
 * How one process carries out requests for another: the messages, and what a process is to the one that uses it. Nothing
 * here knows what the requests are. Everything crosses by structured clone: plain objects and typed arrays.
 */
import type { ErrorObject } from '../../models/errors.ts';

/** A worker's requests by name: what each is given, and what it streams back. */
export type MethodMap<Methods> = { [K in keyof Methods]: { input: unknown; item: unknown } };

/** What a worker process carries out: `run` of the host reaches these. */
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

/** The worker process as its supervisor holds it. */
export interface WorkerProcess extends Port<ToWorker, FromWorker> {
  /** Called once, when the process has ended, with its exit code or signal in words. */
  onExit(listener: (how: string) => void): void;
  kill(): void;
}
