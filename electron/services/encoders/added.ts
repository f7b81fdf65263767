/**
 * The encoders that were added on this machine, for all its libraries: `encoders/ID/` in the folder of the weights has their files,
 * `encoder.json`, which describes them, and the manifest of all weights (../assets/folder.ts).
 *
 * Another process may add or remove one at any time: the list is read again when the folder has changed.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { addedEncoder, type AddedEncoder, type AddedFile } from '../../../models/contract/added-encoder.ts';
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import { openAdded, weightsId } from '../../../models/encoders.ts';
import { DescryError, errorMessage, isNotThere, reasonOf } from '../../../models/errors.ts';
import { readRegularFileSync } from '../../../models/files/regular-file.ts';
import type { Assets, DamagedWeights } from '../assets/assets.ts';
import { firstDamaged, isIntact, manifestName, readManifest, samplesMatch, setAside } from '../assets/folder.ts';
import { assetsFolder } from '../assets/place.ts';
import type { Log } from '../shared/log.ts';
import { bytesOf, filesOf } from './catalogue.ts';

export interface AddedEncodersOptions {
  /** of the weights; absent: see `assetsFolder` */
  readonly folder?: string | undefined;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** When they were loaded, files were not as they were when they were added: the encoder is not used any more. */
  readonly onDamaged?: (encoder: Encoder, damaged: DamagedWeights) => void;
}

/** How long (ms) the list is used before it is asked whether the folder has changed. */
const recentMs = 1000;
const descriptionName = 'encoder.json';
const largest = 2 ** 20;

interface Entry {
  readonly text: string;
  readonly encoder: Encoder;
}

export class AddedEncoders {
  /** holds a folder for each */
  readonly folder: string;
  readonly #options: AddedEncodersOptions;
  #entries = new Map<string, Entry>();
  #list: readonly Encoder[] = [];
  #damagedOnes: readonly AddedEncoder[] = [];
  #changedMs = NaN;
  #lookedAt = -Infinity;
  /** of folders that were left out: said once */
  readonly #warned = new Set<string>();

  constructor(options: AddedEncodersOptions) {
    this.#options = options;
    this.folder = path.join(options.folder ?? assetsFolder(), 'encoders');
  }

  /** Those that can be used, by id. Costs nothing most of the time: it is asked for at each search. */
  list(): readonly Encoder[] {
    const now = performance.now();
    if (now - this.#lookedAt < recentMs) return this.#list;
    this.#lookedAt = now;
    const changedMs = changedAt(this.folder);
    if (changedMs === this.#changedMs) return this.#list;
    this.#changedMs = changedMs;
    this.#read();
    return this.#list;
  }

  /** Looks at the folder again at the next `list`. */
  refresh(): void {
    this.#lookedAt = -Infinity;
    this.#changedMs = NaN;
  }

  find(id: string): AddedEncoder | undefined {
    return this.list().find((encoder) => encoder.id === id)?.added ?? undefined;
  }

  /** Those whose files were found to be damaged: they are not used until they are added again. */
  damaged(): readonly AddedEncoder[] {
    this.list();
    return this.#damagedOnes;
  }

  folderOf(id: string): string {
    return path.join(this.folder, id);
  }

  /**
   * The files of one, after the check of samples (../assets/samples.ts).
   * @throws DescryError `asset-corrupt` where they are damaged: it is not in the list any more; `not-found` where it was removed
   */
  async weights(added: AddedEncoder): Promise<FoundWeights> {
    const folder = this.folderOf(added.id);
    const source = weightsId(added);
    // Where only the times of the files have changed, they are not damaged.
    if (!(await samplesMatch(folder, source)) && !(await isIntact(folder, source))) {
      const manifest = await readManifest(folder);
      const file = (manifest && (await firstDamaged(folder, manifest))) ?? descriptionName;
      const isThere = existsSync(folder);
      const error = isThere ? await this.#setAside(added, file) : removed(added);
      this.refresh();
      if (isThere) this.#options.onDamaged?.(openAdded(added), { name: 'clip', message: error.message });
      throw error;
    }
    return weightsIn(folder, added);
  }

  /** The checks of one's files, as `Assets` has them; one whose files are damaged is not used any more. */
  filesOf(added: AddedEncoder): Pick<Assets, 'check' | 'unchanged'> {
    const folder = this.folderOf(added.id);
    return {
      unchanged: () => samplesMatch(folder, weightsId(added)),
      check: async (signal) => {
        const manifest = await readManifest(folder);
        const file = manifest && (await firstDamaged(folder, manifest, signal));
        if (file === undefined) return [];
        const { message } = await this.#setAside(added, file);
        return [{ name: 'clip', message }];
      },
    };
  }

  /** Deletes its files. A program that uses them goes on with what it has loaded. */
  async remove(id: string): Promise<void> {
    const folder = this.folderOf(id);
    const leaving = `${folder}.removed`;
    try {
      await rm(leaving, { recursive: true, force: true });
      // Renamed at once, so that none is left by half in the list.
      await rename(folder, leaving);
      await rm(leaving, { recursive: true, force: true });
    } catch (error) {
      if (isNotThere(error)) return;
      throw new DescryError(
        'no-permission',
        `${folder} cannot be deleted: ${reasonOf(error)}. Close other windows of Descry, and try again.`,
        { cause: error, parameters: { folder } },
      );
    } finally {
      this.refresh();
    }
  }

  async #setAside(added: AddedEncoder, file: string): Promise<DescryError> {
    const folder = this.folderOf(added.id);
    await setAside(folder).catch((error: unknown) => this.#options.log.warn(errorMessage(error)));
    this.refresh();
    const message =
      `${added.title} is damaged: ${path.join(folder, file)} is not as it was when it was added. It is not used any more: ` +
      'where one of its models was chosen, the model that comes with Descry answers. Add it again to use it.';
    this.#options.log.warn(message);
    return new DescryError('asset-corrupt', message, { parameters: { file: path.join(folder, file) } });
  }

  #read(): void {
    const entries = new Map<string, Entry>();
    const damaged: AddedEncoder[] = [];
    for (const name of namesIn(this.folder)) {
      const folder = this.folderOf(name);
      try {
        const text = String(readRegularFileSync(descriptionFile(folder), { largest }));
        const known = this.#entries.get(name);
        if (!existsSync(path.join(folder, manifestName))) damaged.push(parsed(text, name));
        else entries.set(name, known?.text === text ? known : { text, encoder: openAdded(parsed(text, name)) });
      } catch (error) {
        if (!this.#warned.has(folder)) this.#options.log.warn(`${folder} is no encoder: ${errorMessage(error)}`);
        this.#warned.add(folder);
      }
    }
    this.#entries = entries;
    this.#damagedOnes = damaged;
    this.#list = [...entries.values()].map(({ encoder }) => encoder).sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

const removed = ({ title }: AddedEncoder) =>
  new DescryError('not-found', `${title} was removed from this computer. Add it again to use it.`);

/** In the folder of an encoder. */
export const descriptionFile = (folder: string) => path.join(folder, descriptionName);

/** Names of complete folders. Others, such as those of unfinished work, have a dot in their names. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => addedEncoder.shape.id.safeParse(name).success && name !== 'downloads');
  } catch {
    return []; // not there, or not to be read: see changedAt
  }
}

function parsed(text: string, name: string): AddedEncoder {
  const added = addedEncoder.parse(JSON.parse(text));
  if (added.id !== name) throw new Error(`${descriptionName} describes ${added.id}`);
  return added;
}

/** Where a file of an encoder lies in a folder. */
export const placeOf = (folder: string, { path: inside }: Pick<AddedFile, 'path'>): string =>
  path.join(folder, ...inside.split('/'));

/** What an encoder gets of its files in a folder, which were checked. */
export function weightsIn(folder: string, added: AddedEncoder): FoundWeights {
  const { vision, text, tokenizer } = added.files;
  return {
    files: { vision: placeOf(folder, vision), text: placeOf(folder, text), tokenizer: placeOf(folder, tokenizer) },
    ids: { clip: weightsId(added) },
  };
}

/** Of its files, in bytes. */
export const sizeOfAdded = ({ files }: AddedEncoder): number => bytesOf(filesOf(files));

/** 0 where there is no such folder, or it cannot be looked at: what is wrong with it is said when weights are needed. */
function changedAt(folder: string): number {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}
