/** What several decoders say of a photo, in the same words. */
import { DescryError } from '../../models/errors.ts';

export const truncated = (cause?: unknown) =>
  new DescryError('photo-truncated', 'The file ends before the photo does. Copy it again from its source.', { cause });

/** @param name of what the file is: "a PDF document" */
export const unsupported = (name: string, cause?: unknown) =>
  new DescryError('photo-unsupported', `The file is ${name}, which Descry cannot open.`, { cause });

export const timedOut = (seconds: number, cause?: unknown) =>
  new DescryError('photo-timeout', `The photo was not decoded within ${seconds} seconds.`, { cause });

export const needsTooMuchMemory = (cause?: unknown) =>
  new DescryError('photo-too-large', 'The photo needs more memory than Descry gives to one photo.', { cause });
