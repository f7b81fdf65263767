/** The list of models of a library (built-in, trained and imported), which one is in use, and loading them. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Encoder, PhotoPart } from '../../../models/contract/encoder.ts';
import type { ModelInformation } from '../../../models/contract/information.ts';
import type { Evaluation, TrainedModel } from '../../../models/contract/training.ts';
import { encoderOfModel } from '../../../models/encoders.ts';
import { DescryError, errorCode } from '../../../models/errors.ts';
import { readSafetensorsMetadata } from '../../../models/files/safetensors.ts';
import { Retryable } from '../../../models/retryable.ts';
import type { ModelSummary } from '../../ipc/contract.ts';
import { modelFile } from '../../store/models.ts';
import type { Store } from '../../store/store.ts';
import type { Log } from '../shared/log.ts';
import { writeAtomically } from '../shared/write-file.ts';
import type { WantedFeatures } from '../library/features.ts';
import { freeId } from './free-id.ts';
import { counted, type LoadedModel } from './loaded-model.ts';
import { lostText, type AbsentEncoders, type LostModel } from './lost-model.ts';
import { damaged, ModelFiles, readModelFile } from './model-files.ts';
import { notedRecall, noteRecall } from './measured-recall.ts';
import { dayOf, informationOf, summary, summaryOfRow } from './model-summary.ts';
import { requireUsable } from './usable.ts';
import { formOf, type OpenEncoders, type ReadyEncoder } from './open-encoders.ts';

export type { LoadedModel };

export interface ModelsOptions extends AbsentEncoders {
  readonly store: Store;
  /** folder of this library's own models */
  readonly folder: string;
  /** the model file that Descry ships, for the first encoder */
  readonly builtIn: { readonly id: string; readonly file: string };
  readonly encoders: OpenEncoders;
  /** for the user: the chosen model is not used */
  readonly notice?: (message: string) => void;
  readonly log: Log;
}

/** A model that comes with the program: it cannot be removed. */
interface BuiltIn {
  readonly id: string;
  readonly encoder: Encoder;
  /** null: the encoder's model without a file */
  readonly file: string | null;
}

const inUseKey = 'model';
/** photos whose features a model is tried out on */
const probed = 8;

export class Models {
  readonly #options: ModelsOptions;
  readonly #files: ModelFiles;
  /** a chosen model that cannot be used: said once */
  #lost: string | undefined;
  #current: { id: string; loaded: Retryable<LoadedModel> } | undefined;

  constructor(options: ModelsOptions) {
    this.#options = options;
    this.#files = new ModelFiles(options.store);
  }

  /** The id of the model that a new library uses. */
  get builtIn(): string {
    return this.#options.builtIn.id;
  }

  /** The model that new embeddings and searches use: the chosen one, or, where its encoder is not there, the built-in one. */
  inUse(): string {
    const chosen = this.#chosen();
    return chosen !== undefined && this.hasEncoder(chosen) ? chosen : this.#options.builtIn.id;
  }

  #chosen(): string | undefined {
    return z.string().safeParse(this.#options.store.preferences.get(inUseKey)).data;
  }

  /** Whether a model is there with its encoder, which may have been removed from the machine. */
  hasEncoder(id: string): boolean {
    if (this.#builtIn(id)) return true;
    const { encoders, store } = this.#options;
    const row = store.models.get(id);
    const implementation = row && (informationOf(row.metadata)?.implementation ?? encoders.first.id);
    return encoders.all.some((encoder) => encoder.id === implementation);
  }

  /** The encoder of a model. @throws DescryError `model-unknown`, `model-incompatible` */
  encoderOf(id: string): Encoder {
    const { encoders, store } = this.#options;
    const builtIn = this.#builtIn(id);
    if (builtIn) return builtIn.encoder;
    const row = store.models.get(id);
    if (!row) throw this.#unknown(id);
    return encoders.find(informationOf(row.metadata)?.implementation ?? encoders.first.id);
  }

  /** The chosen model where it cannot be used; null: it can. */
  lost(): LostModel | null {
    const model = this.#chosen();
    const instead = this.inUse();
    if (model === undefined || model === instead) return null;
    const { store, encoders, damaged } = this.#options;
    const row = store.models.get(model);
    // A model without a file has the id of its encoder.
    const encoder = row ? (informationOf(row.metadata)?.implementation ?? encoders.first.id) : model;
    return { model, encoder, instead, cause: damaged?.().includes(encoder) ? 'damaged' : 'absent' };
  }

  /** For the window: with titles. */
  lostText(lost: LostModel): string {
    const encoder = this.#options.titleOfAbsent?.(lost.encoder) ?? lost.encoder;
    return lostText(lost, { encoder, instead: this.titleOf(lost.instead) });
  }

  /** A model in words: one that comes with an encoder is called as that is, as in the window. */
  titleOf(id: string): string {
    const absent = this.has(id) ? undefined : this.#options.titleOfAbsent?.(id);
    return this.#builtIn(id)?.encoder.title ?? absent ?? `the model ${id}`;
  }

  /** An encoder is being removed: if a model of it was chosen and cannot be used, the one that answers instead is chosen. */
  giveUpChoiceOf(encoder: string): void {
    if (this.lost()?.encoder === encoder) this.#options.store.preferences.remove(inUseKey);
  }

  /** The model in use, loaded once. */
  async current(): Promise<LoadedModel> {
    const id = this.inUse();
    const lost = this.lost();
    if (lost && this.#lost !== lost.model) this.#options.notice?.(this.lostText(lost));
    this.#lost = lost?.model;
    if (this.#current?.id !== id) {
      const previous = this.#current?.loaded.current;
      this.#current = { id, loaded: new Retryable(() => this.load(id)) };
      // Searches and indexing that started with the previous model finish with it: dispose() waits for them.
      void previous?.then((model) => model.dispose()).catch(() => undefined);
    }
    try {
      return await this.#current.loaded.get();
    } catch (error) {
      if (this.inUse() === id) throw error;
      // Its encoder was found to be damaged, which was said then: the model that is used from now on answers.
      if (errorCode(error) === 'asset-corrupt') this.#lost = this.#chosen();
      return this.current();
    }
  }

  async load(id: string): Promise<LoadedModel> {
    const { store, log } = this.#options;
    const encoder = this.encoderOf(id);
    const loaded = await this.#open(encoder, id, this.#source(id));
    const { information, features } = loaded;
    if (this.#builtIn(id)) this.#deleteOldBuiltInEmbeddings(id, information);
    store.encoders.setReadBy(id, features);
    if (information.encoder.version < encoder.version) {
      log.warn(`The model ${id} was trained on photo features of an earlier version; training it again may find more.`);
    }
    return loaded;
  }

  async #open(encoder: Encoder, id: string, source: string | null): Promise<LoadedModel> {
    if (source !== null) await this.#files.require(id, source, this.#builtIn(id) !== undefined);
    const ready = await this.#options.encoders.ready(encoder.id);
    const model = await ready.open.openModel(id, source);
    const frames = model.regions && encoder.regions;
    const side = this.#photoSide(ready, model.information, source);
    return counted(model, { id, encoder: encoder.id, featureLength: encoder.featureLength, frames, ...side });
  }

  /** The features that a model reads, without loading it. */
  async photoSide(id: string): Promise<WantedFeatures> {
    const source = this.#source(id);
    const encoder = this.encoderOf(id);
    const ready = await this.#options.encoders.ready(encoder.id);
    const information = source === null ? null : await encoder.readInformation(source);
    return { encoder: encoder.id, ...this.#photoSide(ready, information, source) };
  }

  #photoSide(ready: ReadyEncoder, information: ModelInformation | null, file: string | null) {
    if (!information?.tuned || file === null) return { features: ready.features };
    const part: PhotoPart = { kind: 'tuned', model: file };
    return { features: this.#options.store.encoders.key(information.encoder, formOf(ready.encoder)), part };
  }

  /** A new version of Descry may have other weights under the same id, whose embeddings are not comparable with the old ones. */
  #deleteOldBuiltInEmbeddings(id: string, { createdAt }: ModelInformation): void {
    const { builtIn, store } = this.#options;
    // creation time of the weights whose embeddings the library has
    const key = id === builtIn.id ? 'built-in-model' : `built-in-model ${id}`;
    if (store.preferences.get(key) === createdAt) return;
    store.transaction(() => {
      store.contents.removeModel(id);
      store.preferences.set(key, createdAt);
    });
  }

  async list(): Promise<ModelSummary[]> {
    const { encoders, store } = this.#options;
    const inUse = this.inUse();
    const builtIn = await Promise.all(
      this.#builtIns().map(async ({ id, encoder, file }): Promise<ModelSummary> => {
        const flags = { builtIn: true, inUse: id === inUse };
        if (file !== null)
          return summary(id, await encoder.readInformation(file), encoder, (await stat(file)).size, flags);
        const measured = notedRecall(store, id, encoder);
        return {
          ...{ id, encoder: encoder.id, recipe: null, bytes: 0, outdatedFeatures: false, words: null, ...measured },
          ...encoder.zeroShot!,
          ...flags,
        };
      }),
    );
    const own = store.models.all().map((row) => summaryOfRow(row, encoders.all, row.id === inUse));
    return [...builtIn, ...own];
  }

  /** By which a dataset without a split file was divided for this model; null: it has no file, and was trained on nothing. */
  async seedOf(id: string): Promise<number | null> {
    const source = this.#source(id);
    return source === null ? null : (await this.encoderOf(id).readInformation(source)).seed;
  }

  /**
   * Keeps the recall of a model without a file, which does not say it: it is in the list from then on. Of others nothing is kept.
   * @param on what it was measured on, in words
   */
  noteRecall(id: string, measured: Pick<Evaluation, 'recalls' | 'sets'>, on: string): void {
    const builtIn = this.#builtIn(id);
    if (builtIn?.file === null) noteRecall(this.#options.store, id, builtIn.encoder, measured, on);
  }

  async summary(id: string): Promise<ModelSummary> {
    const found = (await this.list()).find((model) => model.id === id);
    if (!found) throw this.#unknown(id);
    return found;
  }

  /** Searches and new embeddings use `id` from now on. Callers use `ModelSwitch`, which computes the embeddings first. */
  setInUse(id: string): void {
    if (!this.has(id)) throw this.#unknown(id);
    this.#options.store.preferences.set(inUseKey, id);
  }

  /** @throws DescryError `model-in-use` where it comes with Descry; `model-unknown` */
  assertRemovable(id: string): void {
    if (this.#builtIn(id)) {
      throw new DescryError('model-in-use', `${id} is a model that comes with Descry; it cannot be removed.`);
    }
    if (!this.has(id)) throw this.#unknown(id);
  }

  /** Deletes a model that is not in use, with its embeddings. Callers use `ModelSwitch.remove`. */
  async delete(id: string): Promise<void> {
    const { folder, store } = this.#options;
    this.assertRemovable(id);
    const { file, metadata } = store.models.get(id)!;
    const information = informationOf(metadata);
    store.transaction(() => {
      // It may have been chosen, and not be in use because its encoder is not there.
      if (this.#chosen() === id) store.preferences.remove(inUseKey);
      store.models.remove(id);
      store.contents.removeModel(id);
      if (information?.tuned && !this.#isRead(information.encoder.id)) store.encoders.remove(information.encoder.id);
    });
    // Another model may get the same id later.
    if (this.#current?.id === id) await this.dispose();
    this.#files.forget(id);
    await rm(path.join(folder, file), { force: true });
  }

  /** Whether a model in the list reads features of this identity: a fine-tuned model may be there twice. */
  #isRead(encoder: string): boolean {
    return this.#options.store.models.all().some(({ metadata }) => informationOf(metadata)?.encoder.id === encoder);
  }

  /**
   * Adds a model that was trained here.
   *
   * @param name wished id, null: the recipe's name and the day; a number is added where it is taken
   */
  async add(name: string | null, { information, bytes }: Pick<TrainedModel, 'information' | 'bytes'>): Promise<string> {
    const { folder, store } = this.#options;
    const id = freeId(name ?? `${information.recipe}-${dayOf(information.createdAt)}`, (taken) => this.has(taken));
    const file = path.join(folder, modelFile(id));
    await writeAtomically(file, bytes);
    await this.#files.note(id, file);
    const metadata = JSON.stringify(information);
    store.models.add({ id, file: modelFile(id), bytes: bytes.length, metadata, created: information.createdAt });
    return id;
  }

  /** @throws DescryError `model-invalid`, `model-incompatible`; `not-found`, … with the file's name */
  async import(file: string): Promise<string> {
    const encoder = await this.#encoderOfFile(file);
    // Reads the header only, and explains what is wrong with it.
    await encoder.readInformation(file);
    const { open, features } = await this.#options.encoders.ready(encoder.id);
    // What is tried out is what is stored, whatever happens to the file meanwhile.
    const bytes = await readModelFile(file);
    const model = await open.openModel(file, bytes);
    try {
      // Features of a fine-tuned model can be there only if the same model is in the list.
      const sample = model.information.tuned ? [] : this.#options.store.contents.sample(features, probed);
      await requireUsable(file, model, encoder, sample);
      return await this.add(path.basename(file).replace(/\.safetensors$/i, ''), {
        information: model.information,
        bytes,
      });
    } finally {
      await model.dispose();
    }
  }

  /**
   * Tries out a model: models/contract/probe-model.ts.
   * @throws DescryError `model-invalid`
   */
  async requireUsable(model: LoadedModel): Promise<void> {
    const sample = this.#options.store.contents.sample(model.features, probed);
    await requireUsable(model.id, model, this.encoderOf(model.id), sample);
  }

  /**
   * Hashes the file of the model in use whole. The embeddings of a damaged model are deleted: some may have been made of wrong
   * numbers.
   * @throws DescryError `model-invalid` where it is damaged
   */
  async checkFile(): Promise<void> {
    const id = this.inUse();
    const file = this.#source(id);
    if (file === null || (await this.#files.isIntact(id, file))) return;
    this.#options.store.contents.removeModel(id);
    await this.dispose();
    throw damaged(id, file);
  }

  /** @throws DescryError where `file` cannot be written; the previous file is kept then */
  async export(id: string, file: string): Promise<void> {
    await writeAtomically(file, await readModelFile(await this.readableFile(id)));
  }

  /**
   * The file of a model, after a check of its description.
   * @throws DescryError `model-unknown`, `model-invalid`, `not-found`; `usage` where the model has no file
   */
  async readableFile(id: string): Promise<string> {
    const source = this.#source(id);
    if (source === null) throw new DescryError('usage', `${id} has no file: it is the encoder itself.`);
    await this.encoderOf(id).readInformation(source);
    return source;
  }

  async dispose(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.loaded.current?.then((model) => model.dispose()).catch(() => undefined);
  }

  /**
   * Deletes the features of an encoder that is not in use, and the embeddings that models made of them. The photos are opened
   * again when one of its models is used the next time.
   *
   * @param encoder id of an implementation
   * @returns how many features were removed
   * @throws DescryError `model-in-use`
   */
  async forgetEncoder(encoder: string): Promise<number> {
    const { encoders, store } = this.#options;
    const { open } = await encoders.ready(encoder);
    if (this.encoderOf(this.inUse()).id === encoder) {
      throw new DescryError(
        'model-in-use',
        `The model in use reads the features of ${encoder}. Use another model first.`,
      );
    }
    return store.encoders.remove(open.identity.id);
  }

  #builtIns(): BuiltIn[] {
    const { builtIn, encoders } = this.#options;
    return [
      { ...builtIn, encoder: encoders.first },
      ...encoders.all.flatMap((encoder) => (encoder.zeroShot ? [{ id: encoder.id, encoder, file: null }] : [])),
    ];
  }

  #builtIn(id: string): BuiltIn | undefined {
    return this.#builtIns().find((model) => model.id === id);
  }

  /** Whether there is a model of this id. */
  has(id: string): boolean {
    return this.#builtIn(id) !== undefined || this.#options.store.models.get(id) !== undefined;
  }

  /** @returns path of the model's file; null for a model without a file */
  #source(id: string): string | null {
    const { folder, store } = this.#options;
    const builtIn = this.#builtIn(id);
    if (builtIn) return builtIn.file;
    const row = store.models.get(id);
    if (!row) throw this.#unknown(id);
    return path.join(folder, row.file);
  }

  /** For a file that is not a model, the first encoder's check fails. @throws DescryError `model-incompatible` */
  async #encoderOfFile(file: string): Promise<Encoder> {
    const metadata = await readSafetensorsMetadata(file).catch(() => undefined);
    return encoderOfModel(file, metadata, this.#options.encoders.all);
  }

  #unknown(id: string): DescryError {
    const known = [...this.#builtIns(), ...this.#options.store.models.all()].map((model) => model.id);
    return new DescryError('model-unknown', `There is no model ${id}. There are: ${known.join(', ')}.`, {
      parameters: { model: id },
    });
  }
}
