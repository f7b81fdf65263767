/** What the window is told about where a folder of the library is, and how its changes are noticed. */
import { z } from 'zod';

export const folderPlace = {
  /** `away`: the folder cannot be read now; `gone`: it is not there, though its disk is. Its photos stay in the index. */
  state: z.enum(['scanning', 'watching', 'away', 'gone', 'waiting']),
  /** why the folder could not be read when it was last looked at */
  absence: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('gone') }),
      z.object({ kind: z.literal('not-connected'), mount: z.string() }),
      z.object({ kind: z.literal('not-found') }),
      z.object({ kind: z.literal('not-a-folder') }),
      z.object({ kind: z.literal('no-permission') }),
      z.object({ kind: z.literal('unreadable'), reason: z.string() }),
    ])
    .nullable(),
  /** photos that are kept although their files are missing, because many vanished at once; `keep`: the user wants that */
  missing: z.object({ photos: z.int(), keep: z.boolean() }).nullable(),
  /**
   * The folder is scanned from time to time: the system tells nothing about changes on its file system, or a limit of the system
   * is reached, on watched folders (`watches`), on watching programs (`instances`) or on open files (`files`).
   */
  clock: z.object({ why: z.enum(['network', 'watches', 'instances', 'files']), everyMs: z.number() }).nullable(),
};
