/**
 * What stands behind the window: the requests of its page, the library's process that answers them, and the desktop
 * around. Loaded when the page has been sent its script, so that the contract's schemas are read while its process reads that.
 */
import type { IpcMainInvokeEvent } from 'electron';
import { eventSender, serveRequests } from '../ipc/serve.ts';
import { Desktop } from './desktop.ts';
import { tellLibraryStopped } from './dialogs.ts';
import { fileActions } from './file-actions.ts';
import { allHandlers } from './handlers.ts';
import { LibraryClient } from './library-client.ts';
import type { Logger } from './logging.ts';
import type { MenuCommand } from './menu.ts';
import { places } from './places.ts';
import { libraryHost } from './processes.ts';
import { isOwnPage } from './security.ts';
import type { EarlyRequests } from './early-requests.ts';
import type { MainWindow } from './window.ts';

export interface Attached {
  readonly library: LibraryClient;
  /** a menu item that the page carries out */
  command(command: MenuCommand): void;
  /** a start with a sentence on its command line, this one's or a later one's */
  search(sentence: string): void;
  /** Ends what is under way at a safe point. */
  close(): Promise<void>;
}

export function attach(main: MainWindow, requests: EarlyRequests<IpcMainInvokeEvent>, log: Logger): Attached {
  const send = eventSender((channel, payload) => main.send(channel, payload), log.error);
  const library: LibraryClient = new LibraryClient({
    host: libraryHost(log),
    environment: { home: places.home, builtInModel: places.builtInModel },
    startAfter: main.firstFrame,
    log,
    onEvent: (name, payload) => desktop.emit(name, payload),
    onOpened: (again) => {
      void desktop.begin(library);
      if (again) send('library.restarted', undefined);
    },
    onStopped: (error) => {
      send('library.stopped', undefined);
      void tellLibraryStopped(main.browserWindow, error.message);
    },
  });
  const desktop = new Desktop(main, send, () => library, log);
  const files = fileActions({
    photoPaths: (ids) => library.read('photoPaths', ids),
    roots: () => library.photos.roots(),
    deleting: (files) => library.read('deleting', files),
    window: () => main.browserWindow,
    send,
  });
  serveRequests(requests, allHandlers(library, main, files), {
    trusted: ({ sender, senderFrame }) => isOwnPage(main.browserWindow?.webContents, sender, senderFrame),
    log: log.error,
  });
  requests.open();
  return {
    library,
    command: (command) => send('menu.command', command),
    search: (sentence) => desktop.search(sentence),
    close: async () => void (await Promise.allSettled([files.close(), library.close()])),
  };
}
