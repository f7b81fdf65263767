/** What the file of a model with two branches says of it. */
import type { ModelInformation } from '../contract/information.ts';
import type { Evaluation, TrainingRun } from '../contract/training.ts';
import type { Calibration } from '../relevance/relevance.ts';
import { describeJoined, type ModelMetadata } from '../two-branch/model-file.ts';
import { describeData } from './describe-data.ts';
import { identityFromText } from './identity-text.ts';
import type { TrainedNetworks } from './train-networks.ts';

/** The description for the list of models. @param implementation id of the encoder that reads the file */
export function informationOf(
  { encoder, recipe, data, recalls, sets, seed, createdAt, tuned, words }: ModelMetadata,
  implementation: string,
): ModelInformation {
  return {
    implementation,
    encoder: identityFromText(encoder),
    ...(tuned === undefined ? {} : { tuned: true as const }),
    recipe: recipe.name,
    data,
    recalls,
    sets: sets ?? [],
    seed,
    createdAt,
    words: words ?? null,
  };
}

export interface TrainedParts<Recipe> {
  readonly run: Pick<TrainingRun, 'photos' | 'final' | 'seed'>;
  /** identity of the features that were read, as text */
  readonly encoder: string;
  readonly recipe: Recipe;
  /** on val; null: there was none */
  readonly evaluation: Pick<Evaluation, 'recalls' | 'sets'> | null;
  readonly calibration: Calibration | null;
  /** the networks that the file has */
  readonly kept: TrainedNetworks;
}

export function metadataOf<Recipe>({ run, encoder, recipe, evaluation, calibration, kept }: TrainedParts<Recipe>) {
  const { image, text } = kept.first.weights;
  return {
    encoder,
    recipe,
    seed: run.seed,
    data: describeData(run),
    recalls: evaluation?.recalls ?? null,
    sets: [...(evaluation?.sets ?? [])],
    calibration,
    epoch: kept.first.epoch,
    createdAt: Date.now(),
    image: image.shape,
    text: text.shape,
    ...(kept.joined ? { joined: describeJoined(kept.joined) } : {}),
  };
}
