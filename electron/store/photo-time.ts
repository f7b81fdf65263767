/**
 * When a photo was taken, from what is stored of it: a wall clock, as ms since the epoch as if the clock showed UTC. So a photo
 * has the same day on every computer, except one of which only the file's time is known.
 */
import type { TimeSource } from '../ipc/contract.ts';
import { localClock } from '../ipc/wall-clock.ts';

export interface StoredTimes {
  /** the camera's clock: EXIF, XMP or IPTC */
  readonly taken: number | null;
  /** the clock in the file's name */
  readonly named: number | null;
  /** the file's time: ms since the epoch */
  readonly modified: number;
}

export interface PhotoTime {
  readonly at: number;
  readonly source: TimeSource;
}

const dayMs = 24 * 3600_000;

/**
 * The latest wall clock that is believed: a day after now, because the clocks of the world are up to 14 hours ahead of UTC.
 * @param now ms since the epoch
 */
export const latestBelieved = (now = Date.now()): number => now + dayMs;

/**
 * The camera's clock, else the one in the name, else the file's time. A time in the future is not believed, and the next one
 * is taken; where even the file's is in the future, nothing is known, and the photo stands at the epoch, below all others.
 *
 * @param latest see `latestBelieved`
 */
export function photoTime({ taken, named, modified }: StoredTimes, latest = latestBelieved()): PhotoTime {
  if (taken !== null && taken <= latest) return { at: taken, source: 'camera' };
  if (named !== null && named <= latest) return { at: named, source: 'name' };
  const at = localClock(modified);
  return { at: at <= latest ? at : 0, source: 'file' };
}
