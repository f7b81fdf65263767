/** What a training run is asked for. */
import type { Recipe } from '../../../models/contract/training.ts';
import type { TrainingFolders } from './training-folders.ts';

export interface TrainingRequest extends TrainingFolders {
  readonly recipe: Recipe;
  readonly seed: number;
  /** requested id of the new model; null: the recipe's name and the day */
  readonly name: string | null;
  /** id of the encoder whose features are trained on; absent: the one that Descry comes with */
  readonly encoder?: string;
  /** start from this model, which reads the features of the same encoder */
  readonly init: string | null;
  /**
   * After the run on the train split, train again on train and val: for weights that are published. Recall and
   * relevance stay those of the first run, which had not seen val.
   */
  readonly final: boolean;
  /** a file of captions without photos, for pre-training in addition to the dataset's captions */
  readonly captions: string | null;
}
