/** Where a program can open a window. `node build/scripts/display.mjs FILE [ARGUMENT…]` runs one there. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

/** Prints what to do without a display. */
export const noDisplay =
  'There is no display, and xvfb-run, which makes a virtual one, is not installed. On Debian and Ubuntu: bash build/scripts/system-packages.sh';

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

if (import.meta.main) {
  const display = withDisplay();
  if (display) {
    const [program, ...args] = [...display, process.execPath, ...process.argv.slice(2)];
    process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
  } else {
    process.stderr.write(`${noDisplay}\n`);
    process.exitCode = 1;
  }
}
