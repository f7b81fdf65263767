/**
 * What a photo's feature is, and by which id it is cached: a cached feature that the present encoder would not make is
 * never mixed with one that it makes.
 */

/** ResNet50's input side in pixels, length of a feature (2048 averages, 2048 deviations), and classes. */
export const imageNet = { side: 256, dimensions: 4096, classes: 1000 } as const;

/**
 * Raised with every change of what a feature is. 1 was the 2048 averages of a frame of 224 × 224, 2 is the averages and the
 * standard deviations of one of 256 × 256.
 */
const featureVersion = 2;

/** @param weights names the weights that the encoder runs */
export function encoderId(weights: string): string {
  return `${weights}+${featureVersion}`;
}

/** Whether an encoder's features are of an earlier version, which nothing makes any more. */
export function isOlder(encoder: string): boolean {
  return parse(encoder).version < featureVersion;
}

/** Whether two encoders run the same weights, whatever they make of them. */
export function haveSameWeights(one: string, other: string): boolean {
  return parse(one).weights === parse(other).weights;
}

/** Ids of version 1 are the weights' name alone. */
function parse(encoder: string): { weights: string; version: number } {
  const [, weights, version] = /^(.*)\+(\d+)$/.exec(encoder) ?? [];
  return weights === undefined ? { weights: encoder, version: 1 } : { weights, version: Number(version) };
}
