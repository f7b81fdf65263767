/** Fits a new model's relevance on the val split. */
import type { Engine } from '../../models/engine/engine.ts';
import type { NetworkWeights } from '../../models/two-branch/network.ts';
import { fitCalibration, meanOfNearest, type Calibration } from '../../models/two-branch/relevance.ts';
import { similaritiesOf, type Pairs } from '../../models/two-branch/training.ts';

/** @param reference embeddings of the reference photos [photos, dimensions] */
export async function calibrate(
  engine: Engine,
  network: NetworkWeights,
  val: Pairs,
  reference: Float32Array,
): Promise<Calibration> {
  const { similarities, texts } = await similaritiesOf(engine, network, val);
  const dimensions = network.text.shape.outputs;
  const background = await engine.similarities(texts, reference, dimensions);
  const photos = reference.length / dimensions;
  const backgrounds = Float32Array.from(val.photoOf, (_, caption) =>
    meanOfNearest(background.subarray(caption * photos, (caption + 1) * photos)),
  );
  return fitCalibration(similarities, val.photos, val.photoOf, backgrounds);
}
