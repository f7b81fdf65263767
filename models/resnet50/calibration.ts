/**
 * What 8 bits need to know of ResNet50's activations. It was measured once on photos (build/scripts/calibration.ts) and comes
 * with Descry, because there are no photos when the weights are converted. It holds for one set of weights only.
 */
import path from 'node:path';
import { readRegularFile } from '../files/regular-file.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../files/safetensors.ts';
import type { Calibration } from './convert-8bit.ts';

export const calibrationFile = path.join(import.meta.dirname, '..', 'pretrained', 'resnet50-8bit.safetensors');

export interface StoredCalibration extends Calibration {
  /** SHA-256 of the float network that it was measured on, as convert.ts writes it */
  readonly network: string;
  /** how many photos it was measured on */
  readonly photos: number;
}

/** @throws an error of the file system, or a RangeError where it is not such a file */
export async function readCalibration(file = calibrationFile): Promise<StoredCalibration> {
  const { metadata, tensors } = decodeSafetensors(await readRegularFile(file, { largest: 2 ** 24 }));
  const named = (kind: string) =>
    [...tensors].flatMap(([name, { data }]): [string, Float32Array][] =>
      name.startsWith(kind) ? [[name.slice(kind.length), data]] : [],
    );
  return {
    network: metadata['network'] ?? '',
    photos: Number(metadata['photos']),
    ranges: new Map(named(kinds.range).map(([name, [low, high]]) => [name, { low: low!, high: high! }])),
    corrections: new Map(named(kinds.correction)),
  };
}

export function encodeCalibration({ network, photos, ranges, corrections }: StoredCalibration): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const [name, { low, high }] of ranges) {
    tensors.set(`${kinds.range}${name}`, { shape: [2], data: Float32Array.of(low, high) });
  }
  for (const [name, data] of corrections) tensors.set(`${kinds.correction}${name}`, { shape: [data.length], data });
  return encodeSafetensors({ metadata: { network, photos: String(photos) }, tensors }, ({ shape }) =>
    shape[0] === 2 ? 'F32' : 'F16',
  );
}

const kinds = { range: 'range/', correction: 'correction/' } as const;
