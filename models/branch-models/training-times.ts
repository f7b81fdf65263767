/** How long the training of networks takes. */
import type { TrainingTime } from '../contract/training.ts';
import { memberRecipe, type NetworkRecipe } from '../two-branch/recipe.ts';

/**
 * Seconds for each photo of the train split, measured on two cores with 6,091 photos of five captions each
 * (docs/model.md): an epoch took 22.6 s with the kernel machine, 4.2 s with `seed` and 16 s with `layers` (the last on a busy
 * machine); fitting the kernel machine 20 s, pre-training on the photos' captions 37 s. A run shows its real rate as soon as it
 * is measured.
 */
const measured = {
  epoch: { kernel: 0.0037, ranking: 0.0007, softmax: 0.0026 },
  kernel: 0.0033,
  pretraining: 0.006,
} as const;

/** Of all networks of a recipe, by the epochs of the first. */
export function networksTime(of: NetworkRecipe, photos: number): TrainingTime {
  const { epoch, whole } = fitSeconds({ ...of, joined: [] }, photos);
  const joined = of.joined.reduce((sum, own) => sum + fitSeconds(memberRecipe(of, own), photos).whole, 0);
  const pretraining = of.pretraining ? (1 + of.joined.length) * photos * measured.pretraining : 0;
  return { secondsBefore: pretraining + whole - of.optimiser.epochs * epoch + joined, secondsPerEpoch: epoch };
}

/** Seconds of the training of one network without its pre-training, and of one of its epochs. */
export function fitSeconds(
  { kernel, objective, optimiser }: NetworkRecipe,
  photos: number,
): { whole: number; epoch: number } {
  const epoch = photos * measured.epoch[kernel ? 'kernel' : objective.kind];
  return { whole: (kernel ? photos * measured.kernel : 0) + optimiser.epochs * epoch, epoch };
}
