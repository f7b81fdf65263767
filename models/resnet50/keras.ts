/** Reads a Keras layers model in TensorFlow.js format (`model.json` and its weight shards). */
import path from 'node:path';
import { z } from 'zod';
import { readRegularFile } from '../files/regular-file.ts';

/** In bytes. ResNet50's model.json has 100 kB, its shards 4 MB each. */
export const kerasLimits = { model: 64 * 2 ** 20, shard: 2 ** 30 } as const;

const kerasModel = z.object({
  format: z.literal('layers-model'),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string()),
      weights: z.array(z.object({ name: z.string(), shape: z.array(z.number()), dtype: z.literal('float32') })),
    }),
  ),
});

export interface KerasTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * @returns every weight by its Keras name, such as `res2a_branch2a/kernel` with shape [height, width, in, out]
 * @throws when the file is not a layers model, or the shards are shorter than in the manifest
 */
export async function readKerasWeights(modelFile: string): Promise<Map<string, KerasTensor>> {
  const model = kerasModel.parse(JSON.parse(String(await readRegularFile(modelFile, { largest: kerasLimits.model }))));
  const tensors = new Map<string, KerasTensor>();
  for (const group of model.weightsManifest) {
    const shards = await Promise.all(
      group.paths.map((shard) =>
        readRegularFile(path.join(path.dirname(modelFile), shard), { largest: kerasLimits.shard }),
      ),
    );
    const bytes = Buffer.concat(shards);
    let offset = 0;
    for (const { name, shape } of group.weights) {
      const extent = shape.reduce((product, n) => product * n, 1);
      if (offset + extent * 4 > bytes.length) throw new RangeError(`${modelFile}: the weights end before ${name}`);
      tensors.set(name, { shape, data: new Float32Array(bytes.buffer, bytes.byteOffset + offset, extent).slice() });
      offset += extent * 4;
    }
  }
  return tensors;
}
