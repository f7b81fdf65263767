/**
 * The command line in the installed program. Electron runs it, without a page, a window or a process for graphics, because no
 * Node comes along and the fuse that would make one of Electron (RunAsNode) is off.
 *
 * On Linux Chromium connects to a display before any command can run. Without one the launcher (build/launcher/descry) chooses
 * Chromium's platform without a display, which works in current Electrons; 25, the stand-in of the tests, crashes by it.
 */
import { app } from 'electron';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { closeNetwork } from './security.ts';

/** Must be called before the app is ready. @param args as in `descry ARGS…` */
export function runCommand(args: readonly string[]): void {
  // Chromium wants a folder for its own files. That of the library belongs to the window, which may run.
  const scratch = mkdtempSync(path.join(tmpdir(), 'descry-command-'));
  const cleanUp = () => rmSync(scratch, { recursive: true, force: true });
  // Where the command ends by itself, as on a second Ctrl-C. Very early, Electron ends without telling.
  app.once('quit', cleanUp);
  app.setPath('userData', scratch);
  closeNetwork(app);
  app.commandLine.appendSwitch('disable-gpu');
  app.commandLine.appendSwitch('in-process-gpu');
  const end = (code: number) => {
    cleanUp();
    app.exit(code);
  };
  // Electron would open a message box, and wait.
  const failed = (error: unknown) => {
    process.stderr.write(`${inspect(error)}\n`);
    end(1);
  };
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  // Only then do signals reach the command: Chromium takes them for itself before.
  void app.whenReady().then(() => run(args).then(end, failed));
}

/** @returns the exit code */
async function run(args: readonly string[]): Promise<number> {
  app.dock?.hide();
  process.argv = [process.execPath, 'descry', ...args];
  const written = process.stdout.write.bind(process.stdout);
  const load = createRequire(import.meta.url);
  const { finished } = load(path.join(app.getAppPath(), 'dist', 'cli.cjs')) as { finished: Promise<void> };
  await finished;
  // Pipes are written to in the background on some systems.
  await new Promise((resolve) => written('', resolve));
  return Number(process.exitCode ?? 0);
}
