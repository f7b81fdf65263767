/** Switches the model in use and removes models, so that the library always has embeddings of the model in use. */
import type { Store } from '../../store/store.ts';
import type { LoadedModel, Models } from './models.ts';
import { reproject, type ReprojectionProgress } from './reprojection.ts';

export interface ModelSwitchOptions {
  readonly store: Store;
  readonly models: Models;
  /** encodes and embeds the photos without a feature for this model */
  readonly index: (
    model: LoadedModel,
    onProgress: (progress: ReprojectionProgress) => void,
    signal?: AbortSignal,
  ) => Promise<void>;
  /** another model is now in use, or models were removed */
  readonly onChanged: () => void;
}

export class ModelSwitch {
  readonly #options: ModelSwitchOptions;

  constructor(options: ModelSwitchOptions) {
    this.#options = options;
  }

  /**
   * Switches to another model: the photos' cached features are projected first, and, where it has another encoder or a
   * fine-tuned one, the photos are encoded with that one, while searches still use the present model; then the switch is made.
   * The cache of the present model stays, so that switching back opens no photo.
   *
   * @throws DescryError `model-unknown`, `model-incompatible`, …; the present model stays in use then
   */
  async use(id: string, onProgress?: (progress: ReprojectionProgress) => void, signal?: AbortSignal): Promise<void> {
    const { store, models, index, onChanged } = this.#options;
    const model = await models.load(id);
    try {
      await models.requireUsable(model);
      await reproject(store, model, onProgress, signal);
      // Of a present model that cannot be read nothing is known, and it must not prevent that another one is chosen.
      const present = await models.photoSide(models.inUse()).catch(() => null);
      if (present?.features !== model.features) {
        await index(model, (progress) => onProgress?.(progress), signal);
      }
    } finally {
      await model.dispose();
    }
    models.setInUse(id);
    onChanged();
  }

  /** Deletes a model. If it is in use, the built-in model replaces it, with embeddings of all photos. */
  async remove(id: string, onProgress?: (progress: ReprojectionProgress) => void, signal?: AbortSignal): Promise<void> {
    const { models, onChanged } = this.#options;
    models.assertRemovable(id);
    if (id === models.inUse()) await this.use(models.builtIn, onProgress, signal);
    await models.delete(id);
    onChanged();
  }
}
