/**
 * Keeps one worker alive: starts it for the first request, restarts it after a death (at once after the first,
 * later after each that follows in a row), and tells every caller whose request was in flight.
 */
import { DescryError } from '../../models/errors.ts';
import type { RunOptions, WorkerHost } from './host.ts';
import { VisionDied } from './host.ts';
import type { FromWorker, MethodMap, WorkerProcess } from '../vision/protocol.ts';

export interface SupervisorOptions {
  readonly start: () => WorkerProcess;
  readonly log: (message: string) => void;
  /** Wait before the start after the first, second … death in a row; the last one stands for all later. */
  readonly backOffMs?: readonly number[];
}

const usualBackOffMs = [0, 250, 1000, 4000, 15_000];
const usualStallMs = 120_000;

interface Request {
  readonly items: unknown[];
  readonly stallMs: number;
  /** wakes the iteration that waits for items */
  wake: () => void;
  ended: boolean;
  /** the worker itself has ended it, or is dead: there is nothing to cancel */
  settledByWorker: boolean;
  error: Error | undefined;
  stall: NodeJS.Timeout | undefined;
}

export class WorkerSupervisor<Methods extends MethodMap<Methods>> implements WorkerHost<Methods> {
  readonly #options: SupervisorOptions;
  readonly #requests = new Map<number, Request>();
  #worker: Promise<WorkerProcess> | undefined;
  #lastRequest = 0;
  /** since the worker last finished a request */
  #deathsInARow = 0;
  /** the next death is our own doing, because a request stalled */
  #endingStalled = false;
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  async *run<K extends keyof Methods>(
    method: K,
    input: Methods[K]['input'],
    { signal, stallMs = usualStallMs }: RunOptions = {},
  ): AsyncIterable<Methods[K]['item']> {
    const worker = await this.#running();
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
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const request of this.#requests.values()) this.#settle(request, cancelled('The program is being closed.'));
    const worker = await this.#worker?.catch(() => undefined);
    worker?.kill();
  }

  #running(): Promise<WorkerProcess> {
    this.#worker ??= this.#start().catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    return this.#worker;
  }

  async #start(): Promise<WorkerProcess> {
    const { start, log, backOffMs = usualBackOffMs } = this.#options;
    const wait = this.#deathsInARow === 0 ? 0 : (backOffMs[Math.min(this.#deathsInARow, backOffMs.length) - 1] ?? 0);
    if (wait > 0) {
      log(`The worker starts again in ${wait} ms (${this.#deathsInARow} deaths in a row).`);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    if (this.#closed) throw cancelled('The program is being closed.');
    const worker = start();
    worker.listen((message) => this.#receive(message));
    worker.onExit((how) => this.#died(how));
    return worker;
  }

  #receive(message: FromWorker): void {
    const request = this.#requests.get(message.request);
    if (!request || request.ended) return; // late answers to a request that was cancelled
    if (message.type === 'item') {
      request.items.push(message.item);
      this.#watch(request);
      request.wake();
      return;
    }
    request.settledByWorker = true;
    this.#deathsInARow = 0;
    const { error } = message.type === 'failed' ? message : { error: undefined };
    this.#settle(request, error && new DescryError(error.code, error.message));
  }

  /** (Re)arms the request's stall timer. */
  #watch(request: Request): void {
    clearTimeout(request.stall);
    if (!Number.isFinite(request.stallMs)) return;
    request.stall = setTimeout(() => {
      this.#options.log(`The worker said nothing for ${request.stallMs} ms and is ended.`);
      this.#endingStalled = true;
      void this.#worker?.then((worker) => worker.kill());
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
    const code = this.#endingStalled ? 'photo-timeout' : 'photo-crashed';
    this.#endingStalled = false;
    this.#worker = undefined;
    if (this.#closed) return;
    this.#deathsInARow++;
    this.#options.log(`The worker died (${how}).`);
    for (const request of this.#requests.values()) {
      request.settledByWorker = true;
      this.#settle(request, new VisionDied(code, how));
    }
  }
}

function cancelled(message: string): DescryError {
  return new DescryError('cancelled', message);
}
