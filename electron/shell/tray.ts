/** The icon in the tray, while the program is to keep running there: progress, pause and resume. */
import { Menu, nativeImage, Tray } from 'electron';
import path from 'node:path';
import type { IndexingProgress } from '../ipc/contract.ts';
import { places } from './places.ts';
import { progressText } from './progress.ts';
import { texts } from './texts.ts';

export interface TrayActions {
  readonly show: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly quit: () => void;
}

export class TrayIcon {
  readonly #actions: TrayActions;
  #tray: Tray | undefined;
  #progress: IndexingProgress | undefined;
  #shown = '';

  constructor(actions: TrayActions) {
    this.#actions = actions;
  }

  setVisible(visible: boolean): void {
    if (visible === (this.#tray !== undefined)) return;
    if (visible) {
      // macOS tints an image whose name ends in Template.
      const name = process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png';
      this.#tray = new Tray(nativeImage.createFromPath(path.join(places.icons, name)));
      this.#tray.on('click', this.#actions.show);
      this.#shown = '';
      this.#update();
    } else {
      this.#tray?.destroy();
      this.#tray = undefined;
    }
  }

  setProgress(progress: IndexingProgress): void {
    this.#progress = progress;
    this.#update();
  }

  #update(): void {
    const state = progressText(this.#progress);
    // Building a menu several times a second would close it under the user's pointer.
    if (!this.#tray || state === this.#shown) return;
    this.#shown = state;
    const { tray } = texts;
    const paused = this.#progress?.state === 'paused';
    const busy = paused || this.#progress?.state === 'indexing' || this.#progress?.state === 'scanning';
    this.#tray.setToolTip(`Descry: ${state}`);
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: tray.show, click: this.#actions.show },
        { type: 'separator' },
        { label: state, enabled: false },
        paused
          ? { label: tray.resume, click: this.#actions.resume }
          : { label: tray.pause, enabled: busy, click: this.#actions.pause },
        { type: 'separator' },
        { label: tray.quit, click: this.#actions.quit },
      ]),
    );
  }
}
