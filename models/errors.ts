/**
 * Errors that a user can meet. The message says what happened, to which file, and what to do; `code` is for programs
 * and is part of the command line's and the window's contract.
 */
export type ErrorCode =
  | 'usage'
  | 'not-found'
  | 'not-a-folder'
  | 'no-permission'
  | 'no-photos'
  | 'nested-folder'
  | 'disk-full'
  | 'offline'
  | 'asset-corrupt'
  | 'asset-busy'
  | 'database-newer'
  | 'database-corrupt'
  | 'library-busy'
  | 'model-invalid'
  | 'model-incompatible'
  | 'model-unknown'
  | 'model-in-use'
  | 'dataset-invalid'
  | 'recipe-invalid'
  | 'training-diverged'
  | 'query-empty'
  | 'query-unknown'
  | 'engine-unavailable'
  | 'cancelled'
  // why one photo cannot be indexed
  | 'photo-empty'
  | 'photo-unreadable'
  | 'photo-unsupported'
  | 'photo-truncated'
  | 'photo-too-large'
  | 'photo-timeout'
  | 'photo-crashed'
  | 'internal';

export class DescryError extends Error {
  override readonly name = 'DescryError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The code of anything thrown: a DescryError's own, what the system's error number means to a user, else `internal`. */
export function errorCode(error: unknown): ErrorCode {
  if (error instanceof DescryError) return error.code;
  const system = error instanceof Error && 'code' in error ? String(error.code) : '';
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
  SQLITE_NOTADB: 'database-corrupt',
  SQLITE_CORRUPT: 'database-corrupt',
  SQLITE_BUSY: 'library-busy',
  SQLITE_LOCKED: 'library-busy',
  SQLITE_READONLY: 'no-permission',
  SQLITE_PERM: 'no-permission',
  SQLITE_CANTOPEN: 'no-permission',
};

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
