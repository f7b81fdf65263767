/** Indexing progress outside the page: on the icon of the taskbar or dock, and in words for the tray. */
import type { BrowserWindow } from 'electron';
import type { IndexingProgress } from '../ipc/contract.ts';
import { texts } from './texts.ts';

export function showProgress(window: BrowserWindow | undefined, progress: IndexingProgress): void {
  if (!window || window.isDestroyed()) return;
  const { value, mode } = taskbarProgress(progress);
  window.setProgressBar(value, { mode });
}

/** In Electron's terms: below 0 none, above 1 of unknown length. */
export function taskbarProgress({ state, done, total }: IndexingProgress): {
  value: number;
  mode: 'none' | 'normal' | 'indeterminate' | 'paused' | 'error';
} {
  const value = total > 0 ? Math.min(1, done / total) : 0;
  switch (state) {
    case 'indexing':
      return { value, mode: 'normal' };
    case 'scanning':
      return { value: 2, mode: 'indeterminate' };
    case 'paused':
      return { value, mode: 'paused' };
    case 'failed':
      return { value, mode: 'error' };
    default:
      return { value: -1, mode: 'none' };
  }
}

/** What is going on, in a few words that change no more often than once per percent. */
export function progressText(progress: IndexingProgress | undefined): string {
  const { tray } = texts;
  if (!progress) return tray.idle;
  const step = Math.max(1, Math.floor(progress.total / 100));
  const done = progress.done === progress.total ? progress.done : Math.floor(progress.done / step) * step;
  switch (progress.state) {
    case 'idle':
      return tray.idle;
    case 'scanning':
      return tray.scanning;
    case 'paused':
      return tray.paused(done, progress.total);
    case 'indexing':
      return tray.indexing(done, progress.total, progress.secondsLeft);
    case 'waiting-for-assets':
      return tray.waiting;
    case 'failed':
      return tray.failed;
  }
}
