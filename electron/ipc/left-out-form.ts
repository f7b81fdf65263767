/** What the window is told of files that are not shown; the reasons are in left-out.ts. */
import { z } from 'zod';
import { leftOutReasons } from './left-out.ts';
import { limits } from './limits.ts';

const reason = z.enum(leftOutReasons);

/** of a folder: neither what the user left out nor what is hidden */
export const leftOut = z.array(z.object({ reason, count: z.int() }));

/** @see `library.leftOut` */
export const leftOutQuery = z.object({
  id: z.int().positive(),
  reason,
  offset: z.int().min(0),
  limit: z.int().min(1).max(limits.leftOutNames),
});
