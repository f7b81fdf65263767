/** Where the window keeps its own data: with the library, or for a library on a read-only disk with the user's other caches. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import envPaths from 'env-paths';

/**
 * @param home of the library
 * @param caches the user's folder for what can be made again
 * @returns a folder for Chromium's files, the window's place and the log; the same for each start with this library
 */
export function windowData(home: string, caches = envPaths('descry', { suffix: '' }).cache): string {
  // One that is not there is made, or the start says why it cannot be.
  if (!existsSync(home)) return home;
  const window = path.join(home, 'window');
  if (canWrite(existsSync(window) ? window : home)) return home;
  return path.join(caches, 'read-only', createHash('sha256').update(home).digest('hex').slice(0, 16));
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
