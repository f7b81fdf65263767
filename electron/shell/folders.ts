/** Shows folders and files of ours in the system's programs. */
import { shell } from 'electron';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import { places } from './places.ts';

export const openDataFolder = (): Promise<void> => open(places.home);
export const openLogs = (): Promise<void> => open(path.dirname(places.logFile));

/** A text of half a megabyte, which the system's own programs show best. */
export const openLicences = (): Promise<void> => openPath(path.join(places.licences, 'NOTICES.txt'));

async function open(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await openPath(folder);
}

async function openPath(place: string): Promise<void> {
  const failure = await shell.openPath(place);
  if (failure) throw new DescryError('not-found', `${place} cannot be opened: ${failure}`);
}
