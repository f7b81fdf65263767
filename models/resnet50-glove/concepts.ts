/** The concept part (models/concepts) of this encoder's models: made of ResNet50's classifier and of the training photos. */
import { imageNetNames } from '../concepts/class-names.ts';
import type { Classifier, ConceptWeights } from '../concepts/concepts.ts';
import { fitConcepts, mostPhotos } from '../concepts/fit.ts';
import type { ConceptSpec } from '../concepts/spec.ts';
import type { CaptionedPhoto } from '../contract/training.ts';
import type { Engine } from '../engine/engine.ts';
import { seededRandom } from '../math/random.ts';
import { transposed } from '../math/transposed.ts';
import { readKerasWeights } from '../resnet50/keras.ts';
import type { WordVectors } from '../text/word-vectors.ts';

export interface ConceptResources {
  readonly engine: Engine;
  readonly vectors: WordVectors;
  readonly classifier: Classifier;
  readonly seed: number;
}

/** @param photos that the model is trained on */
export async function fitToPhotos(
  { engine, vectors, classifier, seed }: ConceptResources,
  spec: ConceptSpec,
  photos: readonly Pick<CaptionedPhoto, 'feature'>[],
): Promise<ConceptWeights | undefined> {
  const random = seededRandom(seed);
  const chosen = Array.from(random.shuffle(Int32Array.from(photos.keys())).slice(0, mostPhotos), (row) => photos[row]!);
  const averages = averagesOf(chosen, classifier);
  const sources = { products: engine.similarities, vectors, classifier, names: imageNetNames, random };
  return fitConcepts(sources, spec, averages, chosen.length);
}

/** What the classifier reads of each photo's feature [photos, inputs]: no more of the features is in memory at once. */
export function averagesOf(
  photos: readonly Pick<CaptionedPhoto, 'feature'>[],
  { inputs }: Pick<Classifier, 'inputs'>,
): Float32Array {
  const averages = new Float32Array(photos.length * inputs);
  photos.forEach((photo, row) => averages.set(photo.feature().subarray(0, inputs), row * inputs));
  return averages;
}

/** @param keras path of Keras' model.json @returns ResNet50's last layer, which reads the averages of the last feature map. */
export async function readClassifier(keras: string): Promise<Classifier> {
  const weights = await readKerasWeights(keras);
  const [kernel, bias] = [weights.get('fc1000/kernel'), weights.get('fc1000/bias')];
  if (!kernel || !bias) throw new RangeError(`the ResNet50 weights in ${keras} have no classifier`);
  const [inputs, classes] = kernel.shape as [number, number];
  return { inputs, weights: transposed(kernel.data, inputs, classes), bias: bias.data };
}
