/** Why a photo could not be opened: in the file itself, or outside of it (`causesOutsideTheFile`). */
import { DescryError, errorCode, errorMessage, reasonOf, type ErrorCode } from '../../models/errors.ts';
import type { PhotoFailure } from './vision.ts';

const systemTexts: Partial<Record<ErrorCode, string>> = {
  'not-found': 'The file does not exist any more.',
  'not-a-folder': 'The file does not exist any more: a part of its path is a file now, not a folder.',
  'no-permission': 'The file may not be read.',
};

/** @param error anything that was thrown while a photo was opened */
export function photoFailure(error: unknown): PhotoFailure {
  if (error instanceof DescryError) return { code: error.code, reason: error.message };
  const code = errorCode(error);
  const text = systemTexts[code];
  if (text !== undefined) return { code: code === 'not-a-folder' ? 'not-found' : code, reason: text };
  // What the system reports of a disk, a network or its own limits (EIO, EBUSY, EMFILE, ENOMEM …) says nothing about the photo.
  if (isSystemError(error) || isOutOfMemory(error)) {
    return { code: 'photo-unavailable', reason: `The file could not be read now: ${reasonOf(error)}.` };
  }
  return { code: 'photo-unreadable', reason: errorMessage(error) };
}

/** The same as an error, for a request for one photo. */
export function photoError(error: unknown): DescryError {
  if (error instanceof DescryError) return error;
  const { code, reason } = photoFailure(error);
  return new DescryError(code, reason, { cause: error });
}

/** Of Node's functions for files: they all name the system call. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** of V8 and of Node, where the memory for the file's bytes cannot be had */
const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  (/allocation failed/i.test(error.message) || ('code' in error && error.code === 'ERR_MEMORY_ALLOCATION_FAILED'));
