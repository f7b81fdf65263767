/** The encoders of this machine for one library: which there are, adding and removing them. */
import { openAdded, weightsId } from '../../../models/encoders.ts';
import { DescryError } from '../../../models/errors.ts';
import type { EncoderSummary } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { WorkerHost } from '../../workers/host.ts';
import { informationOf } from '../models/model-summary.ts';
import type { Models } from '../models/models.ts';
import type { OpenEncoders } from '../models/open-encoders.ts';
import type { TrialMethods } from '../photo-modes.ts';
import type { Log } from '../shared/log.ts';
import type { AddedEncoders } from './added.ts';
import { Adding, type AddingOptions } from './adding.ts';
import { expectedEncoder } from './describe.ts';
import { proveEncoder, usualLimits, type ProofLimits } from './proof.ts';
import { encoderSummaries } from './summaries.ts';

/** For tests. */
export type AddingChoices = Pick<AddingOptions, 'offered' | 'pauses' | 'environment'> & {
  readonly limits?: Partial<ProofLimits> | undefined;
};

export interface MachineEncodersOptions {
  readonly added: AddedEncoders;
  readonly encoders: OpenEncoders;
  readonly models: Models;
  readonly store: Store;
  /** starts a process that tries an encoder; null: none can be started */
  readonly trials: (() => WorkerHost<TrialMethods>) | null;
  /** encoders were added or removed, or one is being added */
  readonly onChanged: () => void;
  /** Resolves when nothing uses it: a change to a model of it is given up. */
  readonly onRemoving: (id: string) => Promise<void>;
  /** Its files are not there any more. */
  readonly onRemoved: (id: string) => void;
  readonly log: Log;
  readonly choices?: AddingChoices | undefined;
}

/** What was deleted with an encoder. */
export interface RemovedEncoder {
  readonly bytes: number;
  /** photos of this library whose data is gone */
  readonly features: number;
  /** ids of the models that were trained on it */
  readonly models: readonly string[];
  /** a part of it was there that had been fetched */
  readonly wasFetched: boolean;
}

export class MachineEncoders {
  readonly adding: Adding;
  readonly #options: MachineEncodersOptions;

  constructor(options: MachineEncodersOptions) {
    this.#options = options;
    const { added, encoders, models, trials, log, onChanged, choices } = options;
    const limits = { ...usualLimits(), ...choices?.limits };
    this.adding = new Adding({
      ...choices,
      ...{ added, log, onChanged },
      prove: (description, weights, signal) => proveEncoder(description, weights, trials, limits, signal),
      // Its model without training has its id, too.
      isTaken: (id) => encoders.all.some((encoder) => encoder.id === id) || models.has(id),
    });
  }

  list(): EncoderSummary[] {
    const { added, encoders, models } = this.#options;
    return encoderSummaries({
      encoders: encoders.all,
      damaged: added.damaged(),
      adding: this.adding,
      inUse: models.encoderOf(models.inUse()).id,
      builtInModel: models.builtIn,
      expected: expectedEncoder,
    });
  }

  /** Whether the files of an added one were found to be damaged, so that it is not used. */
  isDamaged(id: string): boolean {
    return this.#options.added.damaged().some((one) => one.id === id);
  }

  /** @throws DescryError `not-found` */
  summary(id: string): EncoderSummary {
    const all = this.list();
    const found = all.find((one) => one.id === id);
    if (found) return found;
    throw new DescryError('not-found', `There is no encoder ${id}. There are: ${all.map((one) => one.id).join(', ')}.`);
  }

  /**
   * Deletes the files of an encoder on this machine, and in this library its features and the models that were trained on it.
   * Of one that is only being fetched, what was fetched is deleted.
   *
   * @returns what was deleted
   * @throws DescryError `model-in-use` where its model is in use or it comes with Descry, `not-found`, `asset-busy`, `no-permission`
   */
  async remove(id: string): Promise<RemovedEncoder> {
    const { added, encoders, models, store, onChanged, onRemoving, onRemoved } = this.#options;
    const { title, state, inUse, bytes } = this.summary(id);
    if (state === 'built-in') {
      throw new DescryError('model-in-use', `${title} comes with Descry; it cannot be removed.`);
    }
    if (this.adding.state()?.id === id) {
      throw new DescryError('asset-busy', `${title} is being added. Stop that first.`);
    }
    if (inUse) {
      throw new DescryError('model-in-use', `${title} is in use. Use the model of another encoder first.`);
    }
    await onRemoving(id);
    const wasFetched = await this.adding.forget(id);
    const description = [...encoders.all.flatMap((one) => one.added ?? []), ...added.damaged()].find(
      (one) => one.id === id,
    );
    if (!description) {
      onChanged();
      return { bytes: 0, features: 0, models: [], wasFetched };
    }
    models.giveUpChoiceOf(id);
    const trained = store.models.all().filter(({ metadata }) => informationOf(metadata)?.implementation === id);
    for (const model of trained) await models.delete(model.id);
    const features = store.encoders.remove(openAdded(description).identity({ clip: weightsId(description) }).id);
    await added.remove(id);
    onRemoved(id);
    onChanged();
    return { bytes, features, models: trained.map((model) => model.id), wasFetched };
  }
}
