/** The native menu bar of every platform, with the accelerators that people know. */
import type { MenuItemConstructorOptions } from 'electron';
import { Menu } from 'electron';
import type { EventPayload } from '../ipc/contract.ts';
import { texts } from './texts.ts';

export type MenuCommand = EventPayload<'menu.command'>;

export interface MenuActions {
  readonly command: (command: MenuCommand) => void;
  readonly about: () => void;
  readonly openLogs: () => void;
  readonly openDataFolder: () => void;
  readonly openLicences: () => void;
}

export function setMenu(actions: MenuActions, platform: NodeJS.Platform, developing: boolean): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, platform, developing)));
}

export function menuTemplate(
  actions: MenuActions,
  platform: NodeJS.Platform,
  developing: boolean,
): MenuItemConstructorOptions[] {
  const { menu } = texts;
  const mac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const item = (label: string, accelerator: string | undefined, click: () => void): MenuItemConstructorOptions => ({
    label,
    ...(accelerator ? { accelerator } : {}),
    click,
  });
  const command = (label: string, accelerator: string | undefined, name: MenuCommand) =>
    item(label, accelerator, () => actions.command(name));

  const settings = command(menu.settings, 'CmdOrCtrl+,', 'open-settings');
  const about = item(menu.about, undefined, actions.about);
  const appMenu: MenuItemConstructorOptions = {
    role: 'appMenu',
    submenu: [
      about,
      separator,
      settings,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: menu.file,
    submenu: [
      command(menu.addFolder, 'CmdOrCtrl+O', 'add-folder'),
      separator,
      ...(mac ? [] : [settings, separator]),
      { role: 'close' },
      ...(mac ? [] : [{ role: 'quit', label: menu.quit } satisfies MenuItemConstructorOptions]),
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: menu.view,
    submenu: [
      command(menu.search, 'CmdOrCtrl+K', 'focus-search'),
      command(menu.library, 'CmdOrCtrl+L', 'open-library'),
      command(menu.training, 'CmdOrCtrl+T', 'open-training'),
      separator,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      separator,
      { role: 'togglefullscreen' },
      ...(developing ? ([separator, { role: 'reload' }, { role: 'toggleDevTools' }] as const) : []),
    ],
  };
  const help: MenuItemConstructorOptions = {
    role: 'help',
    label: menu.help,
    submenu: [
      command(menu.shortcuts, 'CmdOrCtrl+/', 'shortcuts'),
      separator,
      item(menu.openLogs, undefined, actions.openLogs),
      item(menu.openDataFolder, undefined, actions.openDataFolder),
      item(menu.openLicences, undefined, actions.openLicences),
      ...(mac ? [] : [separator, about]),
    ],
  };
  const edit: MenuItemConstructorOptions = { role: 'editMenu', label: menu.edit };
  return [...(mac ? [appMenu] : []), file, edit, view, ...(mac ? [{ role: 'windowMenu' } as const] : []), help];
}
