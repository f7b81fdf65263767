/**
 * Paths of the packaged program: the one that is shipped, and the one for the tests. Where the Debian package is installed for
 * the tests (installed.ts), DESCRY_INSTALLED names the folder, and its program is meant.
 */
import path from 'node:path';

const release = path.resolve(import.meta.dirname, '../../release');
const inside: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux-unpacked/descry',
  win32: 'win-unpacked/Descry.exe',
  darwin:
    process.arch === 'arm64' ? 'mac-arm64/Descry.app/Contents/MacOS/Descry' : 'mac/Descry.app/Contents/MacOS/Descry',
};
const program = inside[process.platform] ?? 'linux-unpacked/descry';

export interface PackagedProgram {
  readonly shipped: string;
  /** the same with one more fuse enabled: Playwright needs the inspector's command-line switch */
  readonly driven: string;
}

/** As electron-builder made it, and a copy beside it (package.mjs). */
export const built: PackagedProgram = {
  shipped: path.join(release, program),
  driven: path.join(release, 'driven', program),
};

/** As the Debian package put it on this computer. */
export function installedAt(folder: string): PackagedProgram {
  return { shipped: path.join(folder, 'descry'), driven: path.join(folder, 'descry-driven') };
}

const folder = process.env['DESCRY_INSTALLED'];

export const packaged: PackagedProgram = folder ? installedAt(folder) : built;
