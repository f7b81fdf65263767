/**
 * Finds, fetches and installs updates with electron-updater, changed in four ways:
 *
 * - The feed is ours, signed (feed.ts), in the place of its unsigned latest.yml.
 * - Requests are made by Node. Chromium's network, which it would use, is closed in this program (shell/security.ts).
 * - It would write a lasting id of this computer (`.updaterId`) and send it with each request (`x-user-staging-id`), for
 *   releases to a share of users. There is none here, and every request is the same for all.
 * - What it writes lies in a folder of the caller's choice.
 *
 * No Electron is imported, except by electron-updater itself on macOS.
 */
import http from 'node:http';
import https from 'node:https';
import {
  configureRequestOptions,
  configureRequestUrl,
  HttpExecutor,
  type DownloadOptions,
  type UpdateInfo,
} from 'builder-util-runtime';
import {
  AppImageUpdater,
  DebUpdater,
  MacUpdater,
  NsisUpdater,
  Provider,
  type AppUpdater,
  type ResolvedUpdateFileInfo,
} from 'electron-updater';
import { errorMessage } from '../../../models/errors.ts';
import type { Log } from '../shared/log.ts';
import { longestFeed, readFeed, refused, updateSource, type UpdateSource } from './feed.ts';
import type { Installation } from './installation.ts';

/** What electron-updater asks of the program. */
export interface Program {
  readonly version: string;
  readonly name: string;
  readonly isPackaged: boolean;
  quit(): void;
  relaunch(): void;
  onQuit(listener: (exitCode: number) => void): void;
}

export interface UpdateOptions {
  readonly source: UpdateSource;
  readonly program: Program;
  readonly installation: Installation;
  /** for downloads, of this user alone */
  readonly folder: string;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

export type Found =
  | { readonly state: 'none' }
  /** it is told, and installed by the user */
  | { readonly state: 'newer'; readonly version: string }
  /** it is checked, and installed when the program ends */
  | { readonly state: 'ready'; readonly version: string };

/**
 * Asks for the feed and, where there is a newer version that can be installed, fetches it.
 * @throws DescryError `update-refused`; the error of the request; electron-updater's ERR_CHECKSUM_MISMATCH
 */
export async function update(options: UpdateOptions): Promise<Found> {
  const updater = makeUpdater(options);
  const result = await updater.checkForUpdates();
  if (!result?.isUpdateAvailable) return { state: 'none' };
  const { version } = result.updateInfo;
  if (options.installation === 'told') return { state: 'newer', version };
  await updater.downloadUpdate(result.cancellationToken);
  return { state: 'ready', version };
}

const classes = { nsis: NsisUpdater, mac: MacUpdater, appimage: AppImageUpdater, told: DebUpdater };

/** Members of electron-updater that are not in its types. */
interface Inside {
  httpExecutor: NodeRequests;
  stagingUserIdPromise: { readonly value: Promise<string> };
  configOnDisk: { readonly value: Promise<object> };
}

function makeUpdater({ source, program, installation: kind, folder, log }: UpdateOptions): AppUpdater {
  const updater: AppUpdater = new classes[kind](undefined, {
    ...bound(program),
    whenReady: () => Promise.resolve(),
    appUpdateConfigPath: '',
    userDataPath: folder,
    baseCachePath: folder,
  });
  const inside = updater as unknown as Inside;
  inside.httpExecutor = new NodeRequests();
  inside.stagingUserIdPromise = { value: Promise.resolve('') };
  // What electron-builder would write into app-update.yml. On Windows it compares the publisher of the installer's signature.
  const publisherName = source.publisher === undefined ? {} : { publisherName: [source.publisher] };
  inside.configOnDisk = { value: Promise.resolve({ updaterCacheDirName: 'download', ...publisherName }) };
  updater.logger = { info: note(log.info), warn: note(log.warn), error: note(log.warn) };
  updater.isUserWithinRollout = () => true;
  updater.autoDownload = false;
  updater.autoInstallOnAppQuit = true;
  updater.allowDowngrade = false;
  updater.disableWebInstaller = true;
  // It would ask the server for the block map of the installed version, too: one request fewer, and no way but one to check.
  updater.disableDifferentialDownload = true;
  const checked = updateSource.parse(source);
  updater.setFeedURL({ provider: 'custom', updateProvider: SignedFeed as never, source: checked } as never);
  return updater;
}

/** Getters of an object of Electron's are lost in a copy. */
const bound = (program: Program) => ({
  version: program.version,
  name: program.name,
  isPackaged: program.isPackaged,
  quit: () => program.quit(),
  relaunch: () => program.relaunch(),
  onQuit: (listener: (exitCode: number) => void) => program.onQuit(listener),
});

const note = (write: (message: string) => void) => (message: unknown) => write(`update: ${errorMessage(message)}`);

class SignedFeed extends Provider<UpdateInfo> {
  readonly #source: UpdateSource;

  constructor({ source }: { readonly source: UpdateSource }, _updater: AppUpdater, runtime: never) {
    super(runtime);
    this.#source = source;
  }

  /** Not sent: electron-updater puts the computer's id there. */
  override setRequestHeaders(): void {
    super.setRequestHeaders(null);
  }

  async getLatestVersion(): Promise<UpdateInfo> {
    const text = await this.httpRequest(new URL(this.#source.url), { accept: 'application/json' });
    if (text === null || text.length > longestFeed) throw refused('its list of versions is empty or very long');
    const { version, releasedAt, files } = readFeed(text, this.#source.publicKey);
    return {
      version,
      releaseDate: releasedAt,
      files: files.map(({ name, bytes, sha512 }) => ({ url: name, size: bytes, sha512 })),
      path: files[0]!.name,
      sha512: files[0]!.sha512,
    };
  }

  resolveFiles({ files }: UpdateInfo): ResolvedUpdateFileInfo[] {
    return files.map((info) => ({ url: new URL(encodeURIComponent(info.url), this.#source.url), info }));
  }
}

class NodeRequests extends HttpExecutor<http.ClientRequest> {
  createRequest(options: http.RequestOptions, callback: (response: http.IncomingMessage) => void): http.ClientRequest {
    return (options.protocol === 'http:' ? http : https).request({ ...options, agent: false }, callback);
  }

  /** As electron-updater's own, which makes it with Electron's `net`. */
  download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return options.cancellationToken.createPromise((resolve, reject, onCancel) => {
      const request: http.RequestOptions = { headers: options.headers ?? {} };
      configureRequestUrl(url, request);
      configureRequestOptions(request);
      const callback = (error: Error | null) => (error ? reject(error) : resolve(destination));
      this.doDownload(request, { destination, options, onCancel, callback, responseHandler: null }, 0);
    });
  }
}
