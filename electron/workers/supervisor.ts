/**
 * Supervises one worker: starts it for the first request, restarts it after a crash (with exponential back-off for consecutive
 * crashes), and fails every pending request.
 */
import { DescryError, errorFrom } from '../../models/errors.ts';
import { Retryable } from '../../models/retryable.ts';
import type { RunOptions, WorkerHost } from './host.ts';
import { WorkerDied } from './host.ts';
import type { FromWorker, MethodMap, WorkerProcess } from './protocol.ts';

export interface SupervisorOptions {
  /** for the log and for error messages, such as "vision" */
  readonly name: string;
  readonly start: () => WorkerProcess;
  readonly log: (message: string) => void;
  /** Wait before the restart after the first, second … consecutive crash; the last value is used for all later ones. */
  readonly backOffMs?: readonly number[];
  /**
   * The back-off is reset when a request is answered this long after the start; default 0. For a worker that answers some
   * requests before each crash.
   */
  readonly recoveredAfterMs?: number;
  /**
   * The worker is ended when the last request of this method was so long ago and nothing else is asked; the next request starts it
   * again. For one that holds much memory because of such requests: freed memory does not go back to the system by itself.
   */
  readonly rest?: { readonly after: string; readonly ms: number };
}

const usualBackOffMs = [0, 250, 1000, 4000, 15_000];
const usualStallMs = 120_000;

interface Request {
  readonly items: unknown[];
  readonly stallMs: number;
  /** resumes the iteration that waits for items */
  wake: () => void;
  ended: boolean;
  /** the worker has ended it, or has crashed: there is nothing to cancel */
  settledByWorker: boolean;
  error: Error | undefined;
  stall: NodeJS.Timeout | undefined;
}

export class WorkerSupervisor<Methods extends MethodMap<Methods>> implements WorkerHost<Methods> {
  readonly #options: SupervisorOptions;
  readonly #requests = new Map<number, Request>();
  readonly #worker = new Retryable(() => this.#start());
  #lastRequest = 0;
  #consecutiveCrashes = 0;
  #startedAt = 0;
  /** the worker is being ended because a request timed out */
  #endingStalled = false;
  #rest: NodeJS.Timeout | undefined;
  /** absent: none was started yet, or it was ended because it had nothing to do */
  #running: WorkerProcess | undefined;
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  async *run<K extends keyof Methods>(
    method: K,
    input: Methods[K]['input'],
    { signal, stallMs = usualStallMs }: RunOptions = {},
  ): AsyncIterable<Methods[K]['item']> {
    const worker = await this.#worker.get();
    if (this.#closed) throw cancelled('The program is being closed.');
    if (signal?.aborted) throw cancelled('The request was cancelled.');
    const number = ++this.#lastRequest;
    const request: Request = {
      items: [],
      stallMs,
      wake: () => undefined,
      ended: false,
      settledByWorker: false,
      error: undefined,
      stall: undefined,
    };
    const abort = () => this.#settle(request, cancelled('The request was cancelled.'));
    this.#requests.set(number, request);
    if (method === this.#options.rest?.after) clearTimeout(this.#rest);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      worker.post({ type: 'run', request: number, method, input });
      this.#watch(request);
      for (;;) {
        while (request.items.length > 0) yield request.items.shift() as Methods[K]['item'];
        if (request.error) throw request.error;
        if (request.ended) return;
        await new Promise<void>((resolve) => (request.wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(request.stall);
      this.#requests.delete(number);
      if (!request.settledByWorker) worker.post({ type: 'cancel', request: number });
      if (method === this.#options.rest?.after) this.#restLater();
    }
  }

  #restLater(): void {
    clearTimeout(this.#rest);
    if (this.#closed) return;
    this.#rest = setTimeout(() => {
      if (this.#requests.size > 0) {
        this.#restLater();
        return;
      }
      const resting = this.#worker.current;
      this.#worker.reset();
      this.#running = undefined;
      void resting?.then(
        (worker) => worker.kill(),
        () => undefined,
      );
    }, this.#options.rest!.ms).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#rest);
    for (const request of this.#requests.values()) this.#settle(request, cancelled('The program is being closed.'));
    const worker = await this.#worker.current?.catch(() => undefined);
    worker?.kill();
  }

  async #start(): Promise<WorkerProcess> {
    const { name, start, log, backOffMs = usualBackOffMs } = this.#options;
    const wait =
      this.#consecutiveCrashes === 0 ? 0 : (backOffMs[Math.min(this.#consecutiveCrashes, backOffMs.length) - 1] ?? 0);
    if (wait > 0) {
      log(`The ${name} process starts again in ${wait} ms (${this.#consecutiveCrashes} crashes in a row).`);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    if (this.#closed) throw cancelled('The program is being closed.');
    this.#startedAt = performance.now();
    const worker = start();
    this.#running = worker;
    worker.listen((message) => this.#receive(message));
    worker.onExit((how) => {
      if (this.#running === worker) this.#died(how);
    });
    return worker;
  }

  #receive(message: FromWorker): void {
    // Also for a request whose caller needed only the first item.
    const ended = message.type !== 'item';
    if (ended && performance.now() - this.#startedAt >= (this.#options.recoveredAfterMs ?? 0))
      this.#consecutiveCrashes = 0;
    const request = this.#requests.get(message.request);
    if (!request || request.ended) return; // a late answer to a cancelled request
    if (message.type === 'item') {
      request.items.push(message.item);
      this.#watch(request);
      request.wake();
      return;
    }
    request.settledByWorker = true;
    this.#settle(request, message.type === 'failed' ? errorFrom(message.error) : undefined);
  }

  /** Starts the request's timeout again. */
  #watch(request: Request): void {
    clearTimeout(request.stall);
    if (!Number.isFinite(request.stallMs)) return;
    request.stall = setTimeout(() => {
      this.#options.log(`The ${this.#options.name} process did not answer for ${request.stallMs} ms and is ended.`);
      this.#endingStalled = true;
      void this.#worker.current?.then((worker) => worker.kill());
    }, request.stallMs);
  }

  #settle(request: Request, error: Error | undefined): void {
    if (request.ended) return;
    request.ended = true;
    request.error = error;
    clearTimeout(request.stall);
    request.wake();
  }

  #died(how: string): void {
    const stalled = this.#endingStalled;
    this.#endingStalled = false;
    this.#worker.reset();
    if (this.#closed) return;
    this.#consecutiveCrashes++;
    const death = new WorkerDied(this.#options.name, how, stalled);
    this.#options.log(death.message);
    for (const request of this.#requests.values()) {
      request.settledByWorker = true;
      this.#settle(request, death);
    }
  }
}

function cancelled(message: string): DescryError {
  return new DescryError('cancelled', message);
}
