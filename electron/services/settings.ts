/** The user's settings, in the library's database. */
import { settings as schema, type Settings } from '../ipc/contract.ts';
import { defaultSettings } from '../ipc/limits.ts';
import type { Store } from '../store/store.ts';

const key = 'settings';

export class SettingsService {
  readonly #store: Store;
  #current: Settings = defaultSettings;

  constructor(store: Store) {
    this.#store = store;
    const stored = schema.partial().safeParse(store.preferences.get(key) ?? {});
    this.#current = { ...defaultSettings, ...(stored.success ? definedOnly(stored.data) : {}) };
  }

  get(): Settings {
    return this.#current;
  }

  set(change: Partial<{ [K in keyof Settings]: Settings[K] | undefined }>): Settings {
    this.#current = schema.parse({ ...this.#current, ...definedOnly(change) });
    this.#store.preferences.set(key, this.#current);
    return this.#current;
  }
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
