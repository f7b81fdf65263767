/** The user's settings, in the library's database. */
import { isDeepStrictEqual } from 'node:util';
import { settings as schema, type Settings } from '../ipc/contract.ts';
import { defaultSettings } from '../ipc/limits.ts';
import type { Store } from '../store/store.ts';

const key = 'settings';

export class SettingsService {
  readonly #store: Store;
  #current: Settings = defaultSettings;

  constructor(store: Store) {
    this.#store = store;
    this.reload();
  }

  /** Reads them again, because another process may have changed them. @returns whether any is another one now */
  reload(): boolean {
    const stored = schema.partial().safeParse(this.#store.preferences.get(key) ?? {});
    const before = this.#current;
    this.#current = { ...defaultSettings, ...(stored.success ? definedOnly(stored.data) : {}) };
    return !isDeepStrictEqual(before, this.#current);
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
