/**
 * HEIC (HEVC-coded) photos: sharp's binaries read their metadata only, so libheif in WebAssembly decodes the pixels.
 *
 * It blocks its thread for about a second per 12 megapixels, so it runs in worker threads: the process stays responsive, two
 * photos are decoded at once, and a thread that hangs is ended.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { DescryError, type ErrorCode } from '../../models/errors.ts';
import { DecoderThreads } from './decoder-threads.ts';
import { heicProgram } from './heic-program.ts';
import { shownPart, withoutCrop } from './heic-transformations.ts';
import type { HeicAnswer, HeicInformation, HeicPicture, HeicProblem, HeicReply, HeicRequest } from './heic-types.ts';

export type { HeicInformation, HeicPicture };

/**
 * `pixels`: as for other formats, see decode.ts. `pixelsAtOnce`: of a photo that is not stored as tiles, or with transparency:
 * 5 to 7 bytes of memory for each pixel. Phones store tiles of 512 × 512 pixels; the largest level of HEVC that has a name, 6.2,
 * allows 35.7 million pixels in one piece (ITU-T H.265 table A.8). `items`: a photo of 200 megapixels has about 800 tiles.
 */
const limits = { pixels: 268_402_689, pixelsAtOnce: 100_000_000, items: 16_384 };
/** A thread's memory never shrinks, so one that has grown to more than this is ended after the photo. */
const maxIdleBytes = 192 * 1024 * 1024;

/** What is said or shown of a file must not depend on others: where data is missing, libde265 shows what was in its memory. */
const mayBeOfOthers = ({ answer }: HeicReply) => 'problem' in answer || answer.picture?.gaps === true;

const threads = new DecoderThreads<HeicRequest, HeicReply>({
  name: 'HEIC',
  program: `
const { parentPort, workerData } = require('node:worker_threads');
(${heicProgram.toString()})(parentPort, require(workerData), ${shownPart.toString()}, ${withoutCrop.toString()});`,
  data: () => {
    const folder = path.dirname(createRequire(import.meta.url).resolve('libheif-js'));
    return path.join(folder, 'libheif-wasm', 'libheif-bundle.js');
  },
  reusable: (reply) => !mayBeOfOthers(reply) && reply.memory <= maxIdleBytes,
  mayBeOfOthers,
});

/**
 * The picture of a HEIC file, upright and cropped as the file says.
 *
 * @param least the side that must have at least so many pixels: a larger photo is reduced to 2 to 3 times of that while it is
 * decoded, tile by tile
 * @throws DescryError photo-unreadable, photo-truncated, photo-too-large, photo-unsupported, photo-timeout
 */
export async function decodeHeic(
  bytes: Uint8Array,
  least: NonNullable<HeicRequest['picture']>,
  timeoutMs: number,
): Promise<{ information: HeicInformation; picture: HeicPicture }> {
  const { information, picture } = await ask({ bytes, picture: least, limits }, timeoutMs);
  return { information, picture: picture! };
}

/** Size, colour profile and metadata of a HEIC file, without decoding its pixels. @throws as decodeHeic */
export async function inspectHeic(bytes: Uint8Array, timeoutMs: number): Promise<HeicInformation> {
  return (await ask({ bytes, limits }, timeoutMs)).information;
}

async function ask(request: HeicRequest, timeoutMs: number): Promise<Exclude<HeicAnswer, { problem: unknown }>> {
  const { answer } = await threads.run(request, timeoutMs);
  if ('problem' in answer) throw failure(answer.problem, answer.text);
  return answer;
}

function failure(problem: HeicProblem, text: string): DescryError {
  const reason = text.replace(/[.\s]+$/, '');
  const known: Record<HeicProblem, [ErrorCode, string]> = {
    unreadable: ['photo-unreadable', `The HEIC file could not be decoded: ${reason}.`],
    truncated: ['photo-unreadable', `The HEIC file could not be decoded: ${reason}.`],
    unsupported: ['photo-unsupported', `The HEIC file has a coding that Descry cannot open: ${reason}.`],
    'too-large': ['photo-too-large', `${reason}.`],
  };
  return new DescryError(...known[problem]);
}
