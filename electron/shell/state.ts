/**
 * What the shell must know before the library is open: where the window was, and how it looked. The settings themselves
 * lie in the library's database; theme and tray are copied here when they change, so that the first frame has the right
 * colour.
 */
import { readRegularFileSync } from '../../models/files/regular-file.ts';
import type { Settings } from '../ipc/contract.ts';
import { writeAtomicallySync } from '../services/shared/write-file.ts';
import type { WindowState } from './window-state.ts';
import { readWindowState } from './window-state.ts';

export interface ShellState {
  window: WindowState | undefined;
  theme: Settings['theme'];
  keepInTray: boolean;
}

/** A file that is missing or damaged counts as none: it holds nothing worth an error. */
export function loadShellState(file: string): ShellState {
  let found: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(String(readRegularFileSync(file, { largest: 2 ** 20 })));
    if (typeof parsed === 'object' && parsed !== null) found = parsed as Record<string, unknown>;
  } catch {
    // first start
  }
  const { theme } = found;
  return {
    window: readWindowState(found['window']),
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    keepInTray: found['keepInTray'] === true,
  };
}

export function saveShellState(file: string, state: ShellState): void {
  writeAtomicallySync(file, `${JSON.stringify(state, null, 2)}\n`);
}
