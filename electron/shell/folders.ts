/** Shows a folder of ours in the file manager. */
import { shell } from 'electron';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import { places } from './places.ts';

export const openDataFolder = (): Promise<void> => open(places.home);
export const openLogs = (): Promise<void> => open(path.dirname(places.logFile));

async function open(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const failure = await shell.openPath(folder);
  if (failure) throw new DescryError('not-found', `${folder} cannot be opened: ${failure}`);
}
