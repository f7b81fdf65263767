/**
 * Notices that the file of a model was damaged: samples are compared whenever it is loaded, the whole file with the weekly check
 * of the weights. The hashes of the models that come with Descry lie beside them; those of a library's own models are noted when they
 * are added, or, for models of an earlier version, when they are loaded for the first time.
 */
import path from 'node:path';
import { z } from 'zod';
import { DescryError, errorCode, reasonOf } from '../../../models/errors.ts';
import { FileRefused, readRegularFile } from '../../../models/files/regular-file.ts';
import { largestModelBytes } from '../../../models/files/safetensors.ts';
import type { Store } from '../../store/store.ts';
import { sha256 } from '../assets/folder.ts';
import { sampleHash } from '../assets/samples.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const note = z.object({
  /** see samples.ts */
  samples: hash,
  sha256: hash,
  /** the whole file was not as it should be when it was last hashed: it is hashed whole again before it is used */
  damaged: z.boolean().default(false),
});
type Note = z.infer<typeof note>;
const pins = z.record(z.string(), note);

export class ModelFiles {
  readonly #store: Pick<Store, 'preferences'>;

  constructor(store: Pick<Store, 'preferences'>) {
    this.#store = store;
  }

  /** Notes what the file of a model holds. */
  async note(id: string, file: string): Promise<void> {
    const [samples, whole] = await Promise.all([sampleHash(file), sha256(file)]);
    this.#set(id, { samples, sha256: whole, damaged: false });
  }

  forget(id: string): void {
    this.#store.preferences.remove(key(id));
  }

  /**
   * Before the file is loaded.
   * @throws DescryError `model-invalid` where it is damaged; the errors of reading it are left to who loads it
   */
  async require(id: string, file: string, builtIn: boolean): Promise<void> {
    const known = this.#get(id);
    const wanted = (await pinned(file)) ?? known;
    // Another version of Descry may bring another file under the same id.
    if (!wanted && builtIn) return;
    if (!wanted) return this.note(id, file).catch(() => undefined); // also where the library cannot be written
    if (known?.damaged && !(await this.isIntact(id, file))) throw damaged(id, file);
    const samples = await sampleHash(file).catch(() => undefined);
    if (samples !== undefined && samples !== wanted.samples) throw damaged(id, file);
  }

  /** Hashes the whole file. A damaged one is not loaded any more. */
  async isIntact(id: string, file: string): Promise<boolean> {
    const wanted = (await pinned(file)) ?? this.#get(id);
    if (!wanted) return true;
    const whole = await sha256(file).catch(() => undefined);
    const good = whole === undefined || whole === wanted.sha256;
    if (good === (this.#get(id)?.damaged ?? false)) this.#set(id, { ...wanted, damaged: !good });
    return good;
  }

  #get(id: string): Note | undefined {
    return note.safeParse(this.#store.preferences.get(key(id))).data;
  }

  #set(id: string, value: Note): void {
    this.#store.preferences.set(key(id), value);
  }
}

/**
 * The bytes of a model file that a user names.
 * @throws DescryError `model-invalid` where it is no regular file or larger than a model; the reason where it cannot be read
 */
export async function readModelFile(file: string): Promise<Uint8Array> {
  try {
    return await readRegularFile(file, { largest: largestModelBytes });
  } catch (error) {
    const refused = error instanceof FileRefused;
    throw new DescryError(
      refused ? 'model-invalid' : errorCode(error),
      `${file} cannot be read as a model: ${reasonOf(error)}. Mend that, or choose another file.`,
      { cause: error, parameters: { file } },
    );
  }
}

const key = (id: string) => `model-file ${id}`;

/** The hashes of a file that comes with Descry. */
async function pinned(file: string): Promise<Note | undefined> {
  const list = path.join(path.dirname(file), 'hashes.json');
  const text = await readRegularFile(list, { largest: 2 ** 16 }).catch(() => undefined);
  if (!text) return undefined;
  const parsed = pins.parse(JSON.parse(String(text)));
  const name = path.basename(file);
  return Object.hasOwn(parsed, name) ? parsed[name] : undefined;
}

export function damaged(id: string, file: string): DescryError {
  return new DescryError(
    'model-invalid',
    `The model ${id} is damaged: ${file} is not as it was written. Use another model. One of your own can be removed and ` +
      'imported again; one that comes with Descry is back after Descry is installed again.',
    { parameters: { file, model: id } },
  );
}
