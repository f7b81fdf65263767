/**
 * Adds an encoder: its files are fetched from the hub, or copied from the user's folder, then described, tried out (proof.ts) and put in
 * place at once. Every step can be interrupted; the next try goes on with what was fetched.
 *
 * Only this opens a connection for encoders, and only when the user asked for one.
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { AddedEncoder } from '../../../models/contract/added-encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import { describeFolder, weightsId } from '../../../models/encoders.ts';
import { DescryError, errorObject, type ErrorObject } from '../../../models/errors.ts';
import { addManifest, moveIntoPlace, sha256, sizeOf } from '../assets/folder.ts';
import { underLock } from '../assets/lock.ts';
import { explainWriting, requireRoom } from '../assets/place.ts';
import type { DownloadOptions } from '../assets/resumed-download.ts';
import { firstFree } from '../shared/first-free.ts';
import type { Log } from '../shared/log.ts';
import { makeFolder } from '../shared/paths.ts';
import { writeAtomically } from '../shared/write-file.ts';
import { descriptionFile, placeOf, sizeOfAdded, weightsIn, type AddedEncoders } from './added.ts';
import { copyLargeFile } from './copy-file.ts';
import { bytesOf, catalogue, filesOf, type OfferedEncoder, type OfferedFile } from './catalogue.ts';
import { describeFetched } from './describe.ts';
import { downloadName, fetchFile, hubAddress } from './hub.ts';

/** What is being added. */
export interface AddingState {
  readonly id: string;
  readonly title: string;
  readonly source: 'hub' | 'folder';
  /** the repository and its revision, or the folder */
  readonly origin: string;
  /** `waiting`: another process adds one */
  readonly step: 'waiting' | 'fetching' | 'copying' | 'checking';
  readonly doneBytes: number;
  readonly bytes: number;
}

export interface AddingOptions {
  readonly added: AddedEncoders;
  /** see proof.ts */
  readonly prove: (
    added: AddedEncoder,
    weights: FoundWeights,
    signal: AbortSignal,
  ) => Promise<NonNullable<AddedEncoder['measured']>>;
  /** whether a name is taken by another encoder, or by a model of the library */
  readonly isTaken: (id: string) => boolean;
  /** `state` has changed */
  readonly onChanged?: () => void;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** absent: the catalogue */
  readonly offered?: readonly OfferedEncoder[] | undefined;
  /** ms between retries while the network is down */
  readonly pauses?: readonly number[] | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

export interface AddOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((state: AddingState) => void) | undefined;
}

const usualPauses = [1000, 3000, 6000];

export class Adding {
  readonly offered: readonly OfferedEncoder[];
  readonly #options: AddingOptions;
  #running:
    { readonly state: AddingState; readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;
  readonly #failures = new Map<string, ErrorObject>();

  constructor(options: AddingOptions) {
    this.#options = options;
    this.offered = options.offered ?? catalogue;
  }

  /** null: nothing is being added */
  state(): AddingState | null {
    return this.#running?.state ?? null;
  }

  /** Why the last try to add one failed; null: it did not. */
  failure(id: string): ErrorObject | null {
    return this.#failures.get(id) ?? null;
  }

  /**
   * Fetches one that is offered. Does nothing where it is there.
   * @throws DescryError `not-found`, `asset-busy`, `offline`, `asset-corrupt`, `encoder-invalid`, `disk-full`, `no-permission`, `cancelled`
   */
  async add(id: string, options: AddOptions = {}): Promise<AddedEncoder> {
    const wanted = this.offered.find((one) => one.id === id);
    if (!wanted) {
      const known = this.offered.map((one) => one.id).join(', ');
      throw new DescryError('not-found', `No encoder ${id} is offered. There are: ${known}.`);
    }
    const { repository, revision, title } = wanted;
    const bytes = bytesOf(filesOf(wanted.files));
    const origin = `${repository} @ ${revision}`;
    return this.#run({ id, title, source: 'hub', origin, step: 'fetching', doneBytes: 0, bytes }, options, (job) =>
      this.#fetch(wanted, job),
    );
  }

  /**
   * Copies one from a folder in the layout of transformers.js; what is in the folder then no longer matters.
   * @throws DescryError as `add`; `encoder-invalid` where the folder holds no encoder that can be used
   */
  async addFolder(named: string, options: AddOptions = {}): Promise<AddedEncoder> {
    const folder = path.resolve(named);
    const { added } = this.#options;
    const idNow = () => {
      // What was computed with one that was damaged since, and models that were trained on it, are of use again.
      const damaged = added.damaged().find(({ source }) => source.kind === 'folder' && source.folder === folder);
      return damaged?.id ?? this.#freeId(path.basename(folder));
    };
    const titleOf = (id: string) => this.#freeTitle(path.basename(folder) || folder, id);
    const first = idNow();
    const about = {
      title: titleOf(first),
      source: 'folder',
      origin: folder,
      step: 'copying',
      doneBytes: 0,
      bytes: 0,
    } as const;
    return this.#run({ id: first, ...about }, options, (job) => {
      // While this process waited, another one may have added an encoder of this name.
      added.refresh();
      const id = idNow();
      const title = titleOf(id);
      if (id !== job.state.id) job.report({ id, title });
      return this.#copy(folder, { ...job, state: { ...job.state, id, title } });
    });
  }

  /** Ends what is being added; resolves when it has ended. What was fetched is kept. */
  async stop(): Promise<void> {
    const running = this.#running;
    running?.stop.abort();
    await running?.done.catch(() => undefined);
  }

  /** What is kept of an earlier try that did not fetch all, in bytes. */
  keptBytes({ id, files }: Pick<OfferedEncoder, 'id' | 'files'>): number {
    const building = `${this.#options.added.folderOf(id)}.partial`;
    return filesOf(files).reduce((sum, file) => {
      const fetched = this.#download(file);
      const places = [fetched, `${fetched}.part`, placeOf(building, file)];
      const found = places.map((place) => statSync(place, { throwIfNoEntry: false })?.size ?? 0);
      return sum + Math.min(file.bytes, found.find((bytes) => bytes > 0) ?? 0);
    }, 0);
  }

  /** Deletes what was fetched of one that is not complete. @returns whether there was anything */
  async forget(id: string): Promise<boolean> {
    this.#failures.delete(id);
    const wanted = this.offered.find((one) => one.id === id);
    const kept = [
      `${this.#options.added.folderOf(id)}.partial`,
      ...(wanted ? filesOf(wanted.files) : []).flatMap((file) => [
        this.#download(file),
        `${this.#download(file)}.part`,
      ]),
    ];
    const there = kept.filter((file) => existsSync(file));
    for (const file of there) await rm(file, { recursive: true, force: true });
    return there.length > 0;
  }

  async #run(first: AddingState, { signal, onProgress }: AddOptions, work: (job: Job) => Promise<AddedEncoder>) {
    if (this.#running) {
      throw new DescryError(
        'asset-busy',
        `${this.#running.state.title} is being added. Wait until it is done, or stop it.`,
      );
    }
    const { added, onChanged, log } = this.#options;
    const stop = new AbortController();
    const abort = () => stop.abort();
    let finish: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (finish = resolve));
    const report = (change: Partial<AddingState>) => {
      const state = { ...(this.#running?.state ?? first), ...change };
      this.#running = { state, stop, done };
      onProgress?.(state);
      onChanged?.();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#failures.delete(first.id);
    report({});
    try {
      return await underLock(
        added.folder,
        { signal: stop.signal, log, onWaiting: () => report({ step: 'waiting' }) },
        async (working) => {
          await this.#sweep(first.id);
          return work({ state: first, signal: working, report });
        },
      );
    } catch (error) {
      // What was stopped may have been waiting for the lock, or be amid anything.
      if (stop.signal.aborted) throw stopped();
      const plain = error instanceof DescryError ? error : explainWriting(added.folder, error);
      if (plain.code !== 'cancelled') this.#failures.set(first.id, errorObject(plain));
      throw plain;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#running = undefined;
      added.refresh();
      finish();
      onChanged?.();
    }
  }

  async #fetch(wanted: OfferedEncoder, job: Job): Promise<AddedEncoder> {
    const { added, log, environment, pauses = usualPauses } = this.#options;
    added.refresh();
    const there = added.find(wanted.id);
    if (there) return there; // another process has added it
    const address = hubAddress(environment);
    const files = filesOf(wanted.files);
    const building = this.#building(job);
    for (const file of files) await this.#keep(file, [building, added.folderOf(wanted.id)], job.signal);
    await rm(building, { recursive: true, force: true });
    const kept = await Promise.all(
      files.map(async (file) => (await sizeOf(this.#download(file))) || sizeOf(`${this.#download(file)}.part`)),
    );
    await requireRoom(
      added.folder,
      bytesOf(files) - kept.reduce((sum, bytes) => sum + bytes, 0),
      `${wanted.title} needs`,
    );
    let before = 0;
    let last = 0;
    for (const file of files) {
      job.report({ step: 'fetching', doneBytes: before });
      const download: DownloadOptions = {
        ...{ signal: job.signal, log, pauses },
        onBytes: (bytes) => {
          if (bytes < file.bytes && Date.now() - last < 200) return;
          last = Date.now();
          job.report({ step: 'fetching', doneBytes: before + bytes });
        },
      };
      await fetchFile(wanted, file, this.#downloads, address, download);
      before += file.bytes;
    }
    for (const file of files) {
      const target = placeOf(building, file);
      makeFolder(path.dirname(target));
      await rename(this.#download(file), target);
    }
    return this.#finish(job, building, () => describeFetched(building, wanted, job.signal));
  }

  async #copy(folder: string, job: Job): Promise<AddedEncoder> {
    const { added } = this.#options;
    const { id, title } = job.state;
    const described = await describeFolder(folder, {
      ...{ id, title, source: { kind: 'folder', folder }, addedAt: Date.now(), signal: job.signal },
    });
    const files = filesOf(described.files);
    const bytes = bytesOf(files);
    const building = this.#building(job);
    await rm(building, { recursive: true, force: true });
    await requireRoom(added.folder, bytes, `${title} needs`);
    return this.#finish(job, building, async () => {
      let done = 0;
      for (const file of files) {
        if (job.signal.aborted) throw stopped();
        job.report({ step: 'copying', bytes, doneBytes: done });
        const target = placeOf(building, file);
        makeFolder(path.dirname(target));
        // A copy, not a link: the user may edit or remove the folder. Where the file system can, it takes no room until then.
        const before = done;
        let last = 0;
        const onBytes = (copied: number) => {
          if (Date.now() - last < 200) return;
          last = Date.now();
          job.report({ step: 'copying', bytes, doneBytes: before + copied });
        };
        await copyLargeFile(placeOf(folder, file), target, { signal: job.signal, onBytes });
        if ((await sha256(target, job.signal)) !== file.sha256) {
          throw new DescryError(
            'encoder-invalid',
            `${file.path} in ${folder} was changed while it was copied. Try again.`,
          );
        }
        done += file.bytes;
      }
      return described;
    });
  }

  /** @param prepare makes the files complete, and describes them; then they are tried out and put in place, or deleted */
  async #finish(
    { state: { id, source, origin }, signal, report }: Job,
    building: string,
    prepare: () => Promise<AddedEncoder>,
  ): Promise<AddedEncoder> {
    const { added, prove, log } = this.#options;
    try {
      const description = await prepare();
      if (signal.aborted) throw stopped();
      report({ step: 'checking', doneBytes: sizeOfAdded(description) });
      const measured = await prove(description, weightsIn(building, description), signal);
      const complete = { ...description, measured };
      await writeAtomically(descriptionFile(building), `${JSON.stringify(complete, null, 1)}\n`);
      const names = filesOf(complete.files).map((file) => file.path);
      await addManifest(building, weightsId(complete), [...names, path.basename(descriptionFile(building))], signal);
      if (signal.aborted) throw stopped();
      await moveIntoPlace(building, added.folderOf(id));
      log.info(`${complete.title} was added: ${added.folderOf(id)}`);
      return complete;
    } catch (error) {
      // What was fetched is kept for the next try.
      if (!signal.aborted || source === 'folder') await rm(building, { recursive: true, force: true });
      throw signal.aborted ? stopped() : asKnown(error, building, source === 'folder' ? origin : undefined);
    }
  }

  /** Deletes what ended processes left, except of offered encoders: those go on. */
  async #sweep(id: string): Promise<void> {
    const { added } = this.#options;
    const kept = new Set([id, ...this.offered.map((one) => one.id)].map((one) => `${one}.partial`));
    for (const name of await readdir(added.folder)) {
      if (!/\.(partial|removed)$/.test(name) || kept.has(name)) continue;
      await rm(path.join(added.folder, name), { recursive: true, force: true });
    }
  }

  /** Takes up a file that an interrupted or damaged try left, with the right bytes, so that it is not fetched again. */
  async #keep(file: OfferedFile, folders: readonly string[], signal: AbortSignal): Promise<void> {
    for (const folder of folders) {
      if (existsSync(this.#download(file))) return;
      const found = placeOf(folder, file);
      if ((await sizeOf(found)) !== file.bytes || (await sha256(found, signal)) !== file.sha256) continue;
      makeFolder(this.#downloads);
      await rename(found, this.#download(file));
    }
  }

  get #downloads(): string {
    return path.join(this.#options.added.folder, 'downloads');
  }

  #download(file: OfferedFile): string {
    return path.join(this.#downloads, downloadName(file));
  }

  #building({ state: { id } }: Job): string {
    return `${this.#options.added.folderOf(id)}.partial`;
  }

  #freeId(name: string): string {
    const cleaned = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+/, '')
      .slice(0, 40)
      .replace(/-+$/, '');
    const base = cleaned || 'encoder';
    return firstFree(
      (n) => (n === 1 ? base : `${base}-${n}`),
      (id) => this.#isTaken(id),
    );
  }

  /** Several encoders may come from folders of the same name. @param own id of the one that gets it */
  #freeTitle(name: string, own: string): string {
    const { added } = this.#options;
    const others = [...added.list(), ...added.damaged()].filter(({ id }) => id !== own);
    const taken = new Set([...others, ...this.offered].map(({ title }) => title));
    return firstFree(
      (n) => (n === 1 ? name : `${name} (${n})`),
      (title) => taken.has(title),
    );
  }

  #isTaken(id: string): boolean {
    const { added, isTaken } = this.#options;
    return (
      id === 'downloads' || this.offered.some((one) => one.id === id) || existsSync(added.folderOf(id)) || isTaken(id)
    );
  }
}

/** The error of a check with the names of files as the user knows them: in his folder, or of the repository. */
function asKnown(error: unknown, building: string, folder: string | undefined): unknown {
  if (!(error instanceof DescryError) || !error.message.includes(building)) return error;
  const named = (text: string) =>
    folder === undefined ? text.replaceAll(building + path.sep, '') : text.replaceAll(building, folder);
  const { file, ...others } = error.parameters;
  const parameters = file === undefined ? others : { ...others, file: named(file) };
  return new DescryError(error.code, named(error.message), { cause: error, parameters });
}

const stopped = () => new DescryError('cancelled', 'Adding the encoder was stopped.');

interface Job {
  readonly state: AddingState;
  readonly signal: AbortSignal;
  readonly report: (change: Partial<AddingState>) => void;
}

/** Whether a text names a folder that is there. */
export async function isFolder(named: string): Promise<boolean> {
  return stat(named).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
