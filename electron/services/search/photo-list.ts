/** Photos as the grid needs them. */
import type { PhotoList } from '../../ipc/contract.ts';
import type { PhotoColumns } from './photo-columns.ts';

/** @param stackOf the number of a content's near-duplicates, 0: it has none; absent: no photo has any */
export function photoList(
  ids: Int32Array,
  columns: PhotoColumns,
  stackOf: ((content: number) => number) | undefined,
): PhotoList {
  const rows = Int32Array.from(ids, (id) => columns.row(id) ?? -1);
  const contents = rows.map((row) => columns.contents.data[row] ?? 0);
  return {
    ids,
    contents,
    aspects: Float32Array.from(rows, (row) => columns.aspects.data[row] ?? 1),
    days: rows.map((row) => columns.days.data[row] ?? 0),
    stacks: stackOf ? contents.map(stackOf) : new Int32Array(ids.length),
    favourites: Uint8Array.from(rows, (row) => columns.favourites.data[row] ?? 0),
  };
}
