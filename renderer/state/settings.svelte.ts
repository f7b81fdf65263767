/** The user's settings, what this program is, and the disk space it takes. */
import type { AppInfo, Settings, StorageUse } from '../../electron/ipc/contract.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { on, request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { setTheme } from './theme.ts';

class SettingsState {
  /** the defaults until the first answer has come */
  current = $state.raw<Settings>(defaultSettings);
  app = $state.raw<AppInfo | null>(null);
  storage = $state.raw<StorageUse | null>(null);
  #saving: ReturnType<typeof setTimeout> | undefined;
  #unsaved: Partial<Settings> = {};

  async start(): Promise<void> {
    on('settings.changed', (settings) => this.#take(settings));
    on('library.restarted', () => void this.#load());
    await Promise.all([this.#load(), attempt(async () => (this.app = await request('app.info')))]);
  }

  async #load(): Promise<void> {
    await attempt(async () => this.#take(await request('settings.get')));
    if (this.storage) await this.measureStorage();
  }

  /** Shown at once; saved a moment later, so that a slider being dragged is one write. */
  set(change: Partial<Settings>): void {
    this.#unsaved = { ...this.#unsaved, ...change };
    this.current = { ...this.current, ...change };
    setTheme(this.current.theme);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.#save(), 250);
  }

  async #save(): Promise<void> {
    const change = this.#unsaved;
    this.#unsaved = {};
    const saved = await attempt(() => request('settings.set', change));
    if (saved) this.#take(saved);
    else await this.#load();
  }

  #take(settings: Settings): void {
    this.current = { ...settings, ...this.#unsaved };
    setTheme(this.current.theme);
  }

  async measureStorage(): Promise<void> {
    await attempt(async () => (this.storage = await request('app.storage')));
  }

  async clearThumbnails(): Promise<void> {
    await attempt(async () => {
      await request('app.clearThumbnails');
      toasts.show(texts.settings.cacheCleared);
      await this.measureStorage();
    });
  }
}

export const settings = new SettingsState();
