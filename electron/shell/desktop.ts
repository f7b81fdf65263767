/** What the library's events mean outside the page: tray, taskbar, notifications, theme, start at login. */
import { app } from 'electron';
import type { EventName, EventPayload, IndexingProgress, Settings } from '../ipc/contract.ts';
import { setStartAtLogin } from './login-item.ts';
import { LongJobs } from './long-jobs.ts';
import { notify } from './notifications.ts';
import { showProgress } from './progress.ts';
import type { AppServices } from './services.ts';
import { TrayIcon } from './tray.ts';
import type { MainWindow } from './window.ts';

type Send = <K extends EventName>(name: K, payload: EventPayload<K>) => void;

export class Desktop {
  readonly #main: MainWindow;
  readonly #send: Send;
  readonly #jobs = new LongJobs();
  readonly #tray: TrayIcon;

  /**
   * @param send to the page
   * @param services undefined as long as the library is not open
   */
  constructor(main: MainWindow, send: Send, services: () => AppServices | undefined) {
    this.#main = main;
    this.#send = send;
    this.#tray = new TrayIcon({
      show: () => main.show(),
      pause: () => void services()?.handlers['indexing.pause'](undefined),
      resume: () => void services()?.handlers['indexing.resume'](undefined),
      quit: () => app.quit(),
    });
  }

  /** Takes an event of the library: to the page, and to the desktop around it. */
  readonly emit: Send = (name, payload) => {
    this.#send(name, payload);
    if (name === 'settings.changed') {
      const settings = payload as Settings;
      this.#follow(settings);
      setStartAtLogin(settings.startAtLogin);
    }
    if (name === 'indexing.progress') this.#showProgress(payload as IndexingProgress);
    const notice = this.#jobs.see(name, payload);
    if (notice && !this.#main.browserWindow?.isFocused()) notify(notice, () => this.#main.show());
  };

  /** Takes over how things stand when the library has been opened. */
  async begin({ handlers }: AppServices): Promise<void> {
    this.#follow(await handlers['settings.get'](undefined));
    this.#showProgress(await handlers['indexing.state'](undefined));
  }

  /** A start with a sentence on its command line, this one's or a later one's. */
  search(sentence: string): void {
    this.#send('search.requested', { text: sentence });
  }

  #follow(settings: Settings): void {
    this.#main.remember(settings);
    this.#tray.setVisible(settings.keepInTray);
  }

  #showProgress(progress: IndexingProgress): void {
    this.#tray.setProgress(progress);
    showProgress(this.#main.browserWindow, progress);
  }
}
