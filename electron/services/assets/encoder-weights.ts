/** The weights of all encoders on this machine: those that come with Descry are fetched and converted, added ones are where they were put. */
import type { Encoder } from '../../../models/contract/encoder.ts';
import type { Convert, FoundWeights } from '../../../models/contract/weights.ts';
import { Retryable } from '../../../models/retryable.ts';
import type { AddedEncoders } from '../encoders/added.ts';
import type { Log } from '../shared/log.ts';
import { Assets, type EnsureOptions } from './assets.ts';
import { WeightsCheck, type WeightsCheckOptions } from './weights-check.ts';

export interface EncoderWeightsOptions extends Omit<WeightsCheckOptions, 'assets'> {
  readonly added: AddedEncoders;
  /** finds an encoder by its id */
  readonly find: (id: string) => Encoder;
  /** converts the fetched weights of an encoder; absent: in this process */
  readonly convert?: ((encoder: string, ...job: Parameters<Convert>) => ReturnType<Convert>) | undefined;
  readonly log: Log;
}

export class EncoderWeights {
  /** how to wait for assets: a command shows a progress bar, the window its own progress */
  ensureOptions: EnsureOptions = {};
  readonly #options: EncoderWeightsOptions;
  readonly #check: WeightsCheck;
  readonly #assets = new Map<string, Assets>();
  readonly #found = new Map<string, { readonly encoder: Encoder; readonly weights: Retryable<FoundWeights> }>();
  #replaced = 0;

  constructor(options: EncoderWeightsOptions) {
    this.#options = options;
    this.#check = new WeightsCheck({
      ...options,
      assets: (encoder) => (encoder.added ? options.added.filesOf(encoder.added) : this.assetsOf(encoder)),
    });
  }

  /** how often damaged weights were replaced: then encoders load them again */
  get replaced(): number {
    return this.#replaced;
  }

  /** Of an encoder that comes with Descry; others have none, and are always ready. */
  assetsOf(encoder: Encoder): Assets {
    const known = this.#assets.get(encoder.id);
    if (known) return known;
    const { convert, log } = this.#options;
    const assets = new Assets({
      log,
      weights: encoder.weights,
      convert: convert ? (job, onProgress) => convert(encoder.id, job, onProgress) : encoder.convert,
      onDamaged: (damaged) => this.#check.damaged(encoder, damaged, 'samples'),
    });
    this.#assets.set(encoder.id, assets);
    return assets;
  }

  isReady(encoder: Encoder): boolean {
    return this.assetsOf(encoder).state().state === 'ready';
  }

  /** Fetched and converted if necessary. */
  get(id: string): Promise<FoundWeights> {
    const encoder = this.#options.find(id);
    let found = this.#found.get(id);
    // Another one may have been added under the same id.
    if (found?.encoder !== encoder) {
      const { added } = encoder;
      const weights = new Retryable(() =>
        added ? this.#options.added.weights(added) : this.assetsOf(encoder).ensure(this.ensureOptions),
      );
      found = { encoder, weights };
      this.#found.set(id, found);
    }
    return found.weights.get();
  }

  /** As `get`, for a process that encodes photos with them. */
  async forPhotos(id: string): Promise<FoundWeights> {
    const found = await this.get(id);
    this.#check.begin(this.#options.find(id));
    return found;
  }

  /** They are not as they were made. */
  damaged(...damage: Parameters<WeightsCheck['damaged']>): void {
    this.#check.damaged(...damage);
  }

  /** Whether they should be hashed whole, and are there. */
  isCheckDue(encoder: Encoder): boolean {
    return this.#check.isDue(encoder) && this.isReady(encoder);
  }

  /** Hashes them whole. @returns whether they were damaged: the next call that needs them prepares them again */
  async check(encoder: Encoder, signal?: AbortSignal): Promise<boolean> {
    if (!(await this.#check.run(encoder, signal))) return false;
    this.forget(encoder.id);
    this.#replaced++;
    return true;
  }

  /** The encoder was removed. */
  forget(id: string): void {
    this.#found.delete(id);
  }

  /** Photos were encoded. */
  end(): Promise<void> {
    return this.#check.end();
  }
}
