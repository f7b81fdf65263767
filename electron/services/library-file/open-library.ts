/** Opens a library's database: notices damage, and builds a damaged one again where the caller asks for it. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { errorMessage, type DescryError } from '../../../models/errors.ts';
import { libraryNotice, type LibraryNotice } from '../../ipc/contract.ts';
import { problemsOf } from '../../store/damage-check.ts';
import { damaged, isDamage } from '../../store/database-errors.ts';
import { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import { newestBackup, RollingBackup } from './backup.ts';
import { endedUncleanly, forgetEnded, isDamageNoted, isUsedByOthers, markInUse, noteDamage } from './in-use.ts';
import { isOurs, rebuildLibrary, type Rebuilt } from './rebuild.ts';

export interface OpenLibraryOptions {
  readonly log: Log;
  /** what to do with a damaged database: build it again, or refuse it and change nothing */
  readonly onDamage: 'rebuild' | 'refuse';
  /** checks it before it is opened, where that is due; else `LibraryFile.isCheckDue` says so */
  readonly checkFirst?: boolean | undefined;
  /** the database was found to be damaged while it was used; the next one that opens it builds it again */
  readonly onDamaged?: ((error: DescryError) => void) | undefined;
}

/** When a database that was closed properly is checked again. */
const checkEveryMs = 7 * 24 * 3_600_000;
const checkedKey = 'database-checked';
/** where what the user should read is kept until it was read; that it is read-only is known again at the next opening */
const noticeKeys = { rebuilt: 'database-notice', weights: 'weights-notice', model: 'model-notice' } as const;

export class LibraryFile {
  readonly store: Store;
  readonly backup: RollingBackup;
  /** it was damaged and has been built again; null: it was not */
  readonly rebuilt: Rebuilt | null;
  readonly #home: string;
  readonly #log: Log;
  readonly #leave: () => void;
  readonly #ended: readonly string[];
  #isRead = false;

  /** @param home its folder, which exists */
  constructor(home: string, options: OpenLibraryOptions) {
    const file = path.join(home, 'library.db');
    const { log } = options;
    this.#home = home;
    this.#log = log;
    this.#ended = endedUncleanly(home);
    const { store, rebuilt } = open(home, file, options, this.#ended.length > 0);
    this.store = store;
    this.rebuilt = rebuilt;
    this.backup = new RollingBackup(store, home, log);
    this.#leave = store.readOnly === undefined ? markInUse(home).leave : () => undefined;
    if (store.readOnly !== undefined) return;
    store.onForget = () => this.backup.keep({ forget: true });
    // In a new or rebuilt library there is nothing to find.
    const isNew = store.preferences.get(checkedKey) === undefined && store.folders.all().length === 0;
    if (rebuilt || isNew) this.checked();
    if (rebuilt) this.note({ kind: 'rebuilt', ...rebuilt });
    // Else the last process wrote it when it closed the library.
    if (!this.backup.exists || rebuilt || this.#ended.length > 0) this.backup.keep();
  }

  /** Whether the database should be checked: a process ended without closing it, or the last check was a week ago. */
  isCheckDue(now = Date.now()): boolean {
    return this.store.readOnly === undefined && (this.#ended.length > 0 || isOld(this.store, now));
  }

  /** Notes that no damage was found. */
  checked(now = Date.now()): void {
    forgetEnded(this.#home, this.#ended);
    this.store.preferences.set(checkedKey, now);
  }

  /** What the user should read; a notice of another form is of another version. */
  notices(): LibraryNotice[] {
    const { readOnly, preferences } = this.store;
    const stored = Object.values(noticeKeys).map((key) => libraryNotice.safeParse(preferences.get(key)));
    return [
      ...stored.flatMap(({ data }) => data ?? []),
      ...(readOnly === undefined || this.#isRead ? [] : [{ kind: 'read-only' as const, reason: readOnly }]),
    ];
  }

  dismiss(kind: LibraryNotice['kind']): void {
    if (kind === 'read-only') this.#isRead = true;
    else if (kind !== 'fallback') this.store.preferences.remove(noticeKeys[kind]);
  }

  /** To be told until the user has read it. */
  note(notice: Exclude<LibraryNotice, { kind: 'read-only' | 'fallback' }>): void {
    this.store.preferences.set(noticeKeys[notice.kind], notice);
  }

  /** Notes damage: the next one that opens the library looks for it first. */
  foundDamaged(what: string): void {
    noteDamage(this.#home, what);
  }

  /** Whether `shrink` has something to do; while packing is under way, more will become empty. */
  isShrinkDue(): boolean {
    const { packing, readOnly, space } = this.store;
    return readOnly === undefined && !packing.progress() && space.isRewriteDue() && !isUsedByOthers(this.#home);
  }

  /**
   * Writes the database anew where much of it is empty, as after an earlier version's rows were packed. It takes about five seconds for
   * 100,000 photos, and no other process may have the library open, because it could not write meanwhile: then another time does it. To
   * be called where nobody waits, such as at the end of the program. Failures are only logged.
   */
  shrink(): void {
    const { space } = this.store;
    try {
      if (!this.isShrinkDue()) return;
      this.backup.keep();
      const started = performance.now();
      const before = space.state().bytes;
      if (!space.rewrite())
        return this.#log.info('the database could be smaller, but the disk has too little room to write it anew');
      const [from, to] = [before, space.state().bytes].map((bytes) => Math.round(bytes / 1e6));
      this.#log.info(
        `the database was written anew: ${from} → ${to} MB in ${Math.round(performance.now() - started)} ms`,
      );
    } catch (error) {
      this.#log.warn(`the database could not be made smaller: ${errorMessage(error)}`);
    }
  }

  close(): void {
    try {
      if (this.store.readOnly === undefined) this.backup.keep();
    } finally {
      this.store.close();
      this.#leave();
    }
  }
}

/** What every start reads: damage there is met before anything else is done. @throws DescryError; the store is closed then */
function readAtStart(store: Store): void {
  try {
    store.folders.all();
    store.preferences.get(checkedKey);
    store.preferences.recentSearches(1);
    store.savedSearches.all();
    store.models.all();
  } catch (error) {
    store.close();
    throw error;
  }
}

function isOld(store: Store, now: number): boolean {
  const checked = store.preferences.get(checkedKey);
  return typeof checked !== 'number' || checked > now || now - checked > checkEveryMs;
}

/**
 * A file without a byte is a new database for SQLite. Where a backup knows folders it is what a full or failing disk has left of the
 * library. What a killed process wrote into a new library's log is not lost.
 */
function isEmptied(home: string, file: string): boolean {
  const bytes = (name: string) => statSync(name, { throwIfNoEntry: false })?.size;
  if (bytes(file) !== 0 || (bytes(`${file}-wal`) ?? 0) > 0) return false;
  return (newestBackup(home)?.rows.folders.length ?? 0) > 0;
}

function open(
  home: string,
  file: string,
  { log, onDamage, checkFirst, onDamaged }: OpenLibraryOptions,
  isUnclean: boolean,
): { store: Store; rebuilt: Rebuilt | null } {
  const mayRebuild = onDamage === 'rebuild';
  const options = {
    onWarning: (message: string) => log.warn(message),
    onDamaged: (error: DescryError) => {
      noteDamage(home, error.message);
      onDamaged?.(error);
    },
  };
  const rebuild = () => {
    const rebuilt = rebuildLibrary(home, file, log);
    return { store: new Store(file, options), rebuilt };
  };
  const isNoted = isDamageNoted(home);
  try {
    if (isEmptied(home, file)) throw damaged(file, 'it is empty');
    if (mayRebuild && isNoted && existsSync(file)) {
      const problems = problemsOf(file, true);
      if (problems.length > 0) throw damaged(file, problems[0]);
      forgetEnded(home, []);
    }
    const store = new Store(file, options);
    if (mayRebuild) readAtStart(store);
    if (!mayRebuild || checkFirst !== true || store.readOnly !== undefined) return { store, rebuilt: null };
    if (!isUnclean && !isOld(store, Date.now())) return { store, rebuilt: null };
    const problems = problemsOf(file);
    if (problems.length === 0) {
      store.preferences.set(checkedKey, Date.now());
      forgetEnded(home, endedUncleanly(home));
      return { store, rebuilt: null };
    }
    store.close();
    throw damaged(file, problems[0]);
  } catch (error) {
    if (!mayRebuild || !isDamage(error) || !isOurs(home, file)) throw error;
    log.warn(error.message);
    return rebuild();
  }
}
