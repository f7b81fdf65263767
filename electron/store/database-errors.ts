/** What SQLite's errors mean to a user: what happened, to which file, and what to do. */
import { DescryError, errorCode, errorMessage, systemCode } from '../../models/errors.ts';

export const isSqliteError = (error: unknown): boolean => systemCode(error).startsWith('SQLITE_');

export const otherFolder = 'Or choose another folder for the library.';

/** Whether an error of the database says that the file is damaged: it can be moved away and built again. */
export const isDamage = (error: unknown): error is DescryError =>
  error instanceof DescryError && error.code === 'database-corrupt';

/** Whether an error is one of the library's database, and so of no folder or photo. */
export const isDatabaseError = (error: unknown): boolean =>
  isSqliteError(error) || (error instanceof DescryError && databaseErrors.has(error));

/** Errors of `explain`: their codes alone (`disk-full`, `no-permission`) may be those of other files. */
const databaseErrors = new WeakSet<DescryError>();

export interface OpenedAs {
  /** why nothing can be written; absent: it was opened for writing */
  readonly readOnly?: string | undefined;
}

/** @param what absent: what SQLite says of it is in `error` */
export function damaged(file: string, what?: string, cause?: unknown): DescryError {
  return noted(
    new DescryError(
      'database-corrupt',
      `${file} is damaged${what === undefined ? '' : ` (${what})`}. The photos are not affected. Move it away and index again, ` +
        `or copy it back from a backup of yours. ${otherFolder}`,
      { cause, parameters: { library: file } },
    ),
  );
}

/** A database that this program did not make, or that was changed by another one. */
export function foreign(file: string, what: string): DescryError {
  return noted(
    new DescryError('database-foreign', `${file} ${what}. Nothing in it was changed. ${otherFolder}`, {
      parameters: { library: file },
    }),
  );
}

/** @param why the end of a sentence */
export function cannotBeMade(file: string, why: string): DescryError {
  return noted(
    new DescryError('no-permission', `${file} cannot be made: ${why}. ${otherFolder}`, {
      parameters: { library: file },
    }),
  );
}

export function explain(file: string, error: unknown, { readOnly }: OpenedAs = {}): DescryError {
  if (error instanceof DescryError) return error;
  const system = systemCode(error);
  if (readOnly !== undefined && /^SQLITE_(READONLY|CANTOPEN|PERM)/.test(system)) {
    return noted(
      new DescryError(
        'no-permission',
        `The library can be searched, but not changed: ${readOnly}. Give your user permission to write there, or copy the ` +
          `library's folder to another disk. ${otherFolder}`,
        { cause: error, parameters: { library: file } },
      ),
    );
  }
  const code = errorCode(error);
  if (code === 'database-corrupt') return damaged(file, errorMessage(error), error);
  const messages: Partial<Record<typeof code, string>> = {
    'library-busy': `${file} is being written by another program. Close it, or wait until it is done, and try again.`,
    'disk-full': `The disk that holds ${file} is full. Make room and try again; nothing already stored is lost.`,
    'no-permission': `${file} may not be opened or written. Give your user permission. ${otherFolder}`,
    'disk-error': `The disk reported an error when ${file} was read or written (${errorMessage(error)}). Check the disk and its connection, and try again. ${otherFolder}`,
    'not-a-folder': `The folder of ${file} cannot be made, because a file has its name. ${otherFolder}`,
  };
  const otherwise = `${file} cannot be used: ${errorMessage(error)}. ${otherFolder}`;
  const message = messages[code] ?? otherwise;
  const parameters = message.endsWith(otherFolder) ? { library: file } : { file };
  return noted(new DescryError(code, message, { cause: error, parameters }));
}

function noted(error: DescryError): DescryError {
  databaseErrors.add(error);
  return error;
}
