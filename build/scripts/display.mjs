/** Where a program can open a window. */
import { spawnSync } from 'node:child_process';

/**
 * What stands before a command that opens windows: nothing where there is a display, a virtual one where xvfb is
 * installed.
 *
 * @returns undefined where there is neither
 */
export function withDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return [];
  const found = spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' });
  return found.error ? undefined : ['xvfb-run', '-a'];
}

/** What to do about it. */
export const noDisplay =
  'There is no display, and xvfb-run, which makes a virtual one, is not installed. On Debian and Ubuntu: bash build/scripts/system-packages.sh';
