/** The models of a library: the built-in one, those trained here and those imported; which is in use; and loading it. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DescryError } from '../../../models/errors.ts';
import type { Engine, Projection } from '../../../models/engine/engine.ts';
import { loadWordVectors, type WordVectors } from '../../../models/text/glove.ts';
import { SentenceEncoder } from '../../../models/text/sentence-encoder.ts';
import {
  encodeModel,
  modelMetadata,
  readModel,
  readModelBytes,
  readModelMetadata,
  type Model,
  type ModelMetadata,
} from '../../../models/two-branch/model-file.ts';
import { haveSameWeights, imageNet, isOlder } from '../../../models/resnet50/feature.ts';
import { imageInputLength, imageInputs } from '../../../models/two-branch/image-input.ts';
import { Relevance } from '../../../models/relevance/relevance.ts';
import type { ModelSummary } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import { writeAtomically } from '../shared/write-file.ts';

/** A model ready for work. */
export interface LoadedModel {
  readonly id: string;
  /** id of the image encoder of this machine, which makes the features that it reads */
  readonly encoder: string;
  readonly model: Model;
  /** length of an embedding */
  readonly dimensions: number;
  /** @param features [count, feature length] @returns embeddings [count, dimensions], L2 norm 1 or, of photos like many, less */
  embedImages(features: Float32Array, count: number): Promise<Float32Array>;
  /** @returns embeddings [sentences, dimensions], L2 norm 1 */
  embedTexts(sentences: readonly string[]): Promise<Float32Array>;
  readonly text: SentenceEncoder;
  readonly relevance: Relevance;
  /** Waits for calls under way. */
  dispose(): Promise<void>;
}

export interface ModelsOptions {
  readonly store: Store;
  /** folder of this library's own models */
  readonly folder: string;
  /** the weights that Descry ships */
  readonly builtIn: { readonly id: string; readonly file: string };
  readonly engine: () => Promise<Engine>;
  /** file of the word-vector table */
  readonly wordVectors: () => Promise<string>;
  /** id of the image encoder of this machine */
  readonly encoder: () => Promise<string>;
  readonly log: Log;
}

/** in a sentence that says what a model was trained on */
const olderFeatures = 'photo features of an earlier version';

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const inUseKey = 'model';
/** when the built-in weights were made whose embeddings the library has */
const builtInKey = 'built-in-model';

export class Models {
  readonly #options: ModelsOptions;
  #vectors: Promise<WordVectors> | undefined;
  #current: { id: string; loaded: Promise<LoadedModel> } | undefined;

  constructor(options: ModelsOptions) {
    this.#options = options;
  }

  /** The id of the weights that came with the program. */
  get builtIn(): string {
    return this.#options.builtIn.id;
  }

  /** The model that new embeddings and searches use. */
  inUse(): string {
    const chosen = z.string().safeParse(this.#options.store.preferences.get(inUseKey));
    return chosen.success && this.#has(chosen.data) ? chosen.data : this.#options.builtIn.id;
  }

  /** The model in use, loaded once. */
  current(): Promise<LoadedModel> {
    const id = this.inUse();
    if (this.#current?.id !== id) {
      const previous = this.#current?.loaded;
      const loaded = this.load(id);
      this.#current = { id, loaded };
      loaded.catch(() => {
        if (this.#current?.loaded === loaded) this.#current = undefined; // can be tried again
      });
      // Searches and indexing that began with it end with it: dispose() waits for them.
      void previous?.then((model) => model.dispose()).catch(() => undefined);
    }
    return this.#current!.loaded;
  }

  async load(id: string): Promise<LoadedModel> {
    const file = this.#file(id);
    // Loaded beside each other: reading the files and opening the engine wait for different things.
    for (const early of [this.#options.engine(), this.vectors()]) early.catch(() => undefined); // told by ready()
    const model = await readModel(file);
    if (id === this.#options.builtIn.id) this.#forgetOtherBuiltIn(model.metadata);
    return this.ready(id, model);
  }

  /** A new version of Descry may bring other weights under the same id, which cannot search what the others embedded. */
  #forgetOtherBuiltIn({ createdAt }: ModelMetadata): void {
    const { builtIn, store } = this.#options;
    if (store.preferences.get(builtInKey) === createdAt) return;
    store.transaction(() => {
      store.contents.removeModel(builtIn.id);
      store.preferences.set(builtInKey, createdAt);
    });
  }

  /** Makes a model that is in memory ready for work. */
  async ready(id: string, model: Model): Promise<LoadedModel> {
    const [encoder, vectors, engine] = await Promise.all([
      this.#options.encoder(),
      this.vectors(),
      this.#options.engine(),
    ]);
    this.#assertReads(id, model, encoder);
    const text = new SentenceEncoder(model.text, vectors);
    if (text.dimensions !== model.metadata.text.inputs) {
      throw new DescryError(
        'model-incompatible',
        `The model ${id} reads sentences of ${model.metadata.text.inputs} numbers, these word vectors give ${text.dimensions}. ` +
          'Use the word vectors that it was trained with, or train again.',
      );
    }
    const image = await engine.projection(model.network.image);
    const sentence = await engine.projection(model.network.text);
    return loadedModel(id, model, encoder, text, image, sentence);
  }

  /**
   * A model that was trained on an earlier version's features of the same weights goes on working where it reads only the
   * averages: from those of 256 × 256 pixels it makes nearly the embeddings that it makes from those of 224 × 224 (median
   * cosine of 200 photos 0.98).
   */
  #assertReads(id: string, { metadata, network }: Model, encoder: string): void {
    const { image } = metadata.recipe;
    const older = isOlder(metadata.encoder) && haveSameWeights(metadata.encoder, encoder);
    if (metadata.encoder !== encoder && !(older && image.pooling === 'average')) {
      throw new DescryError(
        'model-incompatible',
        `The model ${id} reads the features of ${metadata.encoder}; this machine has ${encoder}. ` +
          'Use the image weights that it was trained with, or train again.',
      );
    }
    const inputs = imageInputLength(imageNet.dimensions, image);
    if (network.image.shape.inputs !== inputs) {
      throw new DescryError(
        'model-incompatible',
        `The model ${id} reads ${network.image.shape.inputs} numbers of a photo, but features give it ${inputs}. ` +
          'Use another model, or train again.',
      );
    }
    if (older)
      this.#options.log.warn(`The model ${id} was trained on ${olderFeatures}; training it again may find more.`);
  }

  /** The word vectors, loaded once for all models. */
  vectors(): Promise<WordVectors> {
    this.#vectors ??= this.#options.wordVectors().then(loadWordVectors);
    this.#vectors.catch(() => (this.#vectors = undefined));
    return this.#vectors;
  }

  async list(): Promise<ModelSummary[]> {
    const { builtIn, store } = this.#options;
    const inUse = this.inUse();
    const metadata = await readModelMetadata(builtIn.file);
    const { size } = await stat(builtIn.file);
    const own = store.models.all().map((row): ModelSummary => {
      const flags = { builtIn: false, inUse: row.id === inUse };
      const metadata = modelMetadata.safeParse(JSON.parse(row.metadata));
      if (metadata.success) return summary(row.id, metadata.data, row.bytes, flags);
      // Of another version of Descry: it can still be removed, and must not hide the others.
      const { id, bytes, created: createdAt } = row;
      return { id, recipe: 'unknown', data: 'another version of Descry', recall: null, createdAt, bytes, ...flags };
    });
    return [summary(builtIn.id, metadata, size, { builtIn: true, inUse: builtIn.id === inUse }), ...own];
  }

  async summary(id: string): Promise<ModelSummary> {
    const found = (await this.list()).find((model) => model.id === id);
    if (!found) throw this.#unknown(id);
    return found;
  }

  /** Searches and new embeddings use `id` from now on; see `Descry.useModel` for what comes before. */
  use(id: string): void {
    if (!this.#has(id)) throw this.#unknown(id);
    this.#options.store.preferences.set(inUseKey, id);
  }

  async remove(id: string): Promise<void> {
    const { builtIn, store } = this.#options;
    if (id === builtIn.id) {
      throw new DescryError('model-in-use', `${id} is the model that comes with Descry; it cannot be removed.`);
    }
    const file = this.#file(id);
    store.transaction(() => {
      if (this.inUse() === id) store.preferences.remove(inUseKey);
      store.models.remove(id);
      store.contents.removeModel(id);
    });
    // Another model may get the same id.
    if (this.#current?.id === id) await this.dispose();
    await rm(file, { force: true });
  }

  /** Adds a model that was trained here. @param name wished id; a number is added where it is taken */
  async add(name: string, model: Model): Promise<string> {
    const { folder, store } = this.#options;
    const id = this.#freeId(name);
    const bytes = encodeModel(model);
    const file = path.join(folder, `${id}.safetensors`);
    await writeAtomically(file, bytes);
    store.models.add({
      id,
      file: path.basename(file),
      bytes: bytes.length,
      metadata: JSON.stringify(model.metadata),
      created: model.metadata.createdAt,
    });
    return id;
  }

  /** @throws DescryError `model-invalid`, `model-incompatible` */
  async import(file: string): Promise<string> {
    const model = await readModel(file);
    const name = path.basename(file).replace(/\.safetensors$/i, '');
    await (await this.ready(name, model)).dispose();
    return this.add(name, model);
  }

  /** @throws DescryError where `file` cannot be written; what was there before is kept then */
  async export(id: string, file: string): Promise<void> {
    await writeAtomically(file, await readModelBytes(this.#file(id)));
  }

  async dispose(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.loaded.then((model) => model.dispose()).catch(() => undefined);
  }

  #has(id: string): boolean {
    return id === this.#options.builtIn.id || this.#options.store.models.get(id) !== undefined;
  }

  #file(id: string): string {
    const { builtIn, folder, store } = this.#options;
    if (id === builtIn.id) return builtIn.file;
    const row = store.models.get(id);
    if (!row) throw this.#unknown(id);
    return path.join(folder, row.file);
  }

  #unknown(id: string): DescryError {
    const known = [this.#options.builtIn.id, ...this.#options.store.models.all().map((row) => row.id)];
    return new DescryError('model-unknown', `There is no model ${id}. There are: ${known.join(', ')}.`);
  }

  #freeId(name: string): string {
    const cleaned = name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 56);
    const base = idSchema.safeParse(cleaned).success ? cleaned : 'model';
    for (let n = 1; ; n++) {
      const id = n === 1 ? base : `${base}-${n}`;
      if (!this.#has(id)) return id;
    }
  }
}

function loadedModel(
  id: string,
  model: Model,
  encoder: string,
  text: SentenceEncoder,
  image: Projection,
  sentence: Projection,
): LoadedModel {
  const calls = new Set<Promise<unknown>>();
  const counted = <T>(call: Promise<T>): Promise<T> => {
    const done = call.catch(() => undefined).finally(() => calls.delete(done));
    calls.add(done);
    return call;
  };
  return {
    id,
    model,
    text,
    relevance: new Relevance(model.metadata.calibration, text.surprise),
    encoder,
    dimensions: image.outputs,
    embedImages: (features, count) =>
      counted(image.project(imageInputs(features, count, model.metadata.recipe.image), count)),
    embedTexts: (sentences) => counted(sentence.project(text.encode(sentences), sentences.length)),
    dispose: async () => {
      await Promise.all(calls);
      await Promise.all([image.dispose(), sentence.dispose()]);
    },
  };
}

function summary(
  id: string,
  metadata: ModelMetadata,
  bytes: number,
  flags: Pick<ModelSummary, 'builtIn' | 'inUse'>,
): ModelSummary {
  return {
    id,
    recipe: metadata.recipe.name,
    data: isOlder(metadata.encoder) ? `${metadata.data}, ${olderFeatures}` : metadata.data,
    recall: metadata.recalls,
    createdAt: metadata.createdAt,
    bytes,
    ...flags,
  };
}
