/** Versions of this encoder's features, and how model files write its identity. */
import type { EncoderIdentity } from '../contract/information.ts';
import { identityFromText, identityToText } from '../branch-models/identity-text.ts';

export { identityFromText, identityToText };

/** of the encoder: in its models' files, too */
export const id = 'resnet50-glove';

/**
 * Raised whenever features change. Version 1: the 2048 averages of a frame of 224 × 224 pixels. Version 2: the averages and the
 * standard deviations of a frame of 256 × 256.
 */
export const featureVersion = 2;

/** The identity of the features that a model's own, fine-tuned stage 5 makes. @param tuned see `ModelMetadata.tuned` */
export const tunedIdentity = ({ id, version }: EncoderIdentity, tuned: string): EncoderIdentity => ({
  id: `${id}${tunedSuffix(tuned)}`,
  version,
});

/** The identity of the weights that a model needs: for a fine-tuned one those that its stage 5 was tuned from. */
export function encoderOfModel({
  encoder,
  tuned,
}: {
  readonly encoder: string;
  readonly tuned?: string;
}): EncoderIdentity {
  const { id, version } = identityFromText(encoder);
  const suffix = tuned === undefined ? '' : tunedSuffix(tuned);
  return { id: id.endsWith(suffix) ? id.slice(0, id.length - suffix.length) : id, version };
}

const tunedSuffix = (tuned: string) => `-tuned-${tuned}`;
