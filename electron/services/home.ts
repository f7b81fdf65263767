/** The library's folder; not in descry.ts, because the window needs it before it loads anything else. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import envPaths from 'env-paths';
import { isInside, makeFolder } from './shared/paths.ts';

/** The folder of a library: `named`, else `DESCRY_HOME`, else the operating system's default folder; an empty name is none. */
export function libraryHome(named?: string, environment: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(
    named || environment['DESCRY_HOME'] || path.join(envPaths('descry', { suffix: '' }).data, 'library'),
  );
}

const ownFolders = ['backups', 'in-use', 'logs', 'models', 'thumbnails', 'training', 'updates', 'window'];
/** What Descry keeps in the folder of a library. Other names are the user's. */
const ownName = new RegExp(`^(${ownFolders.join('|')}|library(-damaged-.*)?\\.db.*|window\\.json.*)$`);
const onlyOwner = 0o700;

/**
 * Makes the folder of a library, for its user alone: the paths, places, searches, logs and thumbnails in it are nobody else's
 * business. A folder that an earlier version made is closed to others, too. One that holds other things of the user's is left as it
 * is, since others may have to reach those, and each of Descry's folders in it is closed instead.
 *
 * @param home absolute
 * @throws the system's error where the folder cannot be made
 */
export function makeLibraryFolder(home: string): void {
  const found = statSync(home, { throwIfNoEntry: false });
  if (found === undefined) {
    makeFolder(path.dirname(home));
    try {
      // The mode counts from the start, whatever the user's umask is.
      mkdirSync(home, { mode: onlyOwner });
      if (process.platform === 'win32') closeOnWindows(home);
      return;
    } catch (error) {
      // another process may have made it meanwhile
      if (!statSync(home, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  } else if (!found.isDirectory()) {
    makeFolder(home); // throws what the system says
  }
  if (process.platform !== 'win32') closeToOthers(home);
}

function closeToOthers(home: string): void {
  try {
    if (readdirSync(home).every((name) => ownName.test(name))) return close(home);
    for (const name of ownFolders) {
      const folder = path.join(home, name);
      mkdirSync(folder, { recursive: true, mode: onlyOwner });
      close(folder);
    }
    for (const name of readdirSync(home))
      if (/^library(-damaged-.*)?\.db/.test(name)) close(path.join(home, name), 0o600);
  } catch {
    // A folder that cannot be read or written is reported where that matters; on read-only media nobody can change it.
  }
}

/** Takes the permissions of others from a file or folder of this user. */
function close(place: string, mode = onlyOwner): void {
  const found = statSync(place);
  if (found.uid === process.getuid!() && (found.mode & 0o077) !== 0) chmodSync(place, found.mode & mode);
}

/**
 * Windows has access lists in place of modes. What is in the user's own folder is closed to others already; elsewhere, as on a
 * second disk, a new folder is open to all users of the computer.
 *
 * @param run for tests
 */
export function closeOnWindows(
  folder: string,
  profile = homedir(),
  run: (program: string, args: readonly string[]) => void = (program, args) =>
    void execFileSync(program, args, { stdio: 'ignore', windowsHide: true }),
): void {
  if (isInside(folder, profile)) return;
  const domain = process.env['USERDOMAIN'];
  const user = userInfo().username;
  try {
    // no inherited rights; full rights for this user and, as everywhere, for the system (S-1-5-18), in all that is made inside
    run('icacls', [
      folder,
      '/inheritance:r',
      '/grant:r',
      `${domain ? `${domain}\\` : ''}${user}:(OI)(CI)F`,
      '/grant:r',
      '*S-1-5-18:(OI)(CI)F',
    ]);
  } catch {
    // Some disks have no access lists (FAT, exFAT, some network drives).
  }
}
