/**
 * Reads what lies in a folder: names, kinds, sizes and times.
 *
 * For whole folders a thread does it. There the calls can block, and those that block are the fast ones: with Node 24 a `lstat` took
 * 3 µs in a thread that waits for it and 23 µs by a promise (100,000 files, two cores), and the process answers searches meanwhile.
 */
import type * as FileSystem from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';

/** What an entry is; `link`: a symbolic one. */
export const entryTypes = { other: 0, file: 1, folder: 2, link: 3 } as const;

/** Of each entry, in `FolderListing.facts`. */
export const factsPerEntry = 4;

export interface FolderListing {
  /** in the order of the system */
  readonly names: readonly string[];
  /** `entryTypes` */
  readonly types: Uint8Array;
  /** Of each file that was asked for: bytes, modified, changed (ms since the epoch), blocks (NaN: not known). Of others NaN. */
  readonly facts: Float64Array;
  /** the system's errors, by entry */
  readonly errors: ReadonlyMap<number, Error>;
}

export interface FolderReader {
  /**
   * @param folder absolute
   * @returns rejects with the system's error where it cannot be read, and with the reader's where it was closed
   */
  read(folder: string): Promise<FolderListing>;
}

/** In this process, for single files. @param wanted of which names size and time are needed */
export function readerOf(wanted: (name: string) => boolean): FolderReader {
  return {
    read: async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true });
      const facts = new Float64Array(entries.length * factsPerEntry).fill(NaN);
      const errors = new Map<number, Error>();
      const types = Uint8Array.from(entries, (entry) => {
        if (entry.isFile()) return entryTypes.file;
        if (entry.isDirectory()) return entryTypes.folder;
        return entry.isSymbolicLink() ? entryTypes.link : entryTypes.other;
      });
      for (const [i, { name }] of entries.entries()) {
        if (types[i] !== entryTypes.file || !wanted(name)) continue;
        try {
          const { size, mtimeMs, ctimeMs, blocks } = await lstat(path.join(folder, name));
          facts.set([size, mtimeMs, ctimeMs, blocks], i * factsPerEntry);
        } catch (error) {
          errors.set(i, error as Error);
        }
      }
      return { names: entries.map(({ name }) => name), types, facts, errors };
    },
  };
}

interface SystemError {
  readonly message: string;
  readonly code: string;
}

interface Answer {
  readonly folder: string;
  /** joined by NUL, which no name holds: one text is copied to another thread faster than many */
  readonly names?: string;
  readonly types?: Uint8Array;
  readonly facts?: Float64Array;
  readonly errors?: readonly (readonly [number, SystemError])[];
  readonly failure?: SystemError;
}

interface ThreadSetup {
  readonly extensions: readonly string[];
  readonly entryTypes: typeof entryTypes;
  readonly factsPerEntry: number;
}

interface Waiting {
  resolve(listing: FolderListing): void;
  reject(error: Error): void;
}

/** Reads folders in a thread of its own, one after the other, in the order in which they are asked for. */
export class ReadingThread implements FolderReader {
  readonly #extensions: readonly string[];
  readonly #waiting = new Map<string, Waiting>();
  #thread: Worker | undefined;
  #closed = false;

  /** @param extensions of files whose size and time are needed, in lower case, with their dots */
  constructor(extensions: Iterable<string>) {
    this.#extensions = [...extensions];
  }

  read(folder: string): Promise<FolderListing> {
    if (this.#closed) return Promise.reject(new Error('The reading thread was closed.'));
    return new Promise((resolve, reject) => {
      this.#waiting.set(folder, { resolve, reject });
      (this.#thread ??= this.#start()).postMessage(folder);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @param inUse whether the process waits for the thread before it ends */
  hold(inUse: boolean): void {
    if (inUse) this.#thread?.ref();
    else this.#thread?.unref();
  }

  /** Without waiting for it: a call that hangs, as on a network disk whose server is gone, may not come back. */
  close(): void {
    this.#end(new Error('The reading thread was closed.'));
    void this.#thread?.terminate();
  }

  #start(): Worker {
    // As text, so that it works in bundled and unbundled programs.
    const given: ThreadSetup = { extensions: this.#extensions, entryTypes, factsPerEntry };
    const program = `(${serveListings.toString()})(require('node:fs'), require('node:worker_threads').parentPort, ${JSON.stringify(given)})`;
    const thread = new Worker(program, { eval: true });
    thread.on('message', (answer: Answer) => this.#take(answer));
    thread.on('error', (error: Error) => this.#end(error));
    thread.on('exit', (code) => this.#end(new Error(`The reading thread ended (${code}).`)));
    return thread;
  }

  #take({ folder, names, types, facts, errors = [], failure }: Answer): void {
    const waiting = this.#waiting.get(folder);
    this.#waiting.delete(folder);
    if (failure) waiting?.reject(asError(failure));
    else
      waiting?.resolve({
        names: names === '' ? [] : names!.split('\0'),
        types: types!,
        facts: facts!,
        errors: new Map(errors.map(([i, error]) => [i, asError(error)])),
      });
  }

  #end(error: Error): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** How long a thread that reads nothing is kept. */
const keptMs = 10_000;

/**
 * Lends reading threads. To start one takes some 60 ms of the processor, as much as to read thousands of files: so one is kept for the
 * next folder (`index` of 600 folders with a photo each took 36 s of processor time, and takes 11 s).
 */
export class ReadingThreads {
  readonly #extensions: readonly string[];
  #free: ReadingThread | undefined;
  #ending: NodeJS.Timeout | undefined;

  /** @param extensions see `ReadingThread` */
  constructor(extensions: Iterable<string>) {
    this.#extensions = [...extensions];
  }

  /** For one caller alone, who gives it back, or closes it where reads are left in it. */
  take(): ReadingThread {
    const thread = this.#free && !this.#free.closed ? this.#free : new ReadingThread(this.#extensions);
    clearTimeout(this.#ending);
    this.#free = undefined;
    thread.hold(true);
    return thread;
  }

  giveBack(thread: ReadingThread): void {
    if (thread.closed) return;
    if (this.#free) {
      thread.close();
      return;
    }
    this.#free = thread;
    thread.hold(false);
    this.#ending = setTimeout(() => {
      this.#free = undefined;
      thread.close();
    }, keptMs).unref();
  }
}

const asError = ({ message, code }: SystemError) => Object.assign(new Error(message), { code });

/** Its source text runs in the thread, so it must not refer to anything else in this file. */
function serveListings(
  { readdirSync, lstatSync }: typeof FileSystem,
  port: MessagePort,
  { extensions, entryTypes, factsPerEntry }: ThreadSetup,
): void {
  const wanted = new Set(extensions);
  const plain = (error: unknown) => {
    const { message, code = '' } = error as NodeJS.ErrnoException;
    return { message, code };
  };
  port.on('message', (folder: string) => {
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      const base = /[\\/]$/.test(folder) ? folder : folder + (process.platform === 'win32' ? '\\' : '/');
      const types = new Uint8Array(entries.length);
      const facts = new Float64Array(entries.length * factsPerEntry).fill(NaN);
      const errors: [number, SystemError][] = [];
      const names: string[] = [];
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i]!;
        const { name } = entry;
        names.push(name);
        if (entry.isFile()) types[i] = entryTypes.file;
        else if (entry.isDirectory()) types[i] = entryTypes.folder;
        else if (entry.isSymbolicLink()) types[i] = entryTypes.link;
        if (types[i] !== entryTypes.file || !wanted.has(name.slice(name.lastIndexOf('.')).toLowerCase())) continue;
        try {
          const { size, mtimeMs, ctimeMs, blocks } = lstatSync(base + name);
          const at = i * factsPerEntry;
          facts[at] = size;
          facts[at + 1] = mtimeMs;
          facts[at + 2] = ctimeMs;
          facts[at + 3] = blocks;
        } catch (error) {
          errors.push([i, plain(error)]);
        }
      }
      port.postMessage({ folder, names: names.join('\0'), types, facts, errors }, [types.buffer, facts.buffer]);
    } catch (error) {
      port.postMessage({ folder, failure: plain(error) });
    }
  });
}
