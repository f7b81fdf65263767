/** Copies a file of an encoder, which may have gigabytes, so that it can be stopped at any moment. */
import { constants } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { openRegularFile } from '../../../models/files/regular-file.ts';

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** how many have been copied */
  readonly onBytes?: (bytes: number) => void;
}

const pieceBytes = 1 << 22;

/**
 * Where the file system can, the copy takes no room, and no time, until one of both files is changed.
 * @throws the signal's reason; what is written then stays; FileRefused and system errors
 */
export async function copyLargeFile(source: string, target: string, { signal, onBytes }: CopyOptions): Promise<void> {
  signal.throwIfAborted();
  const cloned = await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false, // not with this file system; any other reason is met again below
  );
  if (cloned) return;
  const { handle: from } = await openRegularFile(source);
  try {
    const to = await open(target, 'w');
    try {
      const piece = Buffer.allocUnsafe(pieceBytes);
      for (let bytes = 0; ;) {
        signal.throwIfAborted();
        const { bytesRead } = await from.read(piece, 0, piece.length, null);
        if (bytesRead === 0) return;
        await to.writeFile(piece.subarray(0, bytesRead));
        bytes += bytesRead;
        onBytes?.(bytes);
      }
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}
