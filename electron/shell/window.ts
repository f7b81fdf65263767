/** The one window: made at once, shown with its first frame, in the place and colour of the last run. */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import path from 'node:path';
import type { Settings } from '../ipc/contract.ts';
import { askAboutPage } from './dialogs.ts';
import type { Logger } from './logging.ts';
import { places } from './places.ts';
import { isPageUrl, page, pagePreferences, refuseFilePickers } from './security.ts';
import type { ShellState } from './state.ts';
import { loadShellState, saveShellState } from './state.ts';
import { placeWindow, smallestWindow } from './window-state.ts';

/** `--bg` of renderer/styles/tokens.css: what is seen before the page has painted. */
const background = { light: '#ffffff', dark: '#161618' } as const;

/** Chromium's net::ERR_ABORTED */
const aborted = -3;

/** The page is loaded again by itself where it died less often than this within the time; then the user is asked. */
const mostDeaths = 3;
const deathsWithinMs = 60_000;

export class MainWindow {
  readonly #log: Logger;
  readonly #state: ShellState;
  readonly #waiting: { channel: string; payload: unknown }[] = [];
  #window: BrowserWindow | undefined;
  #loaded = false;
  /** times of the page's last deaths, as performance.now() */
  #deaths: number[] = [];
  #asking = false;
  #firstFrame: () => void = () => undefined;
  /** resolves when the page has painted for the first time (or could not) */
  readonly firstFrame = new Promise<void>((resolve) => (this.#firstFrame = resolve));
  /** set when the program is being quit: closing is then final */
  quitting = false;

  constructor(log: Logger) {
    this.#log = log;
    this.#state = loadShellState(places.shellState);
    nativeTheme.themeSource = this.#state.theme;
    nativeTheme.on('updated', () => this.#window?.setBackgroundColor(this.#background()));
  }

  get browserWindow(): BrowserWindow | undefined {
    return this.#window;
  }

  /** Keep running when the window is closed. */
  get keepInTray(): boolean {
    return this.#state.keepInTray;
  }

  /** Makes the window; it appears with its first frame. */
  open({ hidden = false } = {}): void {
    const displays = screen.getAllDisplays().map((display) => display.workArea);
    const primary = screen.getPrimaryDisplay().workArea;
    displays.sort(
      (a, b) => Number(b.x === primary.x && b.y === primary.y) - Number(a.x === primary.x && a.y === primary.y),
    );
    const window = new BrowserWindow({
      ...placeWindow(this.#state.window, displays),
      minWidth: smallestWindow.width,
      minHeight: smallestWindow.height,
      title: 'Descry',
      show: false,
      backgroundColor: this.#background(),
      ...(process.platform === 'linux' ? { icon: path.join(places.icons, 'icon.png') } : {}),
      webPreferences: { ...pagePreferences, preload: places.preload },
    });
    this.#window = window;
    this.#loaded = false;
    window.once('ready-to-show', () => this.#painted(window, hidden));
    window.on('close', (event) => this.#closing(event, window));
    window.on('closed', () => (this.#window = undefined));
    window.webContents.on('did-finish-load', () => this.#flush(window));
    window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#loaded = false;
    });
    window.webContents.on('did-fail-load', (_event, code, description, _url, isMainFrame) => {
      // A frame that the policy refused changes nothing for the page. A page that was closed while it was being loaded is no
      // failure either.
      if (isMainFrame && code !== aborted) this.#failed(window, `${description} (${code})`);
    });
    // `about:blank` and history.pushState are no navigations that could be denied (security.ts), and every request of such an
    // address would be refused.
    const comeBack = (url: string) => {
      if (isPageUrl(url)) return;
      this.#log.warn('security: the page left its address and was loaded again');
      this.#load(window);
    };
    window.webContents.on('did-navigate', (_event, url) => comeBack(url));
    window.webContents.on('did-navigate-in-page', (_event, url, isMainFrame) => isMainFrame && comeBack(url));
    window.webContents.on('preload-error', (_event, _file, error) => this.#log.error('preload failed', error));
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#pageDied(window, reason));
    this.#load(window);
  }

  /** Shows the window and puts it in front, making it anew where it was closed. */
  show(): void {
    const window = this.#window;
    if (!window) return this.open();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  /** Sends to the page as soon as it listens. */
  send(channel: string, payload: unknown): void {
    if (this.#window && this.#loaded) this.#window.webContents.send(channel, payload);
    // Progress that nobody saw is stale, a request to search is not.
    else if (this.#waiting.length < 100) this.#waiting.push({ channel, payload });
  }

  /** Takes over what the shell must know before the library is open at the next start. */
  remember({ theme, keepInTray }: Pick<Settings, 'theme' | 'keepInTray'>): void {
    nativeTheme.themeSource = theme;
    if (theme === this.#state.theme && keepInTray === this.#state.keepInTray) return;
    this.#state.theme = theme;
    this.#state.keepInTray = keepInTray;
    this.#save();
  }

  #painted(window: BrowserWindow, hidden: boolean): void {
    if (!hidden) {
      if (this.#state.window?.maximized) window.maximize();
      window.show();
      const start = process.getCreationTime();
      if (start !== null) this.#log.info(`window shown ${Math.round(Date.now() - start)} ms after the start`);
    }
    this.#firstFrame();
    // Only a click opens a file picker, and there was nothing to click before.
    void refuseFilePickers(window.webContents, this.#log.warn);
  }

  #closing(event: { preventDefault(): void }, window: BrowserWindow): void {
    this.#state.window = { ...window.getNormalBounds(), maximized: window.isMaximized() };
    this.#save();
    if (this.quitting || (!this.#state.keepInTray && process.platform !== 'darwin')) return;
    event.preventDefault();
    window.hide();
  }

  #save(): void {
    try {
      saveShellState(places.shellState, this.#state);
    } catch (error) {
      this.#log.warn('the place of the window could not be kept', error);
    }
  }

  #flush(window: BrowserWindow): void {
    this.#loaded = true;
    for (const { channel, payload } of this.#waiting.splice(0)) window.webContents.send(channel, payload);
  }

  #load(window: BrowserWindow): void {
    window.loadURL(page).catch(() => undefined); // did-fail-load reports it
  }

  /** Asks without blocking: photos are indexed and menus answer meanwhile. */
  #failed(window: BrowserWindow, reason: string): void {
    this.#log.error(`the page did not load: ${reason}`);
    this.#firstFrame();
    if (this.#asking || this.quitting) return;
    this.#asking = true;
    void askAboutPage(window, reason)
      .then((again) => again && !window.isDestroyed() && this.#load(window))
      .catch((error: unknown) => this.#log.error('the question about the page failed', error))
      .finally(() => (this.#asking = false));
  }

  #pageDied(window: BrowserWindow, reason: string): void {
    if (reason === 'clean-exit' || this.quitting) return;
    this.#log.error(`the page died: ${reason}`);
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < deathsWithinMs), now];
    if (this.#deaths.length <= mostDeaths) window.webContents.reload();
    else this.#failed(window, reason);
  }

  #background(): string {
    return nativeTheme.shouldUseDarkColors ? background.dark : background.light;
  }
}
