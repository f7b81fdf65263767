/** What is selected, and what one does with it. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../fixtures/contract-bridge.ts';
import { openWindow, pass, photos } from './renderer-state.ts';

const modules = async () => ({
  ...(await import('../../renderer/state/selection.svelte.ts')),
  ...(await import('../../renderer/state/photo-changes.svelte.ts')),
  ...(await import('../../renderer/state/file-actions.svelte.ts')),
  ...(await import('../../renderer/ui/toasts.svelte.ts')),
  ...(await import('../../renderer/ui/announcer.svelte.ts')),
});
const ids = (selection: { ids: ReadonlySet<number> }) => [...selection.ids];

describe('a selection', () => {
  it('is toggled, and says how many there are', async () => {
    openWindow();
    const { selection, announcer } = await modules();
    selection.toggle([4]);
    selection.toggle([7, 8]);
    expect(announcer.message).toBe('3 photos selected');
    selection.toggle([4]);
    selection.toggle([8, 9]); // one of them is not selected: both are now
    expect(ids(selection)).toEqual([7, 8, 9]);
    selection.clear();
    expect([selection.active, announcer.message]).toEqual([false, 'No photos selected']);
  });

  it('is extended by a range that grows and shrinks, and keeps what was there before it', async () => {
    openWindow();
    const { selection } = await modules();
    selection.toggle([50], 50);
    selection.begin(10);
    selection.extend([10, 11, 12]);
    selection.extend([10, 11]);
    expect(ids(selection)).toEqual([50, 10, 11]);
    selection.toggle([99]);
    selection.extend([60]);
    expect(ids(selection)).toEqual([50, 10, 11, 99, 60]);
  });

  it('stays when its list is asked for again, without photos that are gone', async () => {
    openWindow();
    const { selection } = await modules();
    selection.set([1, 2, 3]);
    selection.keep(Int32Array.of(9, 3, 1));
    expect(ids(selection)).toEqual([1, 3]);
  });
});

describe('favourites', () => {
  it('are shown at once, whatever the list still says', async () => {
    const bridge = openWindow({ 'photos.favourite': () => undefined });
    const { photoChanges, announcer } = await modules();
    const setting = photoChanges.setFavourite([3, 4], true);
    expect([photoChanges.isFavourite(3, false), photoChanges.isFavourite(5, false)]).toEqual([true, false]);
    await setting;
    expect(bridge.asked.at(-1)!.argument).toEqual({ ids: [3, 4], favourite: true });
    expect(announcer.message).toBe('2 photos added to favourites');
    await photoChanges.setFavourite([3], false);
    expect(photoChanges.isFavourite(3, true)).toBe(false);
  });

  it('are as before where that failed', async () => {
    openWindow({
      'photos.favourite': () => {
        throw new Failure({ code: 'library-busy', message: 'The library is busy.' });
      },
    });
    const { photoChanges, toasts } = await modules();
    await photoChanges.setFavourite([3], true);
    expect(photoChanges.isFavourite(3, false)).toBe(false);
    expect(toasts.items.map(({ text }) => text)).toEqual(['The library is busy.']);
  });
});

describe('the bin', () => {
  it('is asked about first, takes the photos out of sight at once, and they stay so until the list lacks them', async () => {
    const bridge = openWindow({ 'photos.trash': ({ ids: moved }) => ({ moved: moved.length, failures: [] }) });
    const { fileActions, photoChanges, toasts } = await modules();
    fileActions.trash([2, 3]);
    expect(bridge.count('photos.trash')).toBe(0);
    fileActions.dismiss();
    await fileActions.confirmTrash();
    expect(bridge.count('photos.trash')).toBe(0);
    fileActions.trash([2, 3]);
    await fileActions.confirmTrash();
    expect([...photoChanges.gone]).toEqual([2, 3]);
    expect(toasts.items[0]!.text).toBe('2 photos moved to the bin, where this can be undone');
    photoChanges.seen(photos(3), null);
    expect([...photoChanges.gone]).toEqual([2, 3]);
    photoChanges.seen(photos(1), photos(2));
    expect([...photoChanges.gone]).toEqual([2]);
    photoChanges.seen(photos(1));
    expect(photoChanges.gone.size).toBe(0);
  });

  it('names each photo that could not be moved', async () => {
    const failures = [{ path: '/photos/2.jpg', reason: 'your user has no permission' }];
    openWindow({ 'photos.trash': () => ({ moved: 1, failures }) });
    const { fileActions } = await modules();
    fileActions.trash([2, 3]);
    await fileActions.confirmTrash();
    expect(fileActions.failed).toEqual({ title: '1 photo could not be moved to the bin', failures });
  });
});

describe('copies', () => {
  it('show their progress and what came of them, and one at a time is made', async () => {
    const report = { folder: '/media/stick', copied: 2, present: 1, failures: [], stopped: false };
    const bridge = openWindow({
      'photos.copyTo': async () => {
        bridge.emit('copying.progress', { done: 1, total: 3 });
        await new Promise((resolve) => setTimeout(resolve, 50));
        return report;
      },
    });
    const { fileActions, toasts } = await modules();
    fileActions.start();
    const copying = fileActions.copyTo([1, 2, 3]);
    await fileActions.copyTo([4]);
    await pass(10);
    expect(fileActions.copying).toEqual({ done: 1, total: 3 });
    await pass(50);
    await copying;
    expect(bridge.count('photos.copyTo')).toBe(1);
    expect(fileActions.copying).toBeNull();
    expect(toasts.items.map(({ text }) => text)).toEqual(['2 photos copied to stick. 1 was there already.']);
  });

  it('say nothing when no folder was chosen', async () => {
    openWindow({ 'photos.copyTo': () => null });
    const { fileActions, toasts } = await modules();
    await fileActions.copyTo([1]);
    expect(toasts.items).toEqual([]);
  });

  it('on the clipboard are not more than fit', async () => {
    const bridge = openWindow({ 'photos.copyFiles': () => undefined });
    const { fileActions, toasts } = await modules();
    await fileActions.copyFiles(Array.from({ length: 501 }, (_, i) => i + 1));
    expect(bridge.count('photos.copyFiles')).toBe(0);
    expect(toasts.items[0]!.kind).toBe('error');
    await fileActions.copyFiles([1, 2]);
    expect(toasts.items.at(-1)!.text).toBe('2 files are on the clipboard');
  });
});
