/** Where things lie: the parts of the program, and the user's data. */
import { app } from 'electron';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { libraryHome } from '../services/home.ts';
import { parseCommandLine } from './command-line.ts';

export const commandLine = parseCommandLine(process.argv, process.defaultApp === true);

/** The same library that the command line opens. */
const home = libraryHome(commandLine.home);
/** the checkout, or the archive of the packaged program */
const root = app.getAppPath();
const dist = path.join(root, 'dist');

export const places = {
  home,
  /** Chromium's own files; also what the single-instance lock goes by: one window for each library */
  browserData: path.join(home, 'window'),
  shellState: path.join(home, 'window.json'),
  logFile: path.join(home, 'logs', 'descry.log'),
  page: path.join(dist, 'renderer'),
  /** the weights that come with the program */
  builtInModel: path.join(root, 'models', 'pretrained', 'default.safetensors'),
  preload: path.join(dist, 'preload.cjs'),
  /** of the processes beside the main one */
  programs: {
    library: path.join(dist, 'library.cjs'),
    vision: path.join(dist, 'vision.cjs'),
    training: path.join(dist, 'training.cjs'),
  },
  icons: path.join(dist, 'icons'),
} as const;

/**
 * A better_sqlite3.node for the Node-API 8 of Electron 25, the runtime of machines that cannot download Electron
 * (build/scripts/setup-electron.ts compiles it); undefined where the one that better-sqlite3 ships works.
 */
export function sqliteBinding(): string | undefined {
  if (Number(process.versions['napi']) >= 10) return undefined;
  const candidates = [
    path.join(process.resourcesPath, 'native', 'better_sqlite3.node'),
    path.join(root, '.runtime', 'native', 'better_sqlite3.node'),
  ];
  return candidates.find((candidate) => existsSync(candidate));
}
