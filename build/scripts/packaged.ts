/** Paths of the packaged program: the one that is shipped, and the copy for the tests. */
import path from 'node:path';

const release = path.resolve(import.meta.dirname, '../../release');
const inside: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux-unpacked/descry',
  win32: 'win-unpacked/Descry.exe',
  darwin:
    process.arch === 'arm64' ? 'mac-arm64/Descry.app/Contents/MacOS/Descry' : 'mac/Descry.app/Contents/MacOS/Descry',
};
const program = inside[process.platform] ?? 'linux-unpacked/descry';

export const packaged = {
  shipped: path.join(release, program),
  /** the same with one more fuse enabled: Playwright needs the inspector's command-line switch */
  driven: path.join(release, 'driven', program),
} as const;
