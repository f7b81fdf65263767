/** How long the training of networks takes. */
import type { TrainingTime } from '../contract/training.ts';
import { memberRecipe, recipes, type NetworkRecipe } from '../two-branch/recipe.ts';

/**
 * Seconds for each photo of the train split, measured on two cores with 6,091 photos of five captions each and the inputs of
 * ResNet50 and GloVe (docs/model.md): an epoch took 22.6 s with the kernel machine, 4.2 s with `seed` and 16 s with `layers` (the
 * last on a busy machine); fitting the kernel machine 20 s, pre-training on the photos' captions 37 s. A run shows its real rate as
 * soon as it is measured.
 */
const measured = {
  epoch: { kernel: 0.0037, ranking: 0.0007, softmax: 0.0026 },
  kernel: 0.0033,
  pretraining: 0.006,
} as const;

/** How many numbers each branch reads. */
export interface InputLengths {
  readonly image: number;
  readonly text: number;
}

/** Of `seed`, for which an epoch was measured: averages of ResNet50's last maps, and sentence vectors of GloVe. */
const measuredInputs: InputLengths = { image: 2048, text: 300 };

/** Multiplications of one branch, forwards, for one row. */
const ofBranch = (inputs: number, hidden: number, embedding: number) => inputs * hidden + hidden * embedding;

/** Of an epoch, for each photo: both branches, and a pair's row of the batch's scores. */
function multiplications({ network, optimiser }: NetworkRecipe, inputs: InputLengths): number {
  const { imageHidden, textHidden, embedding } = network;
  const branches = ofBranch(inputs.image, imageHidden, embedding) + ofBranch(inputs.text, textHidden, embedding);
  return optimiser.captionsPerPhoto * (branches + optimiser.batch * embedding);
}

const secondsPerMultiplication = measured.epoch.ranking / multiplications(recipes.seed, measuredInputs);

export type NetworksTime = TrainingTime & { readonly secondsBefore: number };

/**
 * Of all networks of a recipe, by the epochs of the first.
 * @param inputs of another encoder than ResNet50 and GloVe: trained branches take as much longer or shorter as they have more or
 *   fewer multiplications. The kernel machine compares photos with photos, whatever they are described by. absent: as measured.
 */
export function networksTime(of: NetworkRecipe, photos: number, inputs?: InputLengths): NetworksTime {
  const { epoch, whole } = fitSeconds({ ...of, joined: [] }, photos, inputs);
  const joined = of.joined.reduce((sum, own) => sum + fitSeconds(memberRecipe(of, own), photos, inputs).whole, 0);
  const pretraining = of.pretraining ? (1 + of.joined.length) * photos * pretrainingSeconds(of, inputs) : 0;
  return { secondsBefore: pretraining + whole - of.optimiser.epochs * epoch + joined, secondsPerEpoch: epoch };
}

/** Of one photo's captions. */
function pretrainingSeconds({ pretraining, network }: NetworkRecipe, inputs: InputLengths | undefined): number {
  if (!pretraining || !inputs) return measured.pretraining;
  const { epochs, captionsPerPhoto } = pretraining;
  const branch = ofBranch(inputs.text, network.textHidden, network.embedding);
  return epochs * captionsPerPhoto * branch * secondsPerMultiplication;
}

/** Seconds of the training of one network without its pre-training, and of one of its epochs. @param inputs as of `networksTime` */
export function fitSeconds(
  of: NetworkRecipe,
  photos: number,
  inputs?: InputLengths,
): { readonly whole: number; readonly epoch: number } {
  const { kernel, objective, optimiser } = of;
  const ofPhoto =
    inputs && !kernel
      ? multiplications(of, inputs) * secondsPerMultiplication
      : measured.epoch[kernel ? 'kernel' : objective.kind];
  const epoch = photos * ofPhoto;
  return { whole: (kernel ? photos * measured.kernel : 0) + optimiser.epochs * epoch, epoch };
}
