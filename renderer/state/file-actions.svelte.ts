/** What is done with the files of photos, from the grid, the selection and the list of duplicates. */
import type { CopyReport, FileFailure } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { photoChanges } from './photo-changes.svelte.ts';

/** photos that can be dragged or put on the clipboard at once: contract.ts */
export const mostAtOnce = 500;

export interface FailedFiles {
  readonly title: string;
  readonly failures: readonly FileFailure[];
}

class FileActions {
  /** photos that the user is asked about: whether to move them to the bin */
  asked = $state.raw<readonly number[] | null>(null);
  /** they are being copied; null before the folder is chosen */
  copying = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  /** files that something could not be done with, to be shown */
  failed = $state.raw<FailedFiles | null>(null);
  #asking = false;

  start(): void {
    on('copying.progress', (progress) => (this.copying = progress));
    // Copying is done by the main process, which goes on; its answer comes all the same.
  }

  async copyTo(ids: readonly number[]): Promise<void> {
    if (this.#asking || ids.length === 0) return;
    this.#asking = true;
    const report = await attempt(() => request('photos.copyTo', { ids: [...ids] }));
    this.#asking = false;
    this.copying = null;
    if (report) this.#tellCopied(report);
  }

  stopCopying(): void {
    void attempt(() => request('photos.stopCopying'));
  }

  async copyFiles(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    if (ids.length > mostAtOnce) {
      toasts.show(texts.selection.tooManyToCopy(mostAtOnce), 'error');
      return;
    }
    await attempt(async () => {
      await request('photos.copyFiles', { ids: [...ids] });
      toasts.show(texts.selection.onClipboard(ids.length));
    });
  }

  /** Asks first. */
  trash(ids: readonly number[]): void {
    if (ids.length > 0) this.asked = ids;
  }

  dismiss(): void {
    this.asked = null;
  }

  /** The user has said yes. */
  async confirmTrash(): Promise<void> {
    const ids = this.asked;
    this.asked = null;
    if (!ids) return;
    await attempt(async () => {
      const { moved, failures } = await request('photos.trash', { ids: [...ids] });
      // Where some could not be moved it is not known here which photos they are: the library notices the others by itself.
      if (failures.length === 0) photoChanges.leave(ids);
      if (moved > 0) toasts.show(texts.selection.trashed(moved));
      this.#tellFailures(texts.selection.notTrashed(failures.length), failures);
    });
  }

  #tellCopied({ folder, copied, present, failures, stopped }: CopyReport): void {
    // Where every one failed, the dialog says so.
    if (copied + present > 0 || failures.length === 0) {
      toasts.show(
        [
          texts.selection.copied(copied, folder),
          ...(present > 0 ? [texts.selection.present(present)] : []),
          ...(stopped ? [texts.selection.stopped] : []),
        ].join(' '),
      );
    }
    this.#tellFailures(texts.selection.notCopied(failures.length), failures);
  }

  #tellFailures(title: string, failures: readonly FileFailure[]): void {
    if (failures.length > 0) this.failed = { title, failures };
  }
}

export const fileActions = new FileActions();
