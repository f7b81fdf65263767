/** What the library's events mean outside the page: tray, taskbar, notifications, theme, start at login. */
import { app } from 'electron';
import type { EventName, EventPayload, IndexingProgress, LibraryRequest, Settings } from '../ipc/contract.ts';
import { setStartAtLogin } from './login-item.ts';
import type { Logger } from './logging.ts';
import { LongJobs } from './long-jobs.ts';
import { notify } from './notifications.ts';
import { showProgress } from './progress.ts';
import type { LibraryClient } from './library-client.ts';
import { TrayIcon } from './tray.ts';
import { places } from './places.ts';
import { Updates } from './updates.ts';
import type { MainWindow } from './window.ts';

/** Says whether the payload fits the contract. */
type Send = <K extends EventName>(name: K, payload: EventPayload<K>) => boolean;

export class Desktop {
  readonly #main: MainWindow;
  readonly #send: Send;
  readonly #log: Logger;
  readonly #jobs = new LongJobs();
  readonly #tray: TrayIcon;
  readonly #updates: Updates;

  /**
   * @param send to the page
   * @param library for what the tray asks of it
   */
  constructor(main: MainWindow, send: Send, library: () => LibraryClient, log: Logger) {
    this.#main = main;
    this.#send = send;
    this.#updates = new Updates({ folder: places.updates, log, show: () => main.show() });
    this.#log = log;
    const ask = (name: LibraryRequest & `indexing.${string}`) => {
      library()
        .request(name, undefined)
        .catch((error: unknown) => log.warn(`${name}: failed`, error));
    };
    this.#tray = new TrayIcon({
      show: () => main.show(),
      pause: () => ask('indexing.pause'),
      resume: () => ask('indexing.resume'),
      quit: () => app.quit(),
    });
  }

  /** Takes an event of the library: to the page, and to the desktop around it. */
  emit<K extends EventName>(name: K, payload: EventPayload<K>): void {
    if (!this.#send(name, payload)) return;
    if (name === 'settings.changed') {
      const settings = payload as Settings;
      this.#follow(settings);
      setStartAtLogin(settings.startAtLogin);
    }
    if (name === 'indexing.progress') this.#showProgress(payload as IndexingProgress);
    const notice = this.#jobs.see(name, payload);
    if (notice && !this.#main.browserWindow?.isFocused()) notify(notice, () => this.#main.show());
  }

  /** Takes over how things stand when the library has been opened. */
  async begin(library: LibraryClient): Promise<void> {
    try {
      this.#follow(await library.request('settings.get', undefined));
      this.#showProgress(await library.request('indexing.state', undefined));
    } catch (error) {
      this.#log.warn('settings and progress could not be asked for', error);
    }
  }

  /** A start with a sentence on its command line, this one's or a later one's. */
  search(sentence: string): void {
    this.#send('search.requested', { text: sentence });
  }

  #follow(settings: Settings): void {
    this.#main.remember(settings);
    this.#tray.setVisible(settings.keepInTray);
    this.#updates.follow(settings.lookForUpdates);
  }

  #showProgress(progress: IndexingProgress): void {
    this.#tray.setProgress(progress);
    showProgress(this.#main.browserWindow, progress);
  }
}
