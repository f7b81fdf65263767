/**
 * All handlers of the contract: those that need Electron here, all others from the library, which may still be opening
 * when the first request comes.
 */
import { app, shell } from 'electron';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import type { Handlers, RequestName } from '../ipc/contract.ts';
import { requests } from '../ipc/contract.ts';
import { copyImage, copyText } from './clipboard.ts';
import { chooseDataset, chooseExportFile, chooseFolders, chooseModel } from './dialogs.ts';
import { openDataFolder, openLogs } from './folders.ts';
import { places } from './places.ts';
import type { ServiceAccess } from './service-access.ts';
import type { ShellRequest } from './services.ts';
import type { MainWindow } from './window.ts';

export function allHandlers(library: ServiceAccess, main: MainWindow): Handlers {
  const own = shellHandlers(library, main);
  const forward = (name: RequestName) => async (input: never) => {
    const { handlers } = await library.opened;
    return (handlers as Record<string, (input: never) => unknown>)[name]!(input);
  };
  const entries = (Object.keys(requests) as RequestName[]).map((name) => [
    name,
    (own as Partial<Record<string, unknown>>)[name] ?? forward(name),
  ]);
  return Object.fromEntries(entries) as Handlers;
}

function shellHandlers({ opened, now }: ServiceAccess, main: MainWindow): Pick<Handlers, ShellRequest> {
  return {
    'app.info': () => ({
      name: app.name,
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions['chrome'] ?? '',
      node: process.versions.node,
      engine: now()?.engine() ?? null,
      platform: process.platform as 'linux' | 'darwin' | 'win32',
      logFile: places.logFile,
    }),
    'app.openLogs': openLogs,
    'app.openDataFolder': openDataFolder,

    'library.chooseFolders': async () => {
      const paths = await chooseFolders(main.browserWindow);
      return paths.length === 0 ? [] : (await opened).handlers['library.addFolders']({ paths });
    },

    'photo.showInFolder': async ({ id }) => shell.showItemInFolder((await opened).photoPath(id)),
    'photo.open': async ({ id }) => {
      const file = (await opened).photoPath(id);
      const failure = await shell.openPath(file);
      if (failure) throw new DescryError('not-found', `${file} cannot be opened: ${failure}`);
    },
    'photo.copyImage': async ({ id }) => copyImage(await (await opened).photoAsImage(id)),
    'photo.copyPath': async ({ id }) => copyText((await opened).photoPath(id)),
    'photo.startDrag': async ({ ids }) => {
      const services = await opened;
      const files = ids.map((id) => services.photoPath(id));
      const file = files[0]!;
      main.browserWindow?.webContents.startDrag({ file, files, icon: path.join(places.icons, 'drag.png') });
    },

    'models.import': async () => {
      const file = await chooseModel(main.browserWindow);
      return file === undefined ? null : (await opened).importModel(file);
    },
    'models.export': async ({ id }) => {
      const file = await chooseExportFile(main.browserWindow, id);
      if (file === undefined) return null;
      await (await opened).exportModel(id, file);
      return file;
    },

    'training.chooseDataset': async () => {
      const folder = await chooseDataset(main.browserWindow);
      return folder === undefined ? null : (await opened).handlers['training.checkDataset']({ path: folder });
    },
  };
}
