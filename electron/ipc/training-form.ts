/** Parts of a training run's state. A part of the contract. */
import { z } from 'zod';

/**
 * Why a run has no sample searches. `no-photos`: no photo of the library was indexed. `not-encoded`: none has features of the
 * encoder that is trained on. `own-features`: the model will read features that are made when it is used. `present-failed`: the
 * model in use cannot be loaded, so that there is nothing to compare with.
 */
export const samplesLack = z.enum(['no-photos', 'not-encoded', 'own-features', 'present-failed']);
export type SamplesLack = z.infer<typeof samplesLack>;
