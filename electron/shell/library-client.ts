/**
 * The library's process as the main process sees it: started after the first frame, started again when it dies, and ended
 * with the program. Requests wait until the library is open, and are handed to it then.
 */
import { DescryError, errorMessage } from '../../models/errors.ts';
import type { EventName, EventPayload, LibraryRequest, RequestInput, RequestOutput } from '../ipc/contract.ts';
import type { LibraryEnvironment, LibraryItem, LibraryMethods } from '../ipc/library.ts';
import { readsOnly } from '../ipc/reads.ts';
import { WorkerDied, type WorkerHost } from '../workers/host.ts';
import type { Logger } from './logging.ts';
import type { PhotoSource } from './photo-protocol.ts';

/** Work that does not stop within this time is left to the database's journal. */
const closeWithinMs = 8000;
/** The database of an earlier version is written anew once: five seconds for 100,000 photos, on a slow disk much longer. */
const shrinkWithinMs = 120_000;
/** A library that was open for so long is not in a row of deaths any more. */
export const recoveredAfterMs = 60_000;
/** so many deaths in a row, and it is not started again */
const mostDeaths = 5;

export interface LibraryClientOptions {
  readonly host: WorkerHost<LibraryMethods>;
  readonly environment: LibraryEnvironment;
  /** when to start it */
  readonly startAfter: Promise<unknown>;
  readonly log: Logger;
  onEvent<K extends EventName>(name: K, payload: EventPayload<K>): void;
  /** @param again after a death */
  onOpened(again: boolean): void;
  /** It has died too often in a row and stays closed. */
  onStopped(error: DescryError): void;
}

export class LibraryClient {
  readonly #options: LibraryClientOptions;
  /** resolves when the library is open; rejects with the reason where it cannot be opened */
  #opened: PromiseWithResolvers<void>;
  #open = false;
  #closing = false;

  constructor(options: LibraryClientOptions) {
    this.#options = options;
    this.#opened = pending();
    void options.startAfter.then(() => this.#keepOpen());
  }

  /** whether requests are answered now; else they wait */
  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * @throws DescryError the library's own; where its process died after the request was handed to it, `library-restarting`
   *   for one that only reads and can be sent again, else `library-interrupted`
   */
  request<K extends LibraryRequest>(name: K, argument: RequestInput<K>): Promise<RequestOutput<K>> {
    const answer = this.#call('request', { name, argument }, readsOnly(name) ? restarting : interrupted);
    return answer as Promise<RequestOutput<K>>;
  }

  /** For what only reads: as `request`, and asked again where the library's process died meanwhile. */
  readRequest<K extends LibraryRequest>(name: K, argument: RequestInput<K>): Promise<RequestOutput<K>> {
    return this.read('request', { name, argument }) as Promise<RequestOutput<K>>;
  }

  /**
   * For what only reads: asked again where the library's process died meanwhile.
   * @throws DescryError the library's own; `library-stopped`
   */
  async read<K extends keyof LibraryMethods>(
    method: K,
    input: LibraryMethods[K]['input'],
  ): Promise<LibraryMethods[K]['item']> {
    for (;;) {
      try {
        return await this.#call(method, input, restarting);
      } catch (error) {
        if (this.#closing || !(error instanceof DescryError) || error.code !== 'library-restarting') throw error;
      }
    }
  }

  /** For what has an effect. @throws DescryError the library's own; `library-interrupted` where its process died meanwhile */
  change<K extends keyof LibraryMethods>(
    method: K,
    input: LibraryMethods[K]['input'],
  ): Promise<LibraryMethods[K]['item']> {
    return this.#call(method, input, interrupted);
  }

  async #call<K extends keyof LibraryMethods>(
    method: K,
    input: LibraryMethods[K]['input'],
    died: (cause: WorkerDied) => DescryError,
  ): Promise<LibraryMethods[K]['item']> {
    await this.#opened.promise;
    try {
      // Fetching weights or projecting a large library takes as long as it takes.
      const items = this.#options.host.run(method, input, { stallMs: Infinity });
      for await (const item of items) return item;
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      throw died(error);
    }
    throw new DescryError('internal', `The library did not answer ${method}.`);
  }

  /** Photos for photo://, which wait for a library that is being opened, for the first time or again. */
  readonly photos: PhotoSource = {
    roots: () => this.read('photoRoots', undefined),
    thumbnail: (photo) => this.read('thumbnail', photo),
    preview: (photo) => this.read('preview', photo),
    decoded: (photo) => this.read('decoded', photo),
  };

  async close(): Promise<void> {
    this.#closing = true;
    const { host, log } = this.#options;
    if (this.#open) {
      try {
        const isShrinkDue = await within(closeWithinMs, this.change('close', undefined));
        if (isShrinkDue === true) await within(shrinkWithinMs, this.change('shrink', undefined));
      } catch (error) {
        log.warn('closing the library', error);
      }
    }
    await host.close();
  }

  async #keepOpen(): Promise<void> {
    const { host, environment, log, onStopped } = this.#options;
    let deaths = 0;
    while (!this.#closing) {
      let openedAt = Infinity;
      try {
        for await (const item of host.run('open', environment, { stallMs: Infinity })) {
          if (item.kind === 'opened') openedAt = performance.now();
          this.#take(item, deaths > 0);
        }
        return;
      } catch (error) {
        this.#open = false;
        if (this.#closing) return;
        if (!(error instanceof WorkerDied)) {
          log.error(`the library cannot be opened: ${errorMessage(error)}`, error);
          this.#opened.reject(error);
          return;
        }
        if (performance.now() - openedAt > recoveredAfterMs) deaths = 0;
        deaths++;
        if (Number.isFinite(openedAt)) this.#opened = pending();
        if (deaths < mostDeaths) continue;
        const stopped = new DescryError(
          'library-stopped',
          `The process that holds the library ended ${deaths} times in a row and is not started again. Restart Descry. If that does not help, the log tells more (Help, Open Logs).`,
          { cause: error },
        );
        log.error(stopped.message);
        this.#opened.reject(stopped);
        onStopped(stopped);
        return;
      }
    }
  }

  #take(item: LibraryItem, again: boolean): void {
    const { log, onEvent, onOpened } = this.#options;
    if (item.kind === 'log') log[item.level](item.message, item.detail);
    else if (item.kind === 'event') onEvent(item.name, item.payload as EventPayload<typeof item.name>);
    else {
      this.#open = true;
      this.#opened.resolve();
      const start = process.getCreationTime?.() ?? null;
      if (!again && start !== null) log.info(`library open ${Math.round(Date.now() - start)} ms after the start`);
      onOpened(again);
    }
  }
}

const restarting = (cause: WorkerDied) =>
  new DescryError('library-restarting', 'The library is being restarted. Try again in a moment.', { cause });

const interrupted = (cause: WorkerDied) =>
  new DescryError(
    'library-interrupted',
    'It is not certain that this was done: the process that holds the library ended meanwhile and is started again. ' +
      'See whether it was done, and try again if it was not.',
    { cause },
  );

function pending(): PromiseWithResolvers<void> {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  promise.catch(() => undefined); // told to whoever asks; nobody may
  return { promise, resolve, reject };
}

/** @returns undefined where it takes longer */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}
