/** Refuses a model that computes nonsense, before anything is ranked by it. */
import type { Encoder, OpenModel } from '../../../models/contract/encoder.ts';
import { DescryError, errorMessage } from '../../../models/errors.ts';
import { probeModel } from '../../../models/contract/probe-model.ts';

/**
 * @param name of the model, or of its file
 * @param sample some photos of the library with their features, as the model reads them; may be empty
 * @throws DescryError `model-invalid`
 */
export async function requireUsable(
  name: string,
  model: OpenModel,
  { featureLength, regions }: Pick<Encoder, 'featureLength' | 'regions'>,
  sample: readonly { readonly feature: Float32Array }[],
): Promise<void> {
  const features = sample
    .map(({ feature }) => feature)
    .filter((feature) => feature.length === featureLength && feature.every(Number.isFinite));
  const reason = await probeModel(model, { features, featureLength, regions }).catch(
    (error: unknown) => `it fails (${errorMessage(error)})`,
  );
  if (reason === undefined) return;
  throw new DescryError(
    'model-invalid',
    `${name} cannot be used as a model: ${reason}. Choose another file, or have it exported again where it was trained.`,
    { parameters: { file: name } },
  );
}
