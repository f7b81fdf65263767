/**
 * Start-up only: a command of the command line; or one program for each library, a window as soon as Electron is ready, and
 * the library in a process of its own once the window has shown its first frame. Everything else lies in shell/ and ipc/.
 */
import { app, ipcMain, session } from 'electron';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestChannel } from './ipc/channels.ts';
import { makeLibraryFolder } from './services/home.ts';
import { showAbout } from './shell/about.ts';
import { commandArguments } from './shell/command-line.ts';
import { earlyRequests } from './shell/early-requests.ts';
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

/** Put in by the build (build/bundles.ts) from the contract, whose schemas are loaded later. */
declare const __REQUEST_NAMES__: readonly string[];
/** The page's script takes this long to be on its way. */
const sendingMs = 20;

const earlySentences: (string | undefined)[] = [];
let onSecondStart = (sentence: string | undefined): void => void earlySentences.push(sentence);

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
  const script = confineSession(log, () => photos());
  const early = earlyRequests(ipcMain, __REQUEST_NAMES__.map(requestChannel));
  main.open({ hidden: commandLine.hidden && main.keepInTray });
  // While the page's process reads its script, this one has nothing to do; before, it sends the script, and reading the contract's
  // schemas would hold that up. The first frame comes also where the page does not.
  await Promise.race([script.then(() => sleep(sendingMs)), main.firstFrame]);
  const { attach } = await import('./shell/attach.ts');
  const { command, search, library, close } = attach(main, early, log);
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
  earlySentences.forEach(onSecondStart);
  endWith(close, main);
}

/** @returns see `serveSchemes` */
function confineSession(log: Logger, photos: () => PhotoSource | undefined): Promise<void> {
  denyPermissions(session.defaultSession);
  denySpellChecker(session.defaultSession);
  denyNetwork(session.defaultSession, log.warn);
  denyDownloads(session.defaultSession, log.warn);
  return serveSchemes(session.defaultSession, photos, log.warn);
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
