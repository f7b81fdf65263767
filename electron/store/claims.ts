/**
 * Which process computes which photos, so that several processes on one library (the window and a command, two commands) share
 * the work instead of each doing all of it.
 *
 * A claim holds as long as its process lives. A process that was killed leaves its claims behind; they count as free as soon as
 * the system knows its process number no more, and, where that cannot be asked, when it has not been seen for some time.
 */
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Database } from './database.ts';
import { isRunning } from './is-running.ts';

export type ClaimKind = 'photo' | 'content';

/** A living process notes this often that it lives, and counts as dead when it has not for this long. */
const seenEveryMs = 2000;
const deadAfterMs = 30_000;

export interface ClaimOwner {
  readonly id: number;
  readonly pid: number;
  /** where `pid` means something */
  readonly host: string;
  /** ms since the epoch */
  readonly seen: number;
}

export class Claims {
  readonly #database: Database;
  readonly #host: string;
  #owner: number | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #held = 0;

  constructor(database: Database, host = processHost()) {
    this.#database = database;
    this.#host = host;
  }

  /**
   * Claims what no other living process has claimed. To be called in the transaction that finds out what is to be done, so
   * that nothing is claimed that another process has just finished.
   *
   * @returns those that were claimed now; those that this process holds already are not among them
   */
  take(kind: ClaimKind, ids: readonly number[]): Set<number> {
    if (ids.length === 0) return new Set();
    return this.#database.transaction(() => {
      this.#forgetDead();
      const owner = this.#register();
      const insert = this.#database.prepare('INSERT OR IGNORE INTO claims (kind, id, owner) VALUES (?, ?, ?)');
      const taken = new Set(ids.filter((id) => insert.run(kind, id, owner).changes > 0));
      this.#held += taken.size;
      return taken;
    });
  }

  /** The processes that compute photos, or did so when they ended. */
  owners(): ClaimOwner[] {
    return this.#database.prepare<[], ClaimOwner>('SELECT id, pid, host, seen FROM claim_owners').all();
  }

  /** Gives up claims of this process; others are left alone. */
  release(kind: ClaimKind, ids: Iterable<number>): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    const remove = this.#database.prepare('DELETE FROM claims WHERE kind = ? AND id = ? AND owner = ?');
    this.#database.transaction(() => {
      for (const id of ids) this.#held -= remove.run(kind, id, owner).changes;
    });
    if (this.#held <= 0) this.#stopHeartbeat();
  }

  /** Gives up all claims of this process. */
  close(): void {
    this.#stopHeartbeat();
    if (this.#owner === undefined) return;
    this.#database.prepare('DELETE FROM claim_owners WHERE id = ?').run(this.#owner);
    this.#owner = undefined;
  }

  #register(): number {
    const now = Date.now();
    this.#heartbeat ??= this.#startHeartbeat();
    if (this.#owner !== undefined) {
      const known = this.#database.prepare('UPDATE claim_owners SET seen = ? WHERE id = ?').run(now, this.#owner);
      if (known.changes > 0) return this.#owner;
    }
    const { lastInsertRowid } = this.#database
      .prepare('INSERT INTO claim_owners (pid, host, seen) VALUES (?, ?, ?)')
      .run(process.pid, this.#host, now);
    return (this.#owner = Number(lastInsertRowid));
  }

  #startHeartbeat(): NodeJS.Timeout {
    const timer = setInterval(() => {
      try {
        this.#database.prepare('UPDATE claim_owners SET seen = ? WHERE id = ?').run(Date.now(), this.#owner);
      } catch {
        // the library is busy: the next one says it
      }
    }, seenEveryMs);
    timer.unref();
    return timer;
  }

  #stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #forgetDead(): void {
    for (const owner of this.owners()) {
      if (owner.id !== this.#owner && isDead(owner, this.#host))
        this.#database.prepare('DELETE FROM claim_owners WHERE id = ?').run(owner.id);
    }
  }
}

function isDead({ pid, host, seen }: ClaimOwner, here: string, now = Date.now()): boolean {
  if (Math.abs(now - seen) > deadAfterMs) return true;
  return host === here && !isRunning(pid);
}

/** Where this process's number is known: the computer, and on Linux the namespace of processes (a container has its own). */
function processHost(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
