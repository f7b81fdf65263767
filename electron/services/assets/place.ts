/** The folder of the weights: where it is, how much room its disk has, and what is said where it cannot be written. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import { DescryError, errorCode, reasonOf, systemCode } from '../../../models/errors.ts';
import { megabytes } from './resumed-download.ts';

/** The assets folder: `DESCRY_ASSETS`, else the operating system's default folder for application data. */
export function assetsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment['DESCRY_ASSETS'];
  return named ? path.resolve(named) : path.join(envPaths('descry', { suffix: '' }).data, 'assets');
}

const parametersOf = (folder: string) => ({ folder, weightsFolder: folder });

/**
 * @param what needs it, as the begin of a sentence: "The ResNet50 weights need"
 * @throws DescryError `disk-full`
 */
export async function requireRoom(folder: string, neededBytes: number, what: string): Promise<void> {
  const disk = await statfs(folder);
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes >= neededBytes) return;
  throw new DescryError(
    'disk-full',
    `${what} ${megabytes(neededBytes)} for a moment, and the disk of ${folder} has ${megabytes(freeBytes)} ` +
      'free. Make room, or choose a folder on another disk for the weights.',
    { parameters: { ...parametersOf(folder), neededBytes, freeBytes } },
  );
}

/** Of a system's error while weights were prepared in the folder. */
export function explainWriting(folder: string, error: unknown): DescryError {
  const isFile = systemCode(error) === 'EEXIST';
  const code = isFile ? 'not-a-folder' : errorCode(error);
  const elsewhere = 'or choose another folder for the weights.';
  const options = { cause: error, parameters: parametersOf(folder) };
  if (code === 'disk-full') {
    return new DescryError(code, `The disk of ${folder} is full. Make room, ${elsewhere}`, options);
  }
  if (code === 'no-permission') {
    return new DescryError(code, `Descry may not write to ${folder}. Allow it, ${elsewhere}`, options);
  }
  if (code === 'not-a-folder') {
    return new DescryError(code, `${folder} cannot be made: a file has its name. Move it, ${elsewhere}`, options);
  }
  return new DescryError(
    code,
    `The weights could not be prepared in ${folder}: ${reasonOf(error)}. If it stays so, choose another folder for them.`,
    options,
  );
}
