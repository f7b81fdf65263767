/**
 * What stands behind the window: the requests of its page, the library that answers them, and the desktop around. Loaded
 * after the window has been made, so that the contract's schemas are read while the page's process starts.
 */
import { ipcMain } from 'electron';
import { eventSender, serveRequests } from '../ipc/serve.ts';
import { Desktop } from './desktop.ts';
import { allHandlers } from './handlers.ts';
import type { Logger } from './logging.ts';
import type { MenuCommand } from './menu.ts';
import { isOwnPage } from './security.ts';
import { ServiceAccess } from './service-access.ts';
import type { AppServices, ServiceEnvironment } from './services.ts';
import type { MainWindow } from './window.ts';

export interface Attached {
  readonly library: ServiceAccess;
  /** a menu item that the page carries out */
  command(command: MenuCommand): void;
  /** a start with a sentence on its command line, this one's or a later one's */
  search(sentence: string): void;
}

/** @param open opens the library; called when the page has painted for the first time */
export function attach(
  main: MainWindow,
  open: (emit: ServiceEnvironment['emit']) => Promise<AppServices>,
  log: Logger,
): Attached {
  const send = eventSender((channel, payload) => main.send(channel, payload), log.error);
  const library: ServiceAccess = new ServiceAccess(async () => {
    await main.firstFrame;
    const services = await open((name, payload) => desktop.emit(name, payload));
    await desktop.begin(services);
    return services;
  });
  library.opened.catch((error: unknown) => log.error('the library cannot be opened', error));
  const desktop = new Desktop(main, send, library.now);
  serveRequests(ipcMain, allHandlers(library, main), {
    trusted: ({ sender, senderFrame }) => isOwnPage(main.browserWindow?.webContents, sender, senderFrame),
    log: log.error,
  });
  return {
    library,
    command: (command) => send('menu.command', command),
    search: (sentence) => desktop.search(sentence),
  };
}
