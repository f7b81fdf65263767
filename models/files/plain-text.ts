/** Texts in files that may be anyone's, such as the description in a model file: they are shown in a window and a terminal. */
import { z } from 'zod';

/** The longest texts in the description of a model, in UTF-16 code units, and the most datasets that it names. */
export const longestTexts = { identity: 300, name: 300, data: 4000, sets: 1000 } as const;

/**
 * Control characters, of which a terminal makes commands, and the marks that reverse the direction of the text after them, so that it
 * reads as something else.
 */
const invisible = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text without them.
 * @param longest in UTF-16 code units; a longer one is refused
 */
export const plainText = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform((text) => text.replace(invisible, ''));
