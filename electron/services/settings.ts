/** The user's settings, in the library's database. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { settings as schema, type Settings } from '../ipc/contract.ts';
import { defaultSettings } from '../ipc/limits.ts';
import type { Store } from '../store/store.ts';

const key = 'settings';
const record = z.record(z.string(), z.unknown());

export class SettingsService {
  readonly #store: Store;
  #current: Settings = defaultSettings;

  constructor(store: Store) {
    this.#store = store;
    this.reload();
  }

  /** Reads them again, because another process may have changed them. @returns whether any is another one now */
  reload(): boolean {
    const before = this.#current;
    this.#current = { ...defaultSettings, ...usable(this.#store.preferences.get(key)) };
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

/** Each setting that can be read: one of a damaged database or of another version leaves the others as they are. */
function usable(stored: unknown): Partial<Settings> {
  const fields = record.safeParse(stored);
  const result: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(schema.shape)) {
    const field = (type as z.ZodType).safeParse(fields.data?.[name]);
    if (field.success) result[name] = field.data;
  }
  return result;
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}
