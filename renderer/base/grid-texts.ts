/** The texts of the grid's months, stacks and selection, of what is done with files, and of the list of duplicates. */
import { count, fileName, fileSize, plural } from '../../electron/ipc/format.ts';

const photos = (n: number) => plural(n, 'photo');

export const gridTexts = {
  noDate: 'Without a date',
  month: (name: string, n: number) => `${name}, ${photos(n)}`,
  selectMonth: (name: string) => `Select all of ${name}`,
  favourite: 'favourite',
  damaged: 'damaged',
  damagedHint: 'Only a part of this photo could be read',
  stack: (n: number) => `stack of ${photos(n)}`,
  inStack: 'in a stack',
  openStack: (n: number) => `Show the ${count(n)} photos of this stack`,
  closeStack: 'Close this stack',
  stackOpened: (n: number) => `Stack opened, ${photos(n)}`,
  stackClosed: 'Stack closed',
  scrubber: 'Go to a month',
} as const;

export const selectionTexts = {
  bar: 'Selected photos',
  selected: (n: number) => (n === 0 ? 'No photos selected' : `${photos(n)} selected`),
  short: (n: number) => `${count(n)} selected`,
  clear: 'Clear the selection',
  select: 'Select',
  deselect: 'Take out of the selection',
  favour: 'Add to favourites',
  unfavour: 'Take out of favourites',
  favoured: (n: number) => `${photos(n)} added to favourites`,
  unfavoured: (n: number) => `${photos(n)} taken out of favourites`,
  like: 'More like this',
  copyTo: 'Copy to a folder…',
  copyFiles: 'Copy files',
  trash: 'Move to the bin…',
  onClipboard: (n: number) => (n === 1 ? 'The file is on the clipboard' : `${count(n)} files are on the clipboard`),
  tooManyToCopy: (most: number) =>
    `At most ${photos(most)} fit on the clipboard. Copy them to a folder instead, or select fewer.`,
  tooManyToDrag: (most: number) =>
    `At most ${photos(most)} can be dragged at once. Copy them to a folder instead, or select fewer.`,
  trashTitle: (n: number) => (n === 1 ? 'Move this photo to the bin?' : `Move ${photos(n)} to the bin?`),
  trashText: (n: number) =>
    n === 1
      ? 'Its file leaves its folder and the library. It can be restored from the bin.'
      : 'Their files leave their folders and the library. They can be restored from the bin.',
  trashConfirm: (n: number) => (n === 1 ? 'Move to the bin' : `Move ${photos(n)} to the bin`),
  trashed: (n: number) => `${photos(n)} moved to the bin, where this can be undone`,
  copyingTitle: 'Copying photos',
  copying: (done: number, total: number) => `Copying ${count(done)} of ${photos(total)}`,
  stop: 'Stop',
  copied: (n: number, folder: string) => `${photos(n)} copied to ${fileName(folder)}.`,
  present: (n: number) => (n === 1 ? '1 was there already.' : `${count(n)} were there already.`),
  stopped: 'Stopped before the others.',
  notCopied: (n: number) => `${photos(n)} could not be copied`,
  notTrashed: (n: number) => `${photos(n)} could not be moved to the bin`,
  moreFailures: (n: number) => `and ${count(n)} more`,
} as const;

export const duplicateTexts = {
  title: 'Duplicates',
  card: 'Duplicates',
  cardText: 'Photos that are there more than once, and photos that look nearly the same.',
  show: 'Show duplicates',
  back: 'Back to the library',
  lead: 'Nothing is chosen or deleted by itself: you say which photos go to the bin.',
  kinds: { all: 'All', exact: 'Exact', near: 'Near' },
  kindLabel: 'Which groups',
  exact: 'The same file',
  near: 'Nearly the same',
  loading: 'Looking for duplicates…',
  comparing: 'Photos are still being compared: there may be more.',
  uncompared: (n: number) => `${photos(n)} could not be compared: the encoder in use finds only equal files.`,
  none: 'No duplicates',
  noneText: 'Every photo is there once, and no two look nearly the same.',
  noneOfKind: 'None of this kind',
  noneOfKindText: 'There are duplicates of the other kind.',
  failed: 'The duplicates could not be listed',
  summary: (groups: number, bytes: number) => `${plural(groups, 'group')}, ${fileSize(bytes)} together`,
  couldFree: (bytes: number) => `${fileSize(bytes)} could be freed`,
  selectSuggested: 'Select all but the largest of each',
  group: (n: number, bytes: number) => `${photos(n)}, ${fileSize(bytes)}`,
  groupFree: (bytes: number) => `${fileSize(bytes)} without the smaller ones`,
  largest: 'Largest',
  pixels: (width: number, height: number) => `${count(width)} × ${count(height)}`,
  select: (name: string, folder: string) => `Select ${name} in ${folder}`,
  view: (name: string) => `View ${name}`,
  more: (n: number) => `Show ${count(n)} more`,
  allSelected: 'All photos of this group are selected: none would be left.',
} as const;

export const gridShortcuts = [
  ['Move', 'Arrows', 'Page Up', 'Page Down'],
  ['Start or end of the row', 'Home', 'End'],
  ['First or last photo', 'mod+Home', 'mod+End'],
  ['Look at a photo', 'Enter', 'Space'],
  ['Open or close a stack', 'S'],
  ['Actions', 'Shift+F10'],
] as const;

export const selectionShortcuts = [
  ['Select or take out', 'mod+Space', 'mod+Click'],
  ['Select a range', 'Shift+Arrows', 'Shift+Click'],
  ['Select the month', 'M'],
  ['Select all', 'mod+A'],
  ['Select nothing', 'Esc'],
  ['Favourite', 'F'],
  ['Copy the files', 'mod+C'],
  ['Move to the bin', 'Delete'],
] as const;
