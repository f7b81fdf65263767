/** Photos that a search asks to be like: photos of the library, and pictures that were dropped or pasted. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { Example } from '../../ipc/contract.ts';
import { rounded } from '../../store/embedding-bytes.ts';
import { asStored } from '../../store/feature-form.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { LoadedModel } from '../models/models.ts';

/** The pictures that were given last are kept, with 16 KB each. */
const keptPictures = 200;

interface GivenPicture {
  /** key of the encoder */
  readonly features: string;
  readonly feature: Float32Array;
}

export class Examples {
  readonly #store: Store;
  readonly #vision: Vision;
  readonly #pictures = new Map<number, GivenPicture>();
  #last = 0;

  constructor(store: Store, vision: Vision) {
    this.#store = store;
    this.#vision = vision;
  }

  /**
   * @param source path of a file anywhere, or the bytes of one
   * @returns its number for `Example`; the same one where the same picture is given again
   * @throws DescryError `not-found`, `no-permission`, `photo-…` where it is no picture that can be opened
   */
  async add(source: { readonly path: string } | { readonly bytes: Uint8Array }, model: LoadedModel): Promise<number> {
    // As it would be stored: the same photo is the same example as a file and in the library.
    const feature = asStored(
      'path' in source
        ? await this.#feature(source.path, path.basename(source.path), model)
        : await this.#featureOfBytes(source.bytes, model),
      this.#store.encoders.form(model.features),
    );
    for (const [number, given] of this.#pictures) {
      if (given.features !== model.features || !given.feature.every((value, i) => value === feature[i])) continue;
      // It is among the last ones again.
      this.#pictures.delete(number);
      this.#pictures.set(number, given);
      return number;
    }
    this.#pictures.set(++this.#last, { features: model.features, feature });
    if (this.#pictures.size > keptPictures) this.#pictures.delete(this.#pictures.keys().next().value!);
    return this.#last;
  }

  /**
   * @returns [examples, dimensions]
   * @throws DescryError `example-gone`, `example-not-indexed`
   */
  async embeddings(examples: readonly Example[], model: LoadedModel): Promise<Float32Array[]> {
    return Promise.all(
      examples.map(async (example) => {
        if ('content' in example) return this.#ofLibrary(example.content, model);
        const picture = this.#pictures.get(example.picture);
        if (!picture || picture.features !== model.features) throw gone();
        return rounded(await model.embedFeatures(picture.feature, 1));
      }),
    );
  }

  #ofLibrary(content: number, model: LoadedModel): Float32Array {
    const embedding = this.#store.contents.embedding(content, model.id);
    if (embedding) return embedding;
    if (this.#store.contents.hash(content) === undefined) throw gone();
    throw new DescryError(
      'example-not-indexed',
      'The photo that others should be like is not indexed yet. Try again when indexing has reached it.',
    );
  }

  async #featureOfBytes(bytes: Uint8Array, model: LoadedModel): Promise<Float32Array> {
    // Photos are opened by their path, in a process of their own.
    const folder = await mkdtemp(path.join(tmpdir(), 'descry-picture-'));
    try {
      const file = path.join(folder, 'picture');
      await writeFile(file, bytes);
      return await this.#feature(file, 'The picture', model);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #feature(file: string, name: string, { encoder, part }: LoadedModel): Promise<Float32Array> {
    const [description] = await this.#vision.describe([file], encoder, part, 'anywhere');
    if (description && 'feature' in description) return description.feature;
    const { code, reason } = description?.failure ?? { code: 'photo-unreadable', reason: 'It could not be opened.' };
    throw new DescryError(code, `${name} cannot be searched with: ${reason}`);
  }
}

const gone = () =>
  new DescryError(
    'example-gone',
    'The photo that others should be like is no longer there. Choose it again, or search without it.',
  );
