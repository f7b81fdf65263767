/** Start at login: by Electron on macOS and Windows, by an autostart entry on Linux (freedesktop.org). */
import { app } from 'electron';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { autostartEntry } from './autostart.ts';

/** Starts hidden in the tray. Only the installed program can be started at login; a checkout leaves things as they are. */
export function setStartAtLogin(start: boolean): void {
  if (!app.isPackaged) return;
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: start, args: ['--hidden'] });
    return;
  }
  const configuration = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config');
  const entry = path.join(configuration, 'autostart', 'descry.desktop');
  if (!start) return rmSync(entry, { force: true });
  mkdirSync(path.dirname(entry), { recursive: true });
  writeFileSync(entry, autostartEntry(process.env['APPIMAGE'] ?? process.execPath));
}
