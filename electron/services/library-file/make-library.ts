/** Makes the folder of a library and opens its database. */
import { DescryError, errorCode, reasonOf, systemCode } from '../../../models/errors.ts';
import { makeLibraryFolder } from '../home.ts';
import { LibraryFile, type OpenLibraryOptions } from './open-library.ts';

/** @throws DescryError where the folder cannot be made; the errors of `LibraryFile` */
export function openLibrary(home: string, options: OpenLibraryOptions): LibraryFile {
  try {
    makeLibraryFolder(home);
  } catch (error) {
    const isFile = systemCode(error) === 'EEXIST';
    const code = isFile ? 'not-a-folder' : errorCode(error);
    const reasons: Partial<Record<typeof code, string>> = {
      'not-a-folder': 'a file has that name',
      'disk-full': 'the disk is full',
      'no-permission': 'it may not be written',
    };
    throw new DescryError(
      code,
      `The library folder ${home} cannot be made: ${reasons[code] ?? reasonOf(error)}. Choose another folder for the library.`,
      { cause: error, parameters: { library: home } },
    );
  }
  return new LibraryFile(home, options);
}
