import { describe, expect, it } from 'vitest';
import type { DuplicateReport } from '../../electron/ipc/contract.ts';
import { openWindow, pass } from './renderer-state.ts';

type Group = DuplicateReport['groups'][number];
const group = (kind: Group['kind'], ids: number[], bytes: number[], widths: number[]): Group => ({
  kind,
  ids: Int32Array.from(ids),
  contents: Int32Array.from(ids),
  paths: ids.map((id) => `/photos/${id}.jpg`),
  bytes,
  widths: Int32Array.from(widths),
  heights: Int32Array.from(widths),
});
const groups = [
  group('exact', [1, 2], [500, 500], [30, 30]),
  group('near', [3, 4, 5], [900, 2000, 1500], [30, 20, 30]),
];
const load = async (report: DuplicateReport) => {
  const bridge = openWindow({ 'photos.duplicates': () => report });
  const module = await import('../../renderer/state/duplicates.svelte.ts');
  const changes = await import('../../renderer/state/photo-changes.svelte.ts');
  const close = module.duplicates.open();
  await pass();
  return { bridge, close, ...module, ...changes };
};

describe('duplicates', () => {
  it('are listed with the space they take, those first that free most', async () => {
    const { duplicates, largestOf } = await load({ groups, complete: true });
    expect(duplicates.groups.map(({ ids }) => ids[0])).toEqual([3, 1]);
    expect(largestOf(groups[1]!)).toBe(2); // of those with the most pixels that with the most bytes
    expect([duplicates.bytes, duplicates.free]).toEqual([5400, 3400]);
    duplicates.kind = 'exact';
    expect([duplicates.bytes, duplicates.free]).toEqual([1000, 500]);
  });

  it('are selected by the user alone; the suggestion is all but the largest of the groups in sight', async () => {
    const { duplicates } = await load({ groups, complete: true });
    expect(duplicates.selection.size).toBe(0);
    duplicates.selectSuggested();
    expect(duplicates.targets()).toEqual([3, 4, 2]);
    duplicates.kind = 'near';
    duplicates.selectSuggested();
    expect(duplicates.targets()).toEqual([3, 4]);
  });

  it('leave the list when they are moved to the bin', async () => {
    const { duplicates, photoChanges } = await load({ groups, complete: true });
    photoChanges.leave([2, 4]);
    expect(duplicates.groups.map(({ ids }) => [...ids])).toEqual([[3, 5]]);
    expect(duplicates.groups[0]!.paths).toEqual(['/photos/3.jpg', '/photos/5.jpg']);
  });

  it('are asked for again while photos are compared, and not once the view is left', async () => {
    const { bridge, close } = await load({ groups, complete: false });
    await pass(4000);
    expect(bridge.count('photos.duplicates')).toBe(2);
    close();
    await pass(20_000);
    expect(bridge.count('photos.duplicates')).toBe(2);
  });
});
