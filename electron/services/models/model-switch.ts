/** The one place that exchanges the model in use, and removes models: the library is never left without embeddings. */
import type { Store } from '../../store/store.ts';
import type { LoadedModel, Models } from './models.ts';
import { reproject, type ReprojectionProgress } from './reprojection.ts';

export interface ModelSwitchOptions {
  readonly store: Store;
  readonly models: Models;
  /** encodes and embeds the photos that lack a feature that this model reads */
  readonly index: (
    model: LoadedModel,
    onProgress: (progress: ReprojectionProgress) => void,
    signal?: AbortSignal,
  ) => Promise<void>;
  /** another model is in use from now on, or models went */
  readonly onChanged: () => void;
}

export class ModelSwitch {
  readonly #options: ModelSwitchOptions;

  constructor(options: ModelSwitchOptions) {
    this.#options = options;
  }

  /**
   * Switches to another model: the photos' cached features are projected first, and, where it has another encoder, the
   * photos are encoded with that one, while searches still use the present model; then everything changes over at once.
   * What is cached for the present model stays, so that going back takes no photo.
   *
   * @throws DescryError `model-unknown`, `model-incompatible`, …; the present model stays in use then
   */
  async use(id: string, onProgress?: (progress: ReprojectionProgress) => void, signal?: AbortSignal): Promise<void> {
    const { store, models, index, onChanged } = this.#options;
    const model = await models.load(id);
    try {
      await reproject(store, model, onProgress, signal);
      if (models.encoderOf(models.inUse()).id !== model.encoder) {
        await index(model, (progress) => onProgress?.(progress), signal);
      }
    } finally {
      await model.dispose();
    }
    models.setInUse(id);
    onChanged();
  }

  /** Deletes a model. In place of the one in use comes the built-in one, with embeddings of all photos. */
  async remove(id: string, onProgress?: (progress: ReprojectionProgress) => void, signal?: AbortSignal): Promise<void> {
    const { models, onChanged } = this.#options;
    models.assertRemovable(id);
    if (id === models.inUse()) await this.use(models.builtIn, onProgress, signal);
    await models.delete(id);
    onChanged();
  }
}
