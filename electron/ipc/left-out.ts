/**
 * Why files and folders below a library's folder are not shown, in words, for the window and the terminal. No zod and no
 * Node: the page imports it.
 */
import { count, plural } from './format.ts';

interface Words {
  readonly one: string;
  readonly many: string;
  /** what that means, or what to do */
  readonly advice: string;
}

const words = {
  video: { one: 'video', many: 'videos', advice: 'Descry finds photos only.' },
  'raw-of-photo': {
    one: 'camera raw file beside its JPEG or HEIC',
    many: 'camera raw files beside their JPEG or HEIC',
    advice: 'Each is one photo with the JPEG or HEIC of the same name, which is shown.',
  },
  'video-of-photo': {
    one: 'video of a live photo',
    many: 'videos of live photos',
    advice: 'Each is one photo with the JPEG or HEIC of the same name, which is shown.',
  },
  'link-inside': {
    one: 'link to what is in the library anyway',
    many: 'links to what is in the library anyway',
    advice: 'What they lead to is found where it lies, so that no photo is there twice.',
  },
  'link-outside': {
    one: "link that leads outside of the library's folders",
    many: "links that lead outside of the library's folders",
    advice: 'To find what they lead to, add the folder that holds it.',
  },
  'link-nowhere': {
    one: 'link that leads nowhere',
    many: 'links that lead nowhere',
    advice: 'What they lead to was moved or deleted, is on a disk that is not connected, or is the link itself.',
  },
  'name-not-text': {
    one: 'file or folder whose name is not valid text',
    many: 'files or folders whose names are not valid text',
    advice: 'The names are not in UTF-8. Rename them.',
  },
  'path-too-long': {
    one: 'file or folder whose path is too long',
    many: 'files or folders whose paths are too long',
    advice: 'The system cannot open them by their paths. Move them up, or shorten the names of the folders above them.',
  },
  'folder-no-permission': {
    one: 'folder that may not be read',
    many: 'folders that may not be read',
    advice: 'Give your user permission to read them. They are tried again at each scan.',
  },
  'file-no-permission': {
    one: 'file that may not be looked at',
    many: 'files that may not be looked at',
    advice: 'Give your user permission to enter the folders that they are in. They are tried again at each scan.',
  },
  unreadable: {
    one: 'file or folder that could not be read',
    many: 'files or folders that could not be read',
    advice: 'The log says why. They are tried again at each scan.',
  },
  'not-a-file': {
    one: 'pipe, socket or device with the name of a photo',
    many: 'pipes, sockets or devices with the names of photos',
    advice: 'They hold no photo.',
  },
  'in-the-cloud': {
    one: 'photo that is in the cloud only',
    many: 'photos that are in the cloud only',
    advice: 'Their content is not on this disk. Once it is downloaded, they are found.',
  },
} as const satisfies Record<string, Words>;

export type LeftOutReason = keyof typeof words;

/** What stands for choices of the user and of programs comes first, what needs the user's attention last. */
export const leftOutReasons = Object.keys(words) as LeftOutReason[];

export interface LeftOutCount {
  readonly reason: LeftOutReason;
  readonly count: number;
}

/** “300 videos” */
export const leftOutName = ({ reason, count: n }: LeftOutCount): string =>
  plural(n, words[reason].one, words[reason].many);

export const leftOutAdvice = (reason: LeftOutReason): string => words[reason].advice;

export const leftOutTotal = (counts: readonly LeftOutCount[]): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

/** “312 files are not shown: 300 videos, 9 links that lead nowhere, 3 folders that may not be read”; '' where there is nothing */
export function leftOutText(counts: readonly LeftOutCount[]): string {
  const total = leftOutTotal(counts);
  if (total === 0) return '';
  const [only] = counts;
  if (counts.length === 1 && only) return `Not shown: ${leftOutName(only)}`;
  return `Not shown: ${count(total)} files and folders (${counts.map(leftOutName).join(', ')})`;
}

/** The counts of several folders together. */
export function joinedLeftOut(folders: readonly (readonly LeftOutCount[])[]): LeftOutCount[] {
  const sums = new Map<LeftOutReason, number>();
  for (const { reason, count } of folders.flat()) sums.set(reason, (sums.get(reason) ?? 0) + count);
  return leftOutReasons.flatMap((reason) => {
    const count = sums.get(reason);
    return count === undefined ? [] : [{ reason, count }];
  });
}
