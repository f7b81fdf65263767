import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { libraryHome } from '../../electron/services/descry.ts';
import { defaultSettings } from '../../electron/ipc/limits.ts';
import { SettingsService } from '../../electron/services/settings.ts';
import { Store } from '../../electron/store/store.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-settings-'));
const store = new Store(path.join(folder, 'library.db'));
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

it('settings are kept, one at a time, and checked', () => {
  const settings = new SettingsService(store);
  expect(settings.get()).toEqual(defaultSettings);
  settings.set({ theme: 'dark', effort: undefined });
  expect(() => settings.set({ thumbnailSize: 5 })).toThrow();
  expect(settings.get()).toEqual({ ...defaultSettings, theme: 'dark' });
  expect(new SettingsService(store).get()).toEqual({ ...defaultSettings, theme: 'dark' });
});

it('settings of another version fall back to the usual ones', () => {
  for (const stored of [{ theme: 'sepia' }, 'text', null, { warmth: 3 }]) {
    store.preferences.set('settings', stored);
    expect(new SettingsService(store).get()).toMatchObject(defaultSettings);
  }
});

it('a library lies where it is named, else in DESCRY_HOME, else in the usual place', () => {
  expect(libraryHome('here', { DESCRY_HOME: '/there' })).toBe(path.resolve('here'));
  expect(libraryHome(undefined, { DESCRY_HOME: '/there' })).toBe('/there');
  expect(libraryHome(undefined, {})).toMatch(/descry.library$/);
  // a variable that is set to nothing is not set, and does not mean the folder that one is in
  expect(libraryHome(undefined, { DESCRY_HOME: '' })).toMatch(/descry.library$/);
});
