/** Which folders have to be scanned from time to time, because the system does not tell all that changes in them. */
import { statfs } from 'node:fs/promises';
import type { PhotoFolder } from '../../ipc/contract.ts';
import { systemCode } from '../../../models/errors.ts';

type Why = NonNullable<PhotoFolder['clock']>['why'];

/** @returns undefined where the error says nothing about a limit */
export function limitOf(error: unknown, platform: NodeJS.Platform = process.platform): Why | undefined {
  const code = systemCode(error);
  // inotify(7), inotify_add_watch(2): ENOSPC is the limit on watches, EMFILE that on inotify instances or on open files.
  if (code === 'ENOSPC') return 'watches';
  if (code === 'EMFILE') return platform === 'linux' ? 'instances' : 'files';
  return code === 'ENFILE' ? 'files' : undefined;
}

/** `f_type` of file systems whose changes are made on other computers, or not told at all (statfs(2), linux/magic.h). */
const networkTypes = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x65735546, // FUSE: sshfs, rclone, Google Drive; also disks of Windows, for which a scan costs little more
  0x01021997, // 9p: folders of Windows in WSL
  0x5346414f, // AFS
  0x73757245, // Coda
  0x00c36400, // Ceph
  0x786f4256, // shared folders of VirtualBox
  0xbacbacbc, // shared folders of VMware
  0x7c7c6673, // shared folders of Parallels
]);

/** Whether changes in a folder may be made on another computer, so that this one does not notice them. */
export async function isOnNetwork(
  folder: string,
  typeOf: (folder: string) => Promise<number> = async (place) => (await statfs(place)).type,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform === 'win32') return /^\\\\(?![?.]\\)|^\\\\\?\\UNC\\/i.test(folder);
  // The numbers are Linux's. macOS tells changes on network disks, as far as their servers do.
  if (platform !== 'linux') return false;
  return networkTypes.has((await typeOf(folder).catch(() => 0)) >>> 0);
}

export interface ClockTimes {
  /** ms between two scans at least */
  readonly least: number;
  /** a scan may take this share of the time */
  readonly share: number;
}

export const usualClock: ClockTimes = { least: 3 * 60_000, share: 0.05 };

/** @param tookMs how long the last scan took @returns ms until the next one */
export const nextScanIn = (tookMs: number, { least, share }: ClockTimes): number => Math.max(least, tookMs / share);
