/**
 * HEIC (HEVC-coded) photos: sharp's binaries read their metadata only, so libheif in WebAssembly decodes the pixels.
 *
 * It blocks its thread for about a second per 12 megapixels, so it runs in worker threads: the process stays responsive, two
 * photos are decoded at once, and a thread that hangs is ended.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { DescryError } from '../../models/errors.ts';

export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** RGBA, upright, in the file's own colour space */
  readonly data: Uint8Array;
}

type Answer = { readonly picture: RawPicture } | { readonly error: string };

/** The worker's source as text, so that it works in bundled and unbundled programs. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const decode = require(workerData);
parentPort.on('message', (buffer) => {
  decode({ buffer }).then(
    ({ width, height, data }) =>
      parentPort.postMessage({ picture: { width, height, data: new Uint8Array(data.buffer) } }, [data.buffer]),
    (error) => parentPort.postMessage({ error: String(error && error.message || error) }),
  );
});`;

const idle: Worker[] = [];
const idleMs = 10_000;
const oneOfFew = pLimit(Math.max(1, Math.min(4, availableParallelism())));

/** @throws DescryError photo-unreadable, photo-timeout */
export function decodeHeic(bytes: Uint8Array, timeoutMs: number): Promise<RawPicture> {
  return oneOfFew(async () => {
    const worker = idle.pop() ?? startWorker();
    let timer: NodeJS.Timeout | undefined;
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        worker.removeAllListeners();
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () =>
          reject(new DescryError('photo-unreadable', 'The HEIC decoder ended while it read the file.')),
        );
        timer = setTimeout(() => {
          const seconds = Math.round(timeoutMs / 1000);
          reject(new DescryError('photo-timeout', `The photo was not decoded within ${seconds} seconds.`));
        }, timeoutMs);
        worker.ref();
        worker.postMessage(bytes);
      });
      keepIdle(worker);
      if ('error' in answer)
        throw new DescryError('photo-unreadable', `The HEIC file could not be decoded: ${answer.error}.`);
      return answer.picture;
    } catch (error) {
      if (!idle.includes(worker)) await worker.terminate();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  });
}

function startWorker(): Worker {
  const module = createRequire(import.meta.url).resolve('heic-decode');
  return new Worker(program, { eval: true, workerData: module });
}

/** Keeps the worker for the next photo for a short time, without preventing the program's exit. */
function keepIdle(worker: Worker): void {
  worker.removeAllListeners();
  worker.on('error', () => discard(worker));
  idle.push(worker);
  worker.unref();
  setTimeout(() => discard(worker), idleMs).unref();
}

function discard(worker: Worker): void {
  const at = idle.indexOf(worker);
  if (at < 0) return; // it decodes another photo
  idle.splice(at, 1);
  void worker.terminate();
}
