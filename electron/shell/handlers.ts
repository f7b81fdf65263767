/** All handlers of the contract: those that need Electron here, all others by the library's process. */
import { app, shell } from 'electron';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import type { Handlers, LibraryRequest, MainRequest, RequestName } from '../ipc/contract.ts';
import { mainRequests, requests } from '../ipc/contract.ts';
import { copyImage, copyText } from './clipboard.ts';
import {
  chooseEncoder,
  chooseDataset,
  chooseExportFile,
  chooseFolders,
  chooseModel,
  chooseNewPlace,
  chooseUncaptioned,
} from './dialogs.ts';
import type { FileActions } from './file-actions.ts';
import { openDataFolder, openLicences, openLogs } from './folders.ts';
import type { LibraryClient } from './library-client.ts';
import { checkedFile, filesToHandOver } from './own-files.ts';
import { places } from './places.ts';
import { updatesOfThisBuild } from './updates.ts';
import type { MainWindow } from './window.ts';

export function allHandlers(library: LibraryClient, main: MainWindow, files: FileActions): Handlers {
  const forwarded = (Object.keys(requests) as RequestName[])
    .filter((name): name is LibraryRequest => !(mainRequests as readonly RequestName[]).includes(name))
    .map((name) => [name, (argument: never) => library.request(name, argument)]);
  return { ...(Object.fromEntries(forwarded) as Omit<Handlers, MainRequest>), ...mainHandlers(library, main, files) };
}

function mainHandlers(library: LibraryClient, main: MainWindow, files: FileActions): Pick<Handlers, MainRequest> {
  const photoPath = (id: number) => library.read('photoPath', id);
  /** for another program. @throws DescryError `photo-outside` where a link leads out of the library's folders now */
  const ownFile = async (id: number) => checkedFile(await photoPath(id), await library.photos.roots());
  return {
    'app.info': async () => ({
      name: app.name,
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions['chrome'] ?? '',
      node: process.versions.node,
      engine: library.isOpen ? await library.read('engine', undefined) : null,
      platform: process.platform as 'linux' | 'darwin' | 'win32',
      logFile: places.logFile,
      updates: updatesOfThisBuild(),
    }),
    'app.openLogs': openLogs,
    'app.openLicences': openLicences,
    'app.openDataFolder': openDataFolder,

    'library.chooseFolders': async () => {
      const paths = await chooseFolders(main.browserWindow);
      return paths.length === 0 ? [] : library.request('library.addFolders', { paths });
    },

    'library.chooseNewPlace': async ({ id }) => {
      const path = await chooseNewPlace(main.browserWindow);
      if (path === undefined) return false;
      await library.request('library.moveFolder', { id, path });
      return true;
    },

    'photo.showInFolder': async ({ id }) => shell.showItemInFolder(await ownFile(id)),
    'photo.open': async ({ id }) => {
      const file = await ownFile(id);
      const failure = await shell.openPath(file);
      if (failure) throw new DescryError('not-found', `${file} cannot be opened: ${failure}`);
    },
    'photo.copyImage': async ({ id }) => copyImage(await library.read('photoAsImage', id)),
    'photo.copyPath': async ({ id }) => copyText(await photoPath(id)),
    'photo.startDrag': async ({ ids }) => {
      const found = await library.read('photoPaths', ids);
      const dragged = await filesToHandOver(found, await library.photos.roots());
      main.browserWindow?.webContents.startDrag({
        file: dragged[0],
        files: dragged,
        icon: path.join(places.icons, 'drag.png'),
      });
    },

    ...files.handlers,

    'models.import': async () => {
      const file = await chooseModel(main.browserWindow);
      return file === undefined ? null : library.change('importModel', file);
    },
    'models.export': async ({ id }) => {
      const file = await chooseExportFile(main.browserWindow, id);
      if (file === undefined) return null;
      await library.change('exportModel', { model: id, file });
      return file;
    },

    'encoders.chooseFolder': async () => (await chooseEncoder(main.browserWindow)) ?? null,

    'training.chooseDataset': async (of) => {
      const folder = await chooseDataset(main.browserWindow);
      if (folder === undefined) return null;
      await library.request('training.stopChecking', undefined);
      return library.readRequest('training.checkDataset', { ...of, path: folder });
    },
    'training.choosePhotos': async (of) => {
      const folder = await chooseUncaptioned(main.browserWindow);
      if (folder === undefined) return null;
      await library.request('training.stopChecking', undefined);
      return library.readRequest('training.checkPhotos', { ...of, path: folder });
    },
  };
}
