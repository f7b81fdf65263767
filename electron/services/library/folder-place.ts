/**
 * Whether a folder can be read now, and if not, whether it is gone or its disk is away.
 *
 * When a folder is scanned, the mount point that it is on is noted: the topmost folder above it on the same device (on Windows the
 * drive or the network share). If the folder is not there later, but its mount point is still one, the folder itself is gone:
 * it was deleted, moved or renamed. If the mount point is none any more, its disk is not connected. A mount point often stays
 * behind as an empty folder when its disk is disconnected, so that an empty folder is not taken for one without photos.
 */
import { constants } from 'node:fs';
import { access, opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, isNotThere, reasonOf } from '../../../models/errors.ts';
import type { FolderDisk } from '../../store/folders.ts';

/** What is asked of the file system; tests give their own. */
export interface FileSystem {
  /** @throws the system's error */
  stat(file: string): Promise<{ readonly dev: bigint; readonly isFolder: boolean }>;
  isEmpty(folder: string): Promise<boolean>;
  /** @throws the system's error where the folder may not be read */
  assertReadable(folder: string): Promise<void>;
  readonly path: Pick<typeof path, 'dirname' | 'parse'>;
  readonly windows: boolean;
}

/** Why a folder cannot be read. `moved`: that its disk is there, and the folder not, is certain. */
export type Absence =
  | { readonly kind: 'gone' }
  | { readonly kind: 'not-connected'; readonly mount: string }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-a-folder' }
  | { readonly kind: 'no-permission' }
  | { readonly kind: 'unreadable'; readonly reason: string };

const thisSystem: FileSystem = {
  stat: async (file) => {
    const found = await stat(file, { bigint: true });
    return { dev: found.dev, isFolder: found.isDirectory() };
  },
  isEmpty: async (folder) => {
    for await (const entry of await opendir(folder)) return !entry;
    return true;
  },
  assertReadable: (folder) => access(folder, constants.R_OK | constants.X_OK),
  path,
  windows: process.platform === 'win32',
};

/** The mount point that a folder is on, and the device that is mounted there. @throws the system's error */
export async function diskOf(folder: string, system: FileSystem = thisSystem): Promise<FolderDisk> {
  const { dev } = await system.stat(folder);
  const device = String(dev);
  if (system.windows) return { mount: system.path.parse(folder).root, device };
  let mount = folder;
  for (let above = system.path.dirname(folder); above !== mount; above = system.path.dirname(above)) {
    if ((await system.stat(above)).dev !== dev) break;
    mount = above;
  }
  return { mount, device };
}

/**
 * @param disk where the folder was when it was last scanned; undefined: not known
 * @returns undefined where the folder can be read
 */
export async function absenceOf(
  folder: string,
  disk: FolderDisk | undefined,
  system: FileSystem = thisSystem,
): Promise<Absence | undefined> {
  try {
    if (!(await system.stat(folder)).isFolder) return { kind: 'not-a-folder' };
    // A folder that holds something is looked into: its photos may have been copied from the disk that was there.
    if (disk && !(await isMounted(disk, system)) && (await system.isEmpty(folder))) {
      return { kind: 'not-connected', mount: disk.mount };
    }
    await system.assertReadable(folder);
    return undefined;
  } catch (error) {
    const absence = absenceBy(error);
    if (absence.kind !== 'not-found' || !disk) return absence;
    return (await isMounted(disk, system)) ? { kind: 'gone' } : { kind: 'not-connected', mount: disk.mount };
  }
}

/** @param error the system's, of looking at the folder; what it says of the folder alone */
export function absenceBy(error: unknown): Extract<Absence, { kind: 'not-found' | 'no-permission' | 'unreadable' }> {
  if (errorCode(error) === 'no-permission') return { kind: 'no-permission' };
  if (isNotThere(error)) return { kind: 'not-found' };
  return { kind: 'unreadable', reason: reasonOf(error) };
}

/**
 * Whether a disk is mounted where the folder's was. Its number is compared on Windows only, where it is the volume's own; on
 * other systems the same disk has another number each time.
 */
async function isMounted({ mount, device }: FolderDisk, system: FileSystem): Promise<boolean> {
  try {
    const { dev } = await system.stat(mount);
    if (system.windows) return String(dev) === device;
    const above = system.path.dirname(mount);
    return above === mount || (await system.stat(above)).dev !== dev;
  } catch {
    return false;
  }
}

/** What is wrong with a folder of the library, as an error. */
export function absenceError(folder: string, absence: Absence, photos: number, cause?: unknown): DescryError {
  const parameters = { folder };
  const kept = photos > 0 ? ` Its ${photos === 1 ? 'photo stays' : `${photos} photos stay`} in the library.` : '';
  switch (absence.kind) {
    case 'gone':
      return new DescryError(
        'not-found',
        `There is no folder ${folder} any more, though its disk is there.${kept} If it was moved, choose its new place; ` +
          'if it was deleted, remove it from the library.',
        { parameters: { ...parameters, goneFolder: folder } },
      );
    case 'not-connected':
      return new DescryError(
        'not-found',
        `The disk of ${folder} is not connected: nothing is mounted at ${absence.mount}.${kept}`,
        { parameters },
      );
    case 'not-found':
      return new DescryError(
        'not-found',
        `There is no folder ${folder}. Check the spelling, or connect the disk it is on.`,
        {
          parameters,
        },
      );
    case 'not-a-folder':
      return new DescryError('not-a-folder', `${folder} is a file now, not a folder.${kept}`, {
        parameters: { file: folder },
      });
    case 'no-permission':
      return new DescryError(
        'no-permission',
        `The folder ${folder} may not be read. Give your user permission to read it.`,
        { parameters },
      );
    case 'unreadable':
      return new DescryError('internal', `The folder ${folder} could not be read: ${absence.reason}.`, {
        cause,
        parameters,
      });
  }
}
