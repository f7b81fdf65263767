/** One process at a time works in a folder of weights, which all libraries of the machine share. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { DescryError, errorMessage } from '../../../models/errors.ts';
import { makeFolder } from '../shared/paths.ts';
import { cancelled } from './resumed-download.ts';

/** A lock that was not renewed for this long is stale: its process has ended. */
const staleMs = 30_000;
/** How long (s) another process waits at most for one that ended without giving the lock back. */
export const longestWait = staleMs / 1000;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** another process has the lock */
  readonly onWaiting: () => void;
  readonly log: { warn(message: string): void };
}

/**
 * @param folder is made where it is not there
 * @param work gets a signal that is also aborted when the lock is lost, because this computer slept
 * @throws DescryError `asset-busy` where it was lost, `cancelled`; what `work` throws
 */
export async function underLock<T>(
  folder: string,
  { signal, onWaiting, log }: LockOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  makeFolder(folder);
  const working = new AbortController();
  const stop = () => working.abort();
  let lost = false;
  const release = await lock(folder, signal, onWaiting, () => {
    lost = true;
    stop();
  });
  signal.addEventListener('abort', stop, { once: true });
  // Of a signal that was aborted while the lock was taken, no event comes.
  if (signal.aborted) stop();
  try {
    return await work(working.signal);
  } catch (error) {
    if (lost) throw busy(folder, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    // while this computer slept, another process may have taken over the lock as stale
    await release().catch((error: unknown) => log.warn(errorMessage(error)));
  }
}

async function lock(folder: string, signal: AbortSignal, onWaiting: () => void, onCompromised: () => void) {
  for (;;) {
    try {
      return await lockfile.lock(folder, {
        lockfilePath: path.join(folder, 'lock'),
        realpath: false,
        stale: staleMs,
        update: staleMs / 6,
        onCompromised,
      });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ELOCKED') throw error;
      onWaiting();
      await sleep(300, undefined, { signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}

const busy = (folder: string, cause: unknown) =>
  new DescryError(
    'asset-busy',
    `Another Descry has locked ${folder}, because this one did not renew its lock in time. Try again.`,
    { cause },
  );
