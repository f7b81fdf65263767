/**
 * A quick check of a large file: the SHA-256 of its size, its first and last block, and a block every 1.5 MB in between.
 *
 * It is done whenever the file is loaded, because size and time alone do not tell that the content is another one (a failing
 * disk, a repair of the file system, a program that keeps the time). For the 103 MB of ResNet50 it reads 1.1 MB. Damage that is
 * spread over the file is found: 3,000 pieces of 64 bytes at random places are all missed with a probability below 10⁻¹². A
 * single damaged sector is found by the hash of the whole file only (weights-check.ts).
 */
import { createHash } from 'node:crypto';
import { openRegularFile } from '../../../models/files/regular-file.ts';

const blockBytes = 16 * 1024;
const stepBytes = 1_500_000;

/**
 * @returns hexadecimal
 * @throws FileRefused where it is no regular file; the system's error
 */
export async function sampleHash(file: string): Promise<string> {
  const { handle, found } = await openRegularFile(file);
  try {
    const { size } = found;
    const hash = createHash('sha256').update(`${size}\n`);
    const block = Buffer.alloc(blockBytes);
    const last = Math.max(0, size - blockBytes);
    for (let at = 0; at < last; at += stepBytes) await add(at);
    await add(last);
    return hash.digest('hex');

    async function add(at: number): Promise<void> {
      const { bytesRead } = await handle.read(block, 0, blockBytes, at);
      hash.update(block.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
