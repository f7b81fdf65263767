/**
 * Start-up only: one program for each library, a window as soon as Electron is ready, and the library behind it once the
 * window has shown its first frame. Everything else lies in shell/ and ipc/.
 */
import { app, ipcMain, session } from 'electron';
import { mkdirSync } from 'node:fs';
import { eventSender, serveRequests } from './ipc/serve.ts';
import { showAbout } from './shell/about.ts';
import { Desktop } from './shell/desktop.ts';
import { allHandlers, openDataFolder } from './shell/handlers.ts';
import { ServiceAccess } from './shell/service-access.ts';
import type { Logger } from './shell/logging.ts';
import { openLogs, startLog } from './shell/logging.ts';
import { setMenu } from './shell/menu.ts';
import { commandLine, places, sqliteBinding } from './shell/places.ts';
import { declareSchemes, serveSchemes } from './shell/schemes.ts';
import { confineContents, denyNetwork, denyPermissions, isOwnPage } from './shell/security.ts';
import { isFirstInstance } from './shell/single-instance.ts';
import { visionHost } from './shell/utility.ts';
import { MainWindow } from './shell/window.ts';

mkdirSync(places.browserData, { recursive: true });
app.setPath('userData', places.browserData);
declareSchemes();
// Item 4 of the security checklist. Root, as in a container, cannot have one and says so with --no-sandbox.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();

let onSecondStart: (sentence: string | undefined) => void = () => undefined;
if (isFirstInstance(commandLine.sentence, (sentence) => onSecondStart(sentence))) {
  const log = startLog();
  confineContents(app, log.warn);
  app
    .whenReady()
    .then(() => start(log))
    .catch((error: unknown) => {
      log.error('the start failed', error);
      app.exit(1);
    });
} else {
  app.quit();
}

function start(log: Logger): void {
  const main = new MainWindow(log);
  const send = eventSender((channel, payload) => main.send(channel, payload), log.error);
  const library: ServiceAccess = new ServiceAccess(async () => {
    await main.firstFrame;
    // Not before: this brings SQLite and the engine with it.
    const { openServices } = await import('./compose.ts');
    const services = await openServices({
      home: places.home,
      builtInModel: places.builtInModel,
      vision: visionHost(log.info),
      sqliteBinding: sqliteBinding(),
      emit: (name, payload) => desktop.emit(name, payload),
      log,
    });
    await desktop.begin(services);
    return services;
  });
  library.opened.catch((error: unknown) => log.error('the library cannot be opened', error));
  const desktop = new Desktop(main, send, library.now);

  denyPermissions(session.defaultSession);
  denyNetwork(session.defaultSession, log.warn);
  serveSchemes(session.defaultSession, () => library.now()?.photos, log.warn);
  main.open({ hidden: commandLine.hidden && main.keepInTray });
  serveRequests(ipcMain, allHandlers(library, main), {
    trusted: ({ sender, senderFrame }) => isOwnPage(main.browserWindow?.webContents, sender, senderFrame),
    log: log.error,
  });
  setMenu(
    {
      command: (command) => {
        main.show();
        send('menu.command', command);
      },
      about: () => showAbout(main.browserWindow),
      openLogs: () => void openLogs().catch((error: unknown) => log.error('the logs cannot be shown', error)),
      openDataFolder: () =>
        void openDataFolder().catch((error: unknown) => log.error('the data folder cannot be shown', error)),
    },
    process.platform,
    !app.isPackaged,
  );
  if (commandLine.sentence) desktop.search(commandLine.sentence);
  onSecondStart = (sentence) => {
    main.show();
    if (sentence) desktop.search(sentence);
  };
  endWith(library, main);
}

function endWith(library: ServiceAccess, main: MainWindow): void {
  app.on('activate', () => main.show());
  app.on('before-quit', () => (main.quitting = true));
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    // Electron cannot be asked to quit again once it has been held back here.
    event.preventDefault();
    void library.close().finally(() => app.exit(0));
  });
}
