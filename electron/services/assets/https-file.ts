/**
 * Requests for a file by its address, with the proxies and certificates of npm's configuration, as those to the npm registry: so a
 * computer that could fetch the first weights can fetch others. npm's credentials are not sent.
 *
 * Only HTTPS, to the first host and to those that it redirects to; plain HTTP only on this computer itself, for tests and for mirrors
 * that run there.
 */
import { DescryError } from '../../../models/errors.ts';
import { npmOptions, type NpmOptions } from './npm.ts';
import type { FileResponse } from './resumed-download.ts';

/** Hugging Face uses one: to the server of its large files. */
const mostRedirects = 5;

const redirects = new Set([301, 302, 303, 307, 308]);

/** What an address answered with an error; see `WantedDownload.open`. */
class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number) {
    super(`HTTP ${statusCode}`);
    this.statusCode = statusCode;
  }
}

export interface HttpsFile {
  /** for messages */
  readonly title: string;
  readonly address: string;
  readonly bytes: number;
}

/** @returns the start of each request: opens the file, or the rest of it */
export function httpsFile(file: HttpsFile): (offset: number, signal: AbortSignal) => Promise<FileResponse> {
  let options: NpmOptions | undefined;
  return async (offset, signal) => {
    options ??= connectionOf(await npmOptions());
    const { status, headers, body } = await follow(file, offset, options, signal);
    const range = /^bytes (\d+)-\d*\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const length = status === 206 ? range?.[2] : headers.get('content-length');
    if (length && length !== '*' && Number(length) !== file.bytes) {
      body.destroy();
      throw otherFile(file, Number(length));
    }
    return { offset: status === 206 ? Number(range?.[1] ?? offset) : 0, body };
  };
}

/** Of npm's options those of the connection: no registry, no token, no client's certificate. */
function connectionOf({ ca, httpsProxy, proxy, noProxy, strictSSL }: NpmOptions): NpmOptions {
  return { proxy: httpsProxy ?? proxy, noProxy, strictSSL, ...(ca ? { ca } : {}) };
}

async function follow(file: HttpsFile, offset: number, options: NpmOptions, signal: AbortSignal) {
  const { default: fetch } = await import('make-fetch-happen');
  const headers = {
    'accept-encoding': 'identity',
    'user-agent': 'Descry',
    ...(offset > 0 ? { range: `bytes=${offset}-` } : {}),
  };
  for (let [address, count] = [requireSecure(file.address), 0]; ; count++) {
    const response = await fetch(address.href, {
      ...options,
      ...{ headers, signal, redirect: 'manual', cache: 'no-store', retry: { retries: 0 }, timeout: 30_000 },
    });
    const { status } = response;
    const to = response.headers.get('location');
    if (redirects.has(status) && to !== null) {
      response.body.destroy();
      if (count === mostRedirects) throw refused(file, `${address.host} redirects too often`);
      const next = parsed(to, address);
      if (!next || !isSecure(next)) {
        throw refused(file, `${address.host} redirects to ${next?.origin ?? to}, which is no HTTPS address`);
      }
      address = next;
      continue;
    }
    if (status === 200 || status === 206) return response;
    response.body.destroy();
    throw new HttpError(status);
  }
}

function parsed(address: string, base?: URL): URL | undefined {
  try {
    return new URL(address, base);
  } catch {
    return undefined;
  }
}

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost']);

const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));

/** @throws DescryError `usage` */
export function requireSecure(address: string): URL {
  const found = parsed(address);
  if (found && isSecure(found)) return found;
  throw new DescryError('usage', `${address} is no HTTPS address: nothing was fetched from it.`);
}

const refused = ({ title }: HttpsFile, why: string) =>
  new DescryError('offline', `${title} was not fetched: ${why}. Try without the proxy or the mirror, if there is one.`);

const otherFile = ({ title, address, bytes }: HttpsFile, found: number) =>
  new DescryError(
    'asset-corrupt',
    `${title} was not fetched: ${new URL(address).host} offers a file of ${found.toLocaleString('en')} bytes under its ` +
      `address, and the pinned one has ${bytes.toLocaleString('en')}. Try without the proxy or the mirror, if there is one, or in another network.`,
  );
