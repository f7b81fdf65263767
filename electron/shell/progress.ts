/** Progress on the icon of the taskbar or dock. */
import type { BrowserWindow } from 'electron';
import type { IndexingProgress } from '../ipc/contract.ts';

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
