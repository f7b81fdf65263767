/** Where things lie: the parts of the program, and the user's data. */
import { app } from 'electron';
import path from 'node:path';
import { libraryHome } from '../services/home.ts';
import { parseCommandLine } from './command-line.ts';
import { windowData } from './data-folder.ts';

export const commandLine = parseCommandLine(process.argv, process.defaultApp);

/** The same library that the command line opens. */
const home = libraryHome(commandLine.home);
const data = windowData(home);
/** the checkout, or the archive of the packaged program */
const root = app.getAppPath();
const dist = path.join(root, 'dist');

export const places = {
  home,
  /** Chromium's own files; also what the single-instance lock goes by: one window for each library */
  browserData: path.join(data, 'window'),
  shellState: path.join(data, 'window.json'),
  logFile: path.join(data, 'logs', 'descry.log'),
  /** what is fetched of a new version, until it is installed */
  updates: path.join(data, 'updates'),
  page: path.join(dist, 'renderer'),
  /** the weights that come with the program */
  builtInModel: path.join(root, 'models', 'pretrained', 'default.safetensors'),
  preload: path.join(dist, 'preload.cjs'),
  /** of the other processes */
  programs: {
    library: path.join(dist, 'library.cjs'),
    vision: path.join(dist, 'vision.cjs'),
    training: path.join(dist, 'training.cjs'),
    datasets: path.join(dist, 'datasets.cjs'),
    trial: path.join(dist, 'trial.cjs'),
    check: path.join(dist, 'check.cjs'),
  },
  icons: path.join(dist, 'icons'),
  /** build/licences.ts; outside the archive, so that the system's programs can open them */
  licences: app.isPackaged ? path.join(process.resourcesPath, 'licences') : path.join(dist, 'licences'),
} as const;
