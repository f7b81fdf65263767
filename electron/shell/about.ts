/** The about box. */
import { app, type BrowserWindow } from 'electron';
import path from 'node:path';
import { places } from './places.ts';
import { texts } from './texts.ts';

export function showAbout(window: BrowserWindow | undefined): void {
  app.setAboutPanelOptions({
    applicationName: 'Descry',
    applicationVersion: app.getVersion(),
    copyright: texts.about.copyright,
    credits: texts.about.website,
    iconPath: path.join(places.icons, 'icon.png'),
  });
  window?.focus();
  app.showAboutPanel();
}
