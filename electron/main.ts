/**
 * Start-up only: a command of the command line; or one program for each library, a window as soon as Electron is ready, and
 * the library in a process of its own once the window has shown its first frame. Everything else lies in shell/ and ipc/.
 */
import { app, session } from 'electron';
import { mkdirSync } from 'node:fs';
import { makeLibraryFolder } from './services/home.ts';
import { showAbout } from './shell/about.ts';
import { commandArguments } from './shell/command-line.ts';
import { openDataFolder, openLicences, openLogs } from './shell/folders.ts';
import type { PhotoSource } from './shell/photo-protocol.ts';
import type { Logger } from './shell/logging.ts';
import { startLog } from './shell/logging.ts';
import { setMenu } from './shell/menu.ts';
import { commandLine, places } from './shell/places.ts';
import { runCommand } from './shell/run-command.ts';
import { declareSchemes, serveSchemes } from './shell/schemes.ts';
import {
  closeNetwork,
  confineContents,
  denyDownloads,
  denyNetwork,
  denyPermissions,
  denySpellChecker,
} from './shell/security.ts';
import { isFirstInstance } from './shell/single-instance.ts';
import { MainWindow } from './shell/window.ts';

let onSecondStart: (sentence: string | undefined) => void = () => undefined;

// `descry search …` of the installed program runs as in a checkout, without a window. `npm start` takes sentences only.
const command = process.defaultApp ? undefined : commandArguments(process.argv);
if (command) runCommand(command);
else startProgram();

function startProgram(): void {
  makeLibraryFolder(places.home);
  mkdirSync(places.browserData, { recursive: true, mode: 0o700 });
  app.setPath('userData', places.browserData);
  declareSchemes();
  closeNetwork(app);
  // Item 4 of the security checklist. Root, as in a container, cannot have one and says so with --no-sandbox.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();

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
}

async function start(log: Logger): Promise<void> {
  const main = new MainWindow(log);
  let photos: () => PhotoSource | undefined = () => undefined;
  confineSession(log, () => photos());
  main.open({ hidden: commandLine.hidden && main.keepInTray });
  const { attach } = await import('./shell/attach.ts');
  const { command, search, library, close } = attach(main, log);
  photos = () => library.photos;
  setMenu(
    {
      command: (name) => {
        main.show();
        command(name);
      },
      about: () => showAbout(main.browserWindow),
      openLogs: () => void openLogs().catch((error: unknown) => log.error('the logs cannot be shown', error)),
      openDataFolder: () =>
        void openDataFolder().catch((error: unknown) => log.error('the data folder cannot be shown', error)),
      openLicences: () =>
        void openLicences().catch((error: unknown) => log.error('the licences cannot be shown', error)),
    },
    process.platform,
    !app.isPackaged,
  );
  if (commandLine.sentence) search(commandLine.sentence);
  onSecondStart = (sentence) => {
    log.info(`started again, ${sentence ? 'with' : 'without'} a sentence`);
    main.show();
    if (sentence) search(sentence);
  };
  endWith(close, main);
}

function confineSession(log: Logger, photos: () => PhotoSource | undefined): void {
  denyPermissions(session.defaultSession);
  denySpellChecker(session.defaultSession);
  denyNetwork(session.defaultSession, log.warn);
  denyDownloads(session.defaultSession, log.warn);
  serveSchemes(session.defaultSession, photos, log.warn);
}

function endWith(close: () => Promise<void>, main: MainWindow): void {
  app.on('activate', () => main.show());
  app.on('before-quit', () => (main.quitting = true));
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    // Electron cannot be asked to quit again once it has been held back here.
    event.preventDefault();
    void close().finally(() => app.exit(0));
  });
}
