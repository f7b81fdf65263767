/** Photos as the grid needs them. */
import type { PhotoList } from '../../ipc/contract.ts';
import type { PhotoColumns } from './photo-columns.ts';

/** @param stacksOf the number of the stack of each content, 0: it is in none; absent: no photo is in any */
export function photoList(
  ids: Int32Array,
  columns: PhotoColumns,
  stacksOf: ((contents: Int32Array) => Int32Array) | undefined,
): PhotoList {
  const rows = Int32Array.from(ids, (id) => columns.row(id) ?? -1);
  const contents = rows.map((row) => columns.contents.data[row] ?? 0);
  return {
    ids,
    contents,
    aspects: Float32Array.from(rows, (row) => columns.aspects.data[row] ?? 1),
    days: rows.map((row) => columns.days.data[row] ?? 0),
    stacks: stacksOf?.(contents) ?? new Int32Array(ids.length),
    favourites: Uint8Array.from(rows, (row) => columns.favourites.data[row] ?? 0),
    damaged: Uint8Array.from(rows, (row) => columns.damaged.data[row] ?? 0),
  };
}
