/** Selecting in the grid: what a click or a key means for the selection, in ids of photos. */
import type { PhotoList } from '../../electron/ipc/contract.ts';
import type { Selection } from '../state/selection.svelte.ts';
import { photosAt, photosBetween, type Shown } from './stacks.ts';

export interface GridList {
  readonly photos: PhotoList;
  readonly shown: Shown;
  /** stacks that are opened */
  readonly open: ReadonlySet<number>;
}

/** The photos that a place stands for: one, or all of a closed stack. */
export const idsAt = ({ photos, shown, open }: GridList, place: number): number[] =>
  photosAt(shown, photos.stacks, open, place).map((index) => photos.ids[index]!);

/** The photos from one place to another, both included, in whichever order. */
export function idsFromTo({ photos, shown, open }: GridList, one: number, other: number): number[] {
  const [first, last] = one < other ? [one, other] : [other, one];
  return photosBetween(shown, photos.stacks, open, first, last + 1).map((index) => photos.ids[index]!);
}

export const allIds = (list: GridList): number[] => idsFromTo(list, 0, list.shown.indices.length - 1);

/** The place of a photo; that of its stack where it is closed; -1: it is not shown. */
export function placeOfId({ photos, shown }: GridList, id: number | null): number {
  if (id === null) return -1;
  return shown.places[photos.ids.indexOf(id)] ?? -1;
}

/** Selects from the anchor to this place, besides what was selected before the anchor was set. */
export function selectTo(list: GridList, selection: Selection, place: number, from: number): void {
  const anchor = placeOfId(list, selection.anchor);
  if (anchor === -1) selection.begin(list.photos.ids[list.shown.indices[from]!] ?? null);
  selection.extend(idsFromTo(list, anchor === -1 ? from : anchor, place));
}

/** Selects the photos of a place, or takes them out; the next range begins there. */
export function toggleAt(list: GridList, selection: Selection, place: number): void {
  const ids = idsAt(list, place);
  selection.toggle(ids, ids[0] ?? null);
}

/** The selected photos in the order of the list; without a selection those of the place. */
export function targetsOf(list: GridList, selection: Selection, place: number): number[] {
  if (!selection.active) return idsAt(list, place);
  return [...list.photos.ids.filter((id) => selection.has(id))];
}

/** Whether all of some photos are favourites. @param isFavourite given what the list says */
export function areFavourites(
  { photos }: GridList,
  ids: readonly number[],
  isFavourite: (id: number, listed: boolean) => boolean,
): boolean {
  const wanted = new Set(ids);
  return photos.ids.every((id, index) => !wanted.has(id) || isFavourite(id, photos.favourites[index] === 1));
}
