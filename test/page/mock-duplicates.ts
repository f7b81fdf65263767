/** Made-up groups of duplicates. */
import type { DuplicateReport } from '../../electron/ipc/contract.ts';
import { sizeOf } from './pictures.ts';

const folders = ['/home/anna/Pictures/2025/Summer', '/home/anna/Phone/Camera', '/media/anna/Travel disk/Photos'];

/** @param gone ids of photos that were moved to the bin */
export function duplicates(groups: number, complete: boolean, gone: ReadonlySet<number>): DuplicateReport {
  const all = Array.from({ length: groups }, (_, group) => {
    const exact = group % 3 === 0;
    const first = 1 + group * 5;
    const ids = Array.from({ length: exact ? 2 : 2 + (group % 4) }, (_, i) => first + i).filter((id) => !gone.has(id));
    const scale = (i: number) => (exact ? 10 : 10 - 3 * (i % 3));
    const { width, height } = sizeOf(first);
    return {
      kind: exact ? ('exact' as const) : ('near' as const),
      ids: Int32Array.from(ids),
      contents: Int32Array.from(ids, (_, i) => (exact ? first : first + (i % 2))),
      paths: ids.map(
        (id) => `${folders[(id - first) % 3]}/DSC_${String(first + (exact ? 0 : id - first)).padStart(5, '0')}.jpg`,
      ),
      bytes: ids.map((id) => Math.round(4_800_000 * (scale(id - first) / 10) ** 2)),
      widths: Int32Array.from(ids, (id) => width * scale(id - first)),
      heights: Int32Array.from(ids, (id) => height * scale(id - first)),
    };
  });
  return { groups: all.filter(({ ids }) => ids.length > 1), complete };
}
