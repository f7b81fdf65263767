/**
 * Errors for the user. The message says what happened, to which file, and what to do. It is shown in a terminal and in a
 * window, so it names no command, option or environment variable. `code` is for programs and is part of the command line's
 * and the window's contract. By code and parameters, each of them adds a hint or uses its own text
 * (electron/cli/error-texts.ts, renderer/base/texts.ts).
 */
export type ErrorCode =
  | 'usage'
  | 'not-found'
  | 'not-a-folder'
  | 'no-permission'
  | 'no-photos'
  | 'nested-folder'
  | 'disk-full'
  // a disk that is damaged, or was disconnected
  | 'disk-error'
  | 'offline'
  | 'asset-corrupt'
  | 'asset-busy'
  | 'database-newer'
  // damaged: it can be built again
  | 'database-corrupt'
  // made or changed by another program: left as it is
  | 'database-foreign'
  | 'library-busy'
  // the library's process ended during a request that only reads, and is started again: it can be sent again
  | 'library-restarting'
  // it ended during any other request: it is not known whether that was carried out
  | 'library-interrupted'
  // it crashed too often and is not started again
  | 'library-stopped'
  | 'model-invalid'
  | 'model-incompatible'
  | 'model-unknown'
  | 'model-in-use'
  // files of an added encoder that are damaged, or are not what Descry can use
  | 'encoder-invalid'
  | 'dataset-invalid'
  | 'recipe-invalid'
  | 'training-diverged'
  | 'query-empty'
  | 'query-too-long'
  | 'query-unknown'
  // a photo that others should be like
  | 'example-gone'
  | 'example-not-indexed'
  | 'engine-unavailable'
  | 'cancelled'
  // not signed by the key that came with the program, or changed
  | 'update-refused'
  // why one photo cannot be indexed
  | 'photo-empty'
  | 'photo-unreadable'
  | 'photo-unsupported'
  | 'photo-truncated'
  | 'photo-too-large'
  | 'photo-timeout'
  | 'photo-crashed'
  // why one photo could not be opened now; see causesOutsideTheFile
  | 'photo-unavailable'
  | 'photo-outside'
  | 'photo-changed'
  | 'internal';

/**
 * Why a photo could not be opened where the cause is not in its bytes: permission, the disk or the system, a link on its way,
 * another program that writes it. Such a photo is tried again at each scan of its folder.
 */
export const causesOutsideTheFile: readonly ErrorCode[] = [
  'no-permission',
  'photo-unavailable',
  'photo-outside',
  'photo-changed',
];

/** The values that a message names, as data; sizes end in `Bytes`. */
export type ErrorParameters = Readonly<{
  file?: string;
  folder?: string;
  /** a folder of the library that is not there any more, though its disk is */
  goneFolder?: string;
  /** a folder of the library that is inside `folder` */
  inner?: string;
  /** a folder of the library that contains `folder` */
  outer?: string;
  /** folder or database of a library that cannot be used: another one may be chosen */
  library?: string;
  model?: string;
  /** one that could not be fetched */
  encoder?: string;
  /** an engine that may work in place of the one that cannot be loaded */
  otherEngine?: string;
  /** folder of the third-party weights, if it is the problem: another one may be chosen */
  weightsFolder?: string;
  /** the package that could not be fetched, `NAME@VERSION`; the tarball's file name, and the folder where it may be put */
  package?: string;
  tarball?: string;
  tarballFolder?: string;
  /** the environment variable that names, or may name, the user's own copy */
  variable?: string;
  neededBytes?: number;
  freeBytes?: number;
}>;

export interface DescryErrorOptions extends ErrorOptions {
  readonly parameters?: ErrorParameters;
}

export class DescryError extends Error {
  override readonly name = 'DescryError';
  readonly code: ErrorCode;
  readonly parameters: ErrorParameters;

  constructor(code: ErrorCode, message: string, { parameters = {}, ...options }: DescryErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.parameters = parameters;
  }
}

/** An error as plain data for another process, since structured clone keeps neither its class nor its code. */
export interface ErrorObject {
  readonly code: ErrorCode;
  readonly message: string;
  readonly parameters?: ErrorParameters;
}

export function errorObject(error: unknown): ErrorObject {
  const parameters = error instanceof DescryError ? error.parameters : {};
  const given = Object.keys(parameters).length > 0;
  return { code: errorCode(error), message: errorMessage(error), ...(given ? { parameters } : {}) };
}

/** Makes an error of the data, in the receiving process. */
export function errorFrom({ code, message, parameters = {} }: ErrorObject): DescryError {
  return new DescryError(code, message, { parameters });
}

/** What the system, Node or SQLite call an error: ENOENT, SQLITE_BUSY; '' where they do not name it. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The code of any thrown value: a DescryError's code, the code for a system error, else `internal`. */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof DescryError) return error.code;
  const system = systemCode(error);
  // SQLite's extended codes (SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE) begin with the plain one
  return systemCodes[system] ?? systemCodes[/^SQLITE_[A-Z]+/.exec(system)?.[0] ?? ''] ?? 'internal';
}

const systemCodes: Record<string, ErrorCode> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-a-folder',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  ENOSPC: 'disk-full',
  EROFS: 'no-permission',
  EDQUOT: 'disk-full',
  SQLITE_FULL: 'disk-full',
  SQLITE_IOERR: 'disk-error',
  SQLITE_NOTADB: 'database-corrupt',
  SQLITE_CORRUPT: 'database-corrupt',
  SQLITE_BUSY: 'library-busy',
  SQLITE_LOCKED: 'library-busy',
  SQLITE_READONLY: 'no-permission',
  SQLITE_PERM: 'no-permission',
  SQLITE_CANTOPEN: 'no-permission',
};

/** Whether an error says that a file or folder does not exist: itself, or a folder on its path. */
export function isNotThere(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'not-found' || code === 'not-a-folder';
}

/** Why a file or folder cannot be used, as the end of a sentence: the system's own text ("ENOENT: …") says little to a user. */
export function reasonOf(error: unknown): string {
  return systemReasons[systemCode(error)] ?? errorMessage(error);
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'your user has no permission',
  EPERM: 'your user has no permission',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'its path is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EBUSY: 'it is in use',
  ENOMEM: 'the system has no memory left',
  ETIMEDOUT: 'its disk did not answer in time',
  EIO: 'the disk reported an error',
};

/** The message of any thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
