/**
 * Receives one file of a known size and hash, with retries. It is used only after the hash of the whole file was compared.
 *
 * The received bytes are kept in `NAME.part`, and the download is resumed by a Range request, in this run or a later one.
 */
import { open, rename, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescryError, errorCode, errorMessage } from '../../../models/errors.ts';
import { sizeOf } from './folder.ts';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** ms to wait before each retry after consecutive failures without progress; after the last one the download fails */
  readonly pauses: readonly number[];
  readonly log: { warn(message: string): void };
  /** A connection without data for this long (ms) is closed and opened again; default 30 s. */
  readonly stallMs?: number;
}

/** The answer to a request for a file, or the rest of one. */
export interface FileResponse {
  /** position of the first byte: the requested offset, or 0 where the server does not support ranges */
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface WantedDownload {
  /** for messages */
  readonly name: string;
  readonly bytes: number;
  /**
   * @param offset number of bytes that were already received
   * @throws errors with `statusCode` where the server answered; a DescryError is final
   */
  open(offset: number, signal: AbortSignal): Promise<FileResponse>;
  /** the error for the user, after the last try */
  failed(error: unknown, bytesKept: number): DescryError;
}

const usualStallMs = 30_000;

/**
 * Fetches a file whose hash is pinned, unless it is there. Other bytes are deleted, and asked for once more.
 *
 * @param file its folder must be there
 * @param isPinned whether a file is there and has the pinned hash
 * @param from who sends it, as in "What the npm registry sends"
 * @returns `file`
 * @throws DescryError `asset-corrupt`; as `completePart`
 */
export async function fetchPinned(
  wanted: WantedDownload,
  file: string,
  isPinned: (file: string) => Promise<boolean>,
  from: string,
  options: DownloadOptions,
): Promise<string> {
  const part = `${file}.part`;
  for (let attempt = 0; attempt < 2; attempt++) {
    if (!(await isPinned(file))) {
      await rm(file, { force: true });
      await completePart(wanted, part, options);
      await rename(part, file);
    }
    if (await isPinned(file)) return file;
    await rm(file, { force: true });
    options.log.warn(`${wanted.name} did not match its hash: deleted`);
  }
  throw new DescryError(
    'asset-corrupt',
    `What ${from} does not match its pinned hash, twice. It was deleted and will not be used. Try without the proxy or the ` +
      'mirror, if there is one, or in another network.',
  );
}

/**
 * Fetches until `part` has its full length.
 * @throws DescryError `WantedDownload.failed`, `cancelled`; and the errors of writing to the disk
 */
async function completePart(wanted: WantedDownload, part: string, options: DownloadOptions): Promise<void> {
  for (let failures = 0; ;) {
    const before = await sizeOf(part);
    try {
      if (before > wanted.bytes) await rm(part, { force: true });
      else if (before === wanted.bytes) return;
      else await continueDownload(wanted, part, before, options);
    } catch (error) {
      if (options.signal.aborted) throw cancelled();
      if (!isNetworkError(error)) throw error;
      const after = await sizeOf(part);
      if (after > before) failures = 0;
      const pause = options.pauses[failures++];
      if (pause === undefined || !isRetryable(error)) throw wanted.failed(error, after);
      options.log.warn(`${wanted.name}: ${errorMessage(error)}; ${after} of ${wanted.bytes} bytes are there, going on`);
      await sleep(pause, undefined, { signal: options.signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}

async function continueDownload(
  wanted: WantedDownload,
  part: string,
  offset: number,
  { signal, onBytes, stallMs = usualStallMs }: DownloadOptions,
): Promise<void> {
  const connection = new AbortController();
  const disconnect = () => connection.abort();
  signal.addEventListener('abort', disconnect, { once: true });
  // Of a signal that was aborted before, no event comes.
  if (signal.aborted) disconnect();
  let timer: NodeJS.Timeout | undefined;
  const resetStallTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(disconnect, stallMs);
  };
  try {
    resetStallTimer();
    const response = await wanted.open(offset, connection.signal).catch(async (error: unknown) => {
      // the server has no such range: start this file again
      if ((error as { statusCode?: number }).statusCode === 416) await rm(part, { force: true });
      throw error;
    });
    const resumed = response.offset === offset && offset > 0;
    const handle = await open(part, resumed ? 'a' : 'w');
    let done = resumed ? offset : 0;
    try {
      for await (const chunk of response.body) {
        resetStallTimer();
        await handle.writeFile(chunk);
        done += chunk.length;
        if (done > wanted.bytes) break; // too long: the hash check will fail
        onBytes(done);
      }
    } finally {
      await handle.close();
    }
    if (done < wanted.bytes) throw new NetworkError('the connection ended early');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', disconnect);
  }
}

class NetworkError extends Error {
  readonly code = 'ECONNRESET';
}

const fileErrors = new Set(['disk-full', 'no-permission', 'not-found', 'not-a-folder']);

/** All errors except file errors and DescryErrors: npm's libraries have no common error type. */
function isNetworkError(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  if (error instanceof DescryError || (error instanceof TypeError && code === undefined)) return false;
  return !('syscall' in (error as object) && 'path' in (error as object)) && !fileErrors.has(errorCode(error));
}

/** Answers such as 404, 401 or another hash are final; connection errors and overload are retried. */
function isRetryable(error: unknown): boolean {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (code === 'EINTEGRITY' || code === 'ETARGET') return false;
  return (
    statusCode === undefined || statusCode >= 500 || statusCode === 416 || statusCode === 429 || statusCode === 408
  );
}

/** What is kept of a file whose download failed, as a sentence with a space before it; '' where nothing is. */
export const keptText = (bytesKept: number) =>
  bytesKept > 0 ? ` ${megabytes(bytesKept)} are kept, and the next try continues from there.` : '';

export const cancelled = () => new DescryError('cancelled', 'Fetching the weights was cancelled.');

export const megabytes = (bytes: number) => `${Math.max(1, Math.round(bytes / 1e6))} MB`;
