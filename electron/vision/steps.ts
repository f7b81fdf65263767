/** Steps of sharp: how long they may take, and what their errors mean. */
import { DescryError, errorMessage } from '../../models/errors.ts';
import { SharedLock } from '../workers/shared-lock.ts';
import type { Format } from './formats.ts';
import { timedOut, truncated } from './photo-errors.ts';

/** Large photos may take longer; the vision worker is taken for hung after 120 s. */
export const timeoutSeconds = (pixels: number) => Math.min(110, 30 + Math.ceil(pixels / 2e6));

/** What is known of a file that a step of sharp reads. */
export interface Step {
  readonly format?: Format;
  /** whether the file ends too early; asked after an error only */
  readonly cut?: () => boolean;
  readonly pixels?: number;
}

/**
 * libvips collects the messages of errors in one buffer for the whole process: a step that fails while others run may get theirs,
 * or none. So it is run again alone, and this message is taken.
 */
const steps = new SharedLock();

/** Runs a step of sharp and converts its errors to DescryErrors. */
export async function guarded<T>(step: () => Promise<T>, about: Step = {}): Promise<T> {
  const start = performance.now();
  const seconds = timeoutSeconds(about.pixels ?? 0);
  try {
    return await steps.shared(step);
  } catch (error) {
    if (error instanceof DescryError) throw error;
    if (performance.now() - start >= seconds * 1000) {
      throw timedOut(seconds, error);
    }
  }
  try {
    return await steps.exclusive(step);
  } catch (error) {
    if (error instanceof DescryError) throw error;
    throw explain(errorMessage(error), about, error);
  }
}

function explain(message: string, { format, cut }: Step, cause: unknown): DescryError {
  const first = message
    .split('\n')[0]!
    .replace(/^Input (?:buffer|file) has |\bvips\w*: /gi, '')
    .trim();
  if (/pixel limit/i.test(message)) {
    return new DescryError('photo-too-large', 'The photo has too many pixels.', { cause });
  }
  const limit = /security limit exceeded: (.*?)\.?(?: \([\d.]+\))?$/im.exec(message)?.[1];
  if (limit) return new DescryError('photo-too-large', `Its decoder refuses the file: ${limit}.`, { cause });
  if (cut?.() || (format && saysItself.includes(format) && ranOut.test(message))) return truncated(cause);
  const name = format ? `The ${format.toUpperCase()} file` : 'The file';
  return new DescryError('photo-unreadable', `${name} could not be decoded: ${first}.`, {
    cause,
  });
}

/** Formats whose end is known to their decoders only; messages of libjpeg and libpng also mean damaged data. */
const saysItself: readonly Format[] = ['gif', 'tiff', 'webp', 'heif'];
const ranOut =
  /^(?!.*corrupt header).*(?:premature end|read error|unexpected end|end of (?:file|stream)|truncated|not enough data)/is;
