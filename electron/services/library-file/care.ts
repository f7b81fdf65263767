/** What is done for the database while the window is open: the rolling backup, and checks where they are due. */
import { errorMessage } from '../../../models/errors.ts';
import { problemsOf } from '../../store/damage-check.ts';
import type { WorkerHost } from '../../workers/host.ts';
import type { MethodHandlers } from '../../workers/protocol.ts';
import type { Log } from '../shared/log.ts';
import type { LibraryFile } from './open-library.ts';

/** The process that checks; it has no other work. */
export interface CheckMethods {
  /** path of a database → what is wrong with it; see `problemsOf` */
  problems: { input: string; item: string[] };
}

export const checkHandlers: MethodHandlers<CheckMethods> = {
  async *problems(file) {
    yield problemsOf(file);
  },
};

export interface LibraryCareOptions {
  readonly file: LibraryFile;
  /** starts the process that checks */
  readonly checker: () => WorkerHost<CheckMethods>;
  /** damage was found and noted: the library has to be opened again */
  readonly onDamaged: () => void;
  readonly log: Log;
  /** after the start, which has other things to read from the disk */
  readonly checkAfterMs?: number;
}

const usualCheckAfterMs = 60_000;
const backupEveryMs = 10 * 60_000;
/** 100 GB from a slow disk */
const longestCheckMs = 3_600_000;

export class LibraryCare {
  readonly #options: LibraryCareOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #checker: WorkerHost<CheckMethods> | undefined;
  #closed = false;

  constructor(options: LibraryCareOptions) {
    this.#options = options;
  }

  start(): void {
    const { file, checkAfterMs = usualCheckAfterMs } = this.#options;
    if (file.store.readOnly !== undefined) return;
    const backups = setInterval(() => file.backup.keep(), backupEveryMs);
    const check = setTimeout(() => void this.check(), checkAfterMs);
    this.#timers.push(backups, check);
    for (const timer of this.#timers) timer.unref();
  }

  /** Checks the database if that is due. Failures are only logged. */
  async check(): Promise<void> {
    const { file, log, onDamaged } = this.#options;
    if (this.#closed) return;
    const started = performance.now();
    try {
      if (!file.isCheckDue()) return;
      const problems = await this.#problems();
      if (this.#closed) return;
      if (problems.length === 0) {
        file.checked();
        log.info(`the database was checked in ${Math.round(performance.now() - started)} ms: nothing is damaged`);
        return;
      }
      log.error(`${file.store.file} is damaged: ${problems.join('; ')}`);
      file.foundDamaged(problems.join('\n'));
      onDamaged();
    } catch (error) {
      if (!this.#closed) log.warn(`the database could not be checked: ${errorMessage(error)}`);
    }
  }

  async #problems(): Promise<string[]> {
    const { checker, file } = this.#options;
    this.#checker = checker();
    try {
      const found: string[] = [];
      for await (const some of this.#checker.run('problems', file.store.file, { stallMs: longestCheckMs })) {
        found.push(...some);
      }
      return found;
    } finally {
      await this.#checker.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#checker?.close();
  }
}
