/** Texts about folders that cannot be read, that lost photos, or that the system does not watch completely. */
import type { PhotoFolder } from '../../electron/ipc/contract.ts';
import { duration, plural } from '../../electron/ipc/format.ts';

type Absence = NonNullable<PhotoFolder['absence']>;
type Clock = NonNullable<PhotoFolder['clock']>;

export const folderTexts = {
  states: { watching: 'Watching', scanning: 'Scanning', away: 'Away', gone: 'Gone', waiting: 'Waiting' },
  missingBadge: 'Photos missing',
  clockBadge: 'Partly watched',
  photosStay: (n: number) => `${n === 1 ? 'Its photo stays' : 'Its photos stay'} in the index.`,
  newPlace: 'Choose its new place…',
  newPlaceOf: (path: string) => `Choose its new place… (${path})`,
  // A name begins with what is seen, for those who speak it (WCAG 2.5.3).
  removeOf: (shown: string, path: string) => `${shown} (${path})`,
  moved: 'The folder is watched at its new place',
  removeMissing: (n: number) => (n === 1 ? 'It was deleted: take it out' : 'They were deleted: take them out'),
  keepMissing: (n: number) => (n === 1 ? 'Keep it' : 'Keep them'),
  missingRemoved: 'Looking through the folder, and taking out what is missing',
  missingKept: 'They stay until their files are back',
  missingNotice: (n: number, name: string) =>
    `${plural(n, 'photo')} vanished from ${name} at once. The library keeps ${n === 1 ? 'it' : 'them'} and asks what happened.`,
} as const;

/** Why a folder cannot be read, and what its photos have to expect. */
export function absenceText(absence: Absence, photos: number): string {
  const stay = photos > 0 ? ` ${folderTexts.photosStay(photos)}` : '';
  switch (absence.kind) {
    case 'gone':
      return `There is no such folder any more, though its disk is there: it was moved, renamed or deleted.${stay}`;
    case 'not-connected':
      return `Its disk is not connected at ${absence.mount}.${stay}`;
    case 'not-found':
      return `There is no such folder now. Connect its disk, or choose its new place.${stay}`;
    case 'not-a-folder':
      return `There is a file of this name now, and no folder.${stay}`;
    case 'no-permission':
      return `Descry may not read this folder. Give your user permission to read it.${stay}`;
    case 'unreadable':
      return `This folder cannot be read: ${absence.reason}.${stay}`;
  }
}

export function missingText({ photos, keep }: NonNullable<PhotoFolder['missing']>): string {
  const [files, are] = photos === 1 ? ['file', 'is'] : ['files', 'are'];
  if (keep)
    return `The ${files} of ${plural(photos, 'photo')} ${are} not there. You chose to keep ${photos === 1 ? 'it' : 'them'}.`;
  return (
    `The ${files} of ${plural(photos, 'photo')} vanished at once. If a disk or a network folder is not connected, ` +
    `${photos === 1 ? 'it is' : 'they are'} found again by ${photos === 1 ? 'itself' : 'themselves'} as soon as it is. Were they deleted?`
  );
}

/** Why a folder is scanned from time to time, and the command that raises the limit, where there is one. */
export function clockText({ why, everyMs }: Clock, platform: string): { text: string; command: string | null } {
  const every = `every ${duration(everyMs / 1000)}`;
  const scanned = `What is not noticed at once is found by a scan ${every}.`;
  switch (why) {
    case 'network':
      return {
        text: `Changes by other computers are not told to this one: they are found by a scan ${every}.`,
        command: null,
      };
    case 'watches':
      return {
        text: `The system does not let Descry watch more folders, so that some changes here are not noticed at once. ${scanned} To raise the limit:`,
        command: `sudo sysctl fs.inotify.max_user_watches=${highWatches}`,
      };
    case 'instances':
      return {
        text: `The system does not let more programs watch folders, so that changes here are not noticed at once. ${scanned} To raise the limit:`,
        command: `sudo sysctl fs.inotify.max_user_instances=${highInstances}`,
      };
    case 'files':
      return {
        text: `The system does not let Descry open more files, so that some changes here are not noticed at once. ${scanned} To raise the limit:`,
        command: platform === 'darwin' ? 'sudo launchctl limit maxfiles 65536 200000' : 'ulimit -n 65536',
      };
  }
}

const highWatches = 524_288;
const highInstances = 1024;
