/** Fetches the files of an offered encoder from the Hugging Face hub, or a mirror of it. */
import path from 'node:path';
import { DescryError, errorMessage } from '../../../models/errors.ts';
import { sha256, sizeOf } from '../assets/folder.ts';
import { httpsFile, requireSecure } from '../assets/https-file.ts';
import { fetchPinned, keptText, megabytes, type DownloadOptions } from '../assets/resumed-download.ts';
import { makeFolder } from '../shared/paths.ts';
import { pageOf, type OfferedEncoder, type OfferedFile } from './catalogue.ts';

/**
 * The hub's address: `DESCRY_ENCODERS_URL`, else huggingface.co. A mirror has the same paths; what it sends is compared with the
 * pinned hashes.
 * @throws DescryError `usage` where it is no HTTPS address
 */
export function hubAddress(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment['DESCRY_ENCODERS_URL'];
  return named ? requireSecure(named).href.replace(/\/+$/, '') : 'https://huggingface.co';
}

/** Where a file is kept until its encoder is complete; named by its hash, so that encoders which share it find it. */
export const downloadName = ({ sha256: hash, path: inside }: OfferedFile) =>
  `${hash.slice(0, 16)}-${path.basename(inside)}`;

/**
 * @param downloads folder of what is being fetched
 * @returns the path of the file, whose hash was compared
 * @throws DescryError `offline`, `asset-corrupt`, `cancelled`; and the errors of writing to the disk
 */
export async function fetchFile(
  encoder: OfferedEncoder,
  wanted: OfferedFile,
  downloads: string,
  address: string,
  options: DownloadOptions,
): Promise<string> {
  makeFolder(downloads);
  const file = path.join(downloads, downloadName(wanted));
  const source = {
    title: `${wanted.path} of ${encoder.title}`,
    address: `${address}/${wanted.repository}/resolve/${wanted.revision}/${wanted.path}`,
    bytes: wanted.bytes,
  };
  const download = {
    name: source.title,
    bytes: wanted.bytes,
    open: httpsFile(source),
    failed: (error: unknown, bytesKept: number) => unreachable(encoder, source, error, bytesKept),
  };
  return fetchPinned(
    download,
    file,
    (found) => isPinned(found, wanted, options.signal),
    `${new URL(address).host} sends for ${source.title}`,
    options,
  );
}

async function isPinned(file: string, { bytes, sha256: pinned }: OfferedFile, signal: AbortSignal): Promise<boolean> {
  return (await sizeOf(file)) === bytes && (await sha256(file, signal)) === pinned;
}

function unreachable(
  encoder: OfferedEncoder,
  { title, address, bytes }: { title: string; address: string; bytes: number },
  error: unknown,
  bytesKept: number,
): DescryError {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  const { host } = new URL(address);
  const why =
    statusCode === undefined
      ? `${host} cannot be reached (${code ?? errorMessage(error)})`
      : `${host} refused it (HTTP ${statusCode})`;
  return new DescryError(
    'offline',
    `${title} (${megabytes(bytes)}) could not be fetched: ${why}.${keptText(bytesKept)} Connect to the network and try again; or ` +
      `fetch the files on another computer, from ${pageOf(encoder)}, and add the folder with them.`,
    { cause: error, parameters: { encoder: encoder.id } },
  );
}
