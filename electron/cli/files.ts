/** Files that a command is given by name. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode, reasonOf, systemCode } from '../../models/errors.ts';
import type { Example } from '../ipc/contract.ts';
import type { Session } from './session.ts';

/** @param wanted what the file must be, such as "a photo" */
export function unreadable(error: unknown, file: string, wanted: string): DescryError {
  if (systemCode(error) === 'EISDIR') return isFolder(file, wanted);
  const code = errorCode(error);
  const reason = code === 'not-found' ? `There is no file ${file}.` : `${file} cannot be read: ${reasonOf(error)}.`;
  return new DescryError(code, `${reason} Name ${wanted}.`, { cause: error, parameters: { file } });
}

/** @returns the absolute path of a file that is there @throws DescryError */
export async function photoFile(name: string): Promise<string> {
  const file = path.resolve(name);
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(error, file, 'a photo');
  });
  if (found.isDirectory()) throw isFolder(file, 'a photo');
  return file;
}

function isFolder(file: string, wanted: string): DescryError {
  return new DescryError('usage', `${file} is a folder. Name ${wanted}.`, { parameters: { file } });
}

/** A photo of the library is known by its path; another file is opened. */
export async function examplesOf(files: readonly string[], { descry }: Session): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of files) {
    const known = descry.store.photos.byPath(path.resolve(file))?.content;
    if (known != null) examples.push({ content: known });
    else examples.push({ picture: await descry.search.addPicture({ path: await photoFile(file) }) });
  }
  return examples;
}
