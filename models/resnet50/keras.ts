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
      // beside model.json, or below it
      paths: z.array(z.string().refine((shard) => !path.isAbsolute(shard) && !shard.split(/[\\/]/).includes('..'))),
      weights: z.array(z.object({ name: z.string(), shape: z.array(z.int().min(0)), dtype: z.literal('float32') })),
    }),
  ),
});

export interface KerasTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type KerasGroup = z.infer<typeof kerasModel>['weightsManifest'][number];

/** @throws a parse error where the text is no layers model */
export const parseKerasModel = (text: string): readonly KerasGroup[] =>
  kerasModel.parse(JSON.parse(text)).weightsManifest;

/**
 * @param bytes of the group's shards, one after another
 * @throws RangeError where they are shorter than in the manifest
 */
export function* kerasTensors({ weights }: KerasGroup, bytes: Buffer): Generator<[string, KerasTensor]> {
  let offset = 0;
  for (const { name, shape } of weights) {
    const extent = shape.reduce((product, n) => product * n, 1);
    if (offset + extent * 4 > bytes.length) throw new RangeError(`the weights end before ${name}`);
    const own = new Uint8Array(bytes.subarray(offset, offset + extent * 4)).buffer;
    yield [name, { shape, data: new Float32Array(own) }];
    offset += extent * 4;
  }
}

/**
 * @returns every weight by its Keras name, such as `res2a_branch2a/kernel` with shape [height, width, in, out]
 * @throws when the file is not a layers model, or the shards are shorter than in the manifest
 */
export async function readKerasWeights(modelFile: string): Promise<Map<string, KerasTensor>> {
  const tensors = new Map<string, KerasTensor>();
  for (const group of parseKerasModel(String(await readRegularFile(modelFile, { largest: kerasLimits.model })))) {
    const folder = path.dirname(modelFile);
    const shards = await Promise.all(
      group.paths.map((shard) => readRegularFile(path.join(folder, shard), { largest: kerasLimits.shard })),
    );
    for (const [name, tensor] of kerasTensors(group, Buffer.concat(shards))) tensors.set(name, tensor);
  }
  return tensors;
}
