/** How an error crosses between processes. */
import { z } from 'zod';
import type { ErrorCode, ErrorObject } from '../../models/errors.ts';

/** What went wrong: the window and the terminal each word it themselves, from code and parameters. */
export const errorObject: z.ZodType<ErrorObject> = z.object({
  // Any text: a training run that another version remembered may have failed with a code of its own.
  code: z.custom<ErrorCode>((value) => typeof value === 'string'),
  message: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(),
});
