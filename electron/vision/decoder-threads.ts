/**
 * Threads in which a decoder in WebAssembly runs: it blocks its thread, so the process stays responsive, several photos are
 * decoded at once, a thread that hangs is ended, and the memory of one that is idle is given back.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { DescryError } from '../../models/errors.ts';
import { timedOut } from './photo-errors.ts';

const idleMs = 10_000;

export interface DecoderThreadsOptions<Answer> {
  /** for messages: "The BMP decoder" */
  readonly name: string;
  /** The thread's source as text, so that it works in bundled and unbundled programs. It answers each message with one. */
  readonly program: string;
  /** what the thread finds as workerData */
  readonly data: () => unknown;
  /** Whether a thread that gave this answer is used again. */
  readonly reusable: (answer: Answer) => boolean;
  /**
   * Whether an answer may come from what earlier files have left in the thread's memory: then a fresh thread is asked. Absent: none
   * may.
   */
  readonly mayBeOfOthers?: (answer: Answer) => boolean;
}

export class DecoderThreads<Request, Answer> {
  readonly #options: DecoderThreadsOptions<Answer>;
  readonly #idle: Worker[] = [];
  readonly #oneOfFew = pLimit(Math.max(1, Math.min(4, availableParallelism())));

  constructor(options: DecoderThreadsOptions<Answer>) {
    this.#options = options;
  }

  /** @throws DescryError photo-unreadable when the thread ends, photo-timeout */
  run(request: Request, timeoutMs: number): Promise<Answer> {
    return this.#oneOfFew(async () => {
      const used = this.#idle.pop();
      const answer = await this.#askOnce(used ?? (await this.#start()), request, timeoutMs);
      if (!used || this.#options.mayBeOfOthers?.(answer) !== true) return answer;
      return this.#askOnce(await this.#start(), request, timeoutMs);
    });
  }

  async #start(): Promise<Worker> {
    const { program, data } = this.#options;
    return new Worker(program, { eval: true, workerData: await data() });
  }

  async #askOnce(worker: Worker, request: Request, timeoutMs: number): Promise<Answer> {
    try {
      const answer = await this.#ask(worker, request, timeoutMs);
      if (this.#options.reusable(answer)) this.#keep(worker);
      else await worker.terminate();
      return answer;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  async #ask(worker: Worker, request: Request, timeoutMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        worker.removeAllListeners();
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => {
          const message = `The ${this.#options.name} decoder ended while it read the file.`;
          reject(new DescryError('photo-unreadable', message));
        });
        timer = setTimeout(() => {
          reject(timedOut(Math.round(timeoutMs / 1000)));
        }, timeoutMs);
        worker.ref();
        worker.postMessage(request);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** For the next photo, for a short time, without preventing the program's exit. */
  #keep(worker: Worker): void {
    worker.removeAllListeners();
    worker.on('error', () => this.#discard(worker));
    this.#idle.push(worker);
    worker.unref();
    setTimeout(() => this.#discard(worker), idleMs).unref();
  }

  #discard(worker: Worker): void {
    const at = this.#idle.indexOf(worker);
    if (at < 0) return; // it decodes another photo
    this.#idle.splice(at, 1);
    void worker.terminate();
  }
}
