/**
 * The weights that Descry does not ship, fetched once per machine and shared by all libraries.
 *
 * `ensure` returns at once if they are complete and as they were made. Otherwise one process fetches, verifies and converts them, while others wait.
 * Every step can be interrupted (Ctrl-C, a crash, the network); the next run resumes it.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AssetsProgress } from '../../ipc/contract.ts';
import type { ConversionJob, Convert, FoundWeights, WantedWeights } from '../../../models/contract/weights.ts';
import { DescryError, errorObject } from '../../../models/errors.ts';
import { downloadPackage, matches } from './download.ts';
import {
  addManifest,
  firstDamaged,
  isIntact,
  looksIntact,
  moveIntoPlace,
  readManifest,
  samplesMatch,
  setAside,
  sizeOf,
} from './folder.ts';
import { underLock } from './lock.ts';
import { assetsFolder, explainWriting, requireRoom } from './place.ts';
import { cancelled } from './resumed-download.ts';
import { findSource, tarballName, offlineParameters, type Source } from './sources.ts';
import { copyPinnedFiles, unpack } from './unpack.ts';

export { assetsFolder };

export interface AssetsOptions {
  /** absent: see `assetsFolder` */
  readonly folder?: string;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** runs one conversion; the desktop app runs it in another process, to keep the window responsive */
  readonly convert: Convert;
  /** what an encoder needs */
  readonly weights: readonly WantedWeights[];
  /** ms between retries while the network is down */
  readonly pauses?: readonly number[];
  readonly environment?: NodeJS.ProcessEnv;
  /** weights are not as they were made; they are made again next */
  readonly onDamaged?: (damaged: DamagedWeights) => void;
}

export interface DamagedWeights {
  /** `WantedWeights.name` */
  readonly name: string;
  /** what happened to which file, for the user */
  readonly message: string;
}

export interface EnsureOptions {
  readonly onProgress?: (progress: AssetsProgress) => void;
  readonly signal?: AbortSignal;
}

export class Assets {
  readonly folder: string;
  readonly #options: AssetsOptions;
  readonly #environment: NodeJS.ProcessEnv;
  #state: AssetsProgress | undefined;
  /** said before the error if making them again fails */
  #damaged: DamagedWeights | undefined;

  constructor(options: AssetsOptions) {
    this.#options = options;
    this.#environment = options.environment ?? process.env;
    this.folder = options.folder ?? assetsFolder(this.#environment);
  }

  /** The state for the window. Before the first `ensure`: whether the files look complete. */
  state(): AssetsProgress {
    return this.#state ?? progress(this.#missing().length === 0 ? 'ready' : 'missing');
  }

  /**
   * @returns the files, complete and verified
   * @throws DescryError `offline`, `asset-corrupt`, `asset-busy`, `disk-full`, `no-permission`, `cancelled`; and
   *   `not-found` or `usage` where the variable of an own copy names something else
   */
  async ensure({ onProgress, signal = new AbortController().signal }: EnsureOptions = {}): Promise<FoundWeights> {
    const report = (next: AssetsProgress) => {
      this.#state = next;
      onProgress?.(next);
    };
    try {
      if ((await this.#incomplete()).length > 0) await this.#prepare(report, signal);
      const files = await this.#files();
      this.#damaged = undefined;
      report(progress('ready'));
      return files;
    } catch (error) {
      const plain = this.#explain(error);
      report({ ...progress('failed'), error: errorObject(plain) });
      throw plain;
    }
  }

  #missing(): WantedWeights[] {
    return this.#options.weights.filter((asset) => {
      const source = this.#source(asset);
      return !looksIntact(source.folder, source.id);
    });
  }

  async #incomplete(): Promise<WantedWeights[]> {
    const complete = await Promise.all(
      this.#options.weights.map((asset) => {
        const source = this.#source(asset);
        return samplesMatch(source.folder, source.id);
      }),
    );
    return this.#options.weights.filter((_, i) => !complete[i]);
  }

  /** Whether the weights are complete, and their samples as they were made. */
  async unchanged(): Promise<boolean> {
    return (await this.#incomplete()).length === 0;
  }

  /**
   * Hashes the files whole, about 0.3 s for 280 MB. What is damaged is set aside: the next `ensure` makes it again.
   *
   * @returns what is damaged
   */
  async check(signal?: AbortSignal): Promise<DamagedWeights[]> {
    const damaged: DamagedWeights[] = [];
    for (const asset of this.#options.weights) {
      const { folder, id } = this.#source(asset);
      const manifest = await readManifest(folder);
      if (manifest?.source !== id) continue; // there is nothing that `ensure` would use
      const file = await firstDamaged(folder, manifest, signal);
      if (file === undefined) continue;
      damaged.push((this.#damaged = describeDamage(asset, path.join(folder, file))));
      this.#options.log.warn(damaged.at(-1)!.message);
      await setAside(folder).catch((error: unknown) => {
        throw this.#explain(error);
      });
    }
    return damaged;
  }

  #source(asset: WantedWeights): Source {
    return findSource(asset, this.folder, this.#environment);
  }

  async #prepare(report: (next: AssetsProgress) => void, signal: AbortSignal): Promise<void> {
    const onWaiting = () => report(progress('waiting'));
    await underLock(this.folder, { signal, onWaiting, log: this.#options.log }, async (working) => {
      for (const asset of await this.#incomplete()) {
        const source = this.#source(asset);
        report({ ...progress('converting'), item: asset.package.title });
        if (await isIntact(source.folder, source.id)) continue;
        const before = await readManifest(source.folder);
        if (before?.source === source.id) {
          const file = (await firstDamaged(source.folder, before)) ?? asset.output;
          this.#damaged = describeDamage(asset, path.join(source.folder, file));
          this.#options.log.warn(this.#damaged.message);
          this.#options.onDamaged?.(this.#damaged);
        } else if (before) {
          this.#options.log.info(`${source.folder} was made by another version of Descry: made again`);
        }
        await this.#build(asset, source, report, working);
      }
    });
  }

  async #build(asset: WantedWeights, source: Source, report: (next: AssetsProgress) => void, signal: AbortSignal) {
    const { title } = asset.package;
    const building = `${source.folder}.partial`;
    await rm(building, { recursive: true, force: true });
    await this.#checkSpace(asset, source);
    const copied = source.kind !== 'own' && (await copyPinnedFiles(source.folder, asset.package, building));
    const tarball = source.kind === 'own' || copied ? undefined : await this.#tarball(asset, source, report, signal);
    const started = performance.now();
    await mkdir(building, { recursive: true });
    const step = (doneBytes: number, totalBytes: number) =>
      report({ ...progress('converting'), item: title, doneBytes, totalBytes });
    const output = path.join(building, asset.output);
    if (tarball !== undefined) {
      await unpack(tarball, asset.package, building, step);
    }
    if (signal.aborted) throw cancelled();
    step(0, asset.outputBytes);
    const job: ConversionJob =
      source.kind === 'own'
        ? { kind: asset.own.conversion.kind, input: source.file, output }
        : { kind: asset.conversion.kind, input: path.join(building, asset.input), output };
    const notes = await this.#options.convert(job, step);
    for (const note of notes) this.#options.log.warn(note);
    if (signal.aborted) throw cancelled();
    if (source.kind !== 'own') {
      if (asset.discardInput) await rm(job.input);
    }
    const kept = source.kind === 'own' ? [] : asset.package.files.map((file) => file.path);
    await addManifest(building, source.id, [
      ...kept.filter((file) => !asset.discardInput || file !== asset.input),
      asset.output,
      ...(await filesThere(building, Object.values(asset.further ?? {}))),
    ]);
    await moveIntoPlace(building, source.folder);
    if (source.kind === 'registry' && tarball !== undefined) await rm(tarball);
    if (source.kind === 'own') await this.#removeOlder(asset, source);
    this.#options.log.info(`${title}: converted in ${Math.round(performance.now() - started)} ms, ${source.folder}`);
  }

  /** @returns the path of a tarball with the pinned hash */
  async #tarball(
    { package: wanted }: WantedWeights,
    source: Exclude<Source, { kind: 'own' }>,
    report: (next: AssetsProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    if (source.kind === 'tarball') {
      if (await matches(source.file, wanted)) return source.file;
      throw new DescryError(
        'asset-corrupt',
        `${source.file} is not ${wanted.name}@${wanted.version}: its hash differs. It was not used; replace or remove it.`,
      );
    }
    let last = 0;
    return downloadPackage(wanted, path.join(this.folder, 'downloads', tarballName(wanted)), {
      signal,
      log: this.#options.log,
      pauses: this.#options.pauses ?? [1000, 3000, 6000],
      onBytes: (bytes) => {
        if (bytes < wanted.bytes && Date.now() - last < 100) return;
        last = Date.now();
        report({ state: 'fetching', item: wanted.title, doneBytes: bytes, totalBytes: wanted.bytes, error: null });
      },
    });
  }

  /** Checked before the download, which may take an hour. */
  async #checkSpace({ package: wanted, outputBytes }: WantedWeights, source: Source): Promise<void> {
    const part = path.join(this.folder, 'downloads', `${tarballName(wanted)}.part`);
    const unpacked = wanted.files.reduce((sum, file) => sum + file.bytes, 0);
    const needed =
      outputBytes +
      (source.kind === 'own' ? 0 : unpacked) +
      (source.kind === 'registry' ? wanted.bytes - (await sizeOf(part)) : 0);
    await requireRoom(this.folder, needed, `The ${wanted.title} need`);
  }

  /** Deletes the results of earlier versions of the same own file. */
  async #removeOlder(asset: WantedWeights, source: Extract<Source, { kind: 'own' }>): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const folder = path.join(this.folder, name);
      if (!name.startsWith(`own-${asset.name}-`) || folder === source.folder) continue;
      if ((await readManifest(folder))?.source.startsWith(`own ${source.file} `)) {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }

  async #files(): Promise<FoundWeights> {
    const files: Record<string, string | undefined> = {};
    const ids: Record<string, string> = {};
    for (const asset of this.#options.weights) {
      const source = this.#source(asset);
      const input = source.kind === 'own' ? source.file : path.join(source.folder, asset.input);
      const output = path.join(source.folder, asset.output);
      for (const [name, which] of Object.entries(asset.files)) files[name] = which === 'input' ? input : output;
      const made = asset.further && (await readManifest(source.folder))?.files.map((file) => file.path);
      for (const [name, file] of Object.entries(asset.further ?? {})) {
        if (made?.includes(file)) files[name] = path.join(source.folder, file);
      }
      ids[asset.name] = await identity(asset, source);
    }
    return { files, ids };
  }

  /** For the user; where the weights were damaged, that is said first. */
  #explain(error: unknown): DescryError {
    const plain = this.#explainAlone(error);
    if (!this.#damaged || plain.code === 'cancelled') return plain;
    return new DescryError(plain.code, `${this.#damaged.message} ${plain.message}`, {
      cause: plain.cause,
      parameters: plain.parameters,
    });
  }

  #explainAlone(error: unknown): DescryError {
    if (error instanceof DescryError) {
      if (error.code !== 'offline') return error;
      const asset = this.#missing()[0] ?? this.#options.weights[0]!;
      return new DescryError('offline', `${error.message} Connect to the network and try again.`, {
        cause: error.cause,
        parameters: offlineParameters(asset, this.folder),
      });
    }
    return explainWriting(this.folder, error);
  }
}

/** Those that a conversion made. */
async function filesThere(folder: string, names: readonly string[]): Promise<string[]> {
  const there = new Set(await readdir(folder));
  return names.filter((name) => there.has(name));
}

function describeDamage({ name, package: { title } }: WantedWeights, file: string): DamagedWeights {
  return { name, message: `The ${title} are damaged: ${file} is not as it was made.` };
}

/** Package and version, or for an own file the hash of the converted file. */
async function identity(asset: WantedWeights, source: Source): Promise<string> {
  if (source.kind !== 'own') return `${asset.package.name}@${asset.package.version}`;
  const manifest = await readManifest(source.folder);
  const made = manifest?.files.find((file) => file.path === asset.output);
  return `own-${made?.sha256.slice(0, 12) ?? 'unknown'}`;
}

function progress(state: AssetsProgress['state']): AssetsProgress {
  return { state, item: null, doneBytes: 0, totalBytes: 0, error: null };
}
