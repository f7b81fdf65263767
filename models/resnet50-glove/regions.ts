/**
 * What is stored of a photo's regions: enough to rebuild their features for any model, without opening the photo again.
 *
 * A region's feature has 4,096 numbers, as much as a whole photo's. Stored is how it differs from the photo's feature, which is
 * in the cache anyway: the difference on a fixed orthonormal basis (the directions in which regions of photos differ most from
 * their photos, fitted once by build/scripts/region-basis.ts), in 8 bits. What that costs in recall is in docs/experiments.md.
 */
import { readRegularFile } from '../files/regular-file.ts';
import path from 'node:path';
import { imageNet } from '../resnet50/feature.ts';
import { windowFeatures, windows } from '../resnet50/windows.ts';
import type { Regions, RegionShare } from '../contract/regions.ts';
import type { Engine } from '../engine/engine.ts';
import { fromByteRows, toByteRows } from '../files/byte-rows.ts';
import { decodeSafetensors } from '../files/safetensors.ts';
import { transposed } from '../math/transposed.ts';
import { Retryable } from '../retryable.ts';

export const basisFile = path.join(import.meta.dirname, '..', 'pretrained', 'regions.safetensors');

/** A feature's two halves, with the numbers that are stored of each. */
export const parts = [
  { name: 'averages', numbers: 192 },
  { name: 'deviations', numbers: 64 },
] as const;
const featureLength = imageNet.dimensions;
export const half = featureLength / 2;
const scaleBytes = Float32Array.BYTES_PER_ELEMENT;
/** Where each part begins in the bytes of a region: its scale, and then its numbers. And, last, where the region ends. */
const starts = [0];
for (const { numbers } of parts) starts.push(starts.at(-1)! + scaleBytes + numbers);
const bytesPerRegion = starts.at(-1)!;

/** Where a part of a region's feature, and the same part of its photo's, begin among the features of regions and of photos. */
function placesOf(row: number, part: number): { readonly region: number; readonly whole: number } {
  const photo = Math.floor(row / windows.length);
  return { region: row * featureLength + part * half, whole: photo * featureLength + part * half };
}

export const regions: Regions = { version: 1, frames: windows, bytes: windows.length * bytesPerRegion };

/** Measured on the val splits of Flickr and COCO with the built-in model's recipe (docs/experiments.md). */
export const regionShare: RegionShare = { weight: 0.4, offset: 0.08, slope: 0.9 };

/** Of each part [numbers, 2048]: orthonormal rows. */
type Basis = readonly Float32Array[];

const basis = new Retryable(async (): Promise<Basis> => {
  const { tensors } = decodeSafetensors(await readRegularFile(basisFile, { largest: 2 ** 30 }));
  return parts.map(({ name, numbers }) => {
    const tensor = tensors.get(name);
    if (tensor?.data.length !== numbers * half) throw new RangeError(`${basisFile} has no basis of the ${name}`);
    return tensor.data;
  });
});

/**
 * @param map the last feature maps [count, 2048, 8, 8]
 * @param features of the whole photos [count, 4096]
 * @returns what is stored [count, regions.bytes]
 */
export async function storedRegions(
  { similarities }: Pick<Engine, 'similarities'>,
  map: Float32Array,
  features: Float32Array,
  count: number,
): Promise<Uint8Array> {
  const rows = count * windows.length;
  const differences = windowDifferences(map, features, count);
  const stored = new Uint8Array(rows * bytesPerRegion);
  const view = new DataView(stored.buffer);
  for (const [part, directions] of (await basis.get()).entries()) {
    const { numbers } = parts[part]!;
    const { integers, scales } = toByteRows(await similarities(differences[part]!, directions, half), rows);
    for (let row = 0; row < rows; row++) {
      const at = row * bytesPerRegion + starts[part]!;
      view.setFloat32(at, scales[row]!, true);
      new Int8Array(stored.buffer, at + scaleBytes, numbers).set(integers.subarray(row * numbers, (row + 1) * numbers));
    }
  }
  return stored;
}

/** How the features of the regions differ from those of their photos: of each part [count · regions, 2048]. */
export function windowDifferences(map: Float32Array, features: Float32Array, count: number): Float32Array[] {
  const found = windowFeatures(map, count);
  const rows = count * windows.length;
  return parts.map((_, part) => {
    const differences = new Float32Array(rows * half);
    for (let row = 0; row < rows; row++) {
      const { region, whole } = placesOf(row, part);
      for (let i = 0; i < half; i++) differences[row * half + i] = found[region + i]! - features[whole + i]!;
    }
    return differences;
  });
}

/**
 * @param features of the whole photos [count, 4096]
 * @param stored [count, regions.bytes]
 * @returns approximate features of the regions [count, regions, 4096]
 */
export async function regionFeatures(
  { similarities }: Pick<Engine, 'similarities'>,
  features: Float32Array,
  stored: Uint8Array,
  count: number,
): Promise<Float32Array> {
  const rows = count * windows.length;
  if (stored.length !== rows * bytesPerRegion) throw new RangeError(`${stored.length} bytes of ${count} photos`);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const rebuilt = new Float32Array(rows * featureLength);
  for (const [part, directions] of (await basis.get()).entries()) {
    const { numbers } = parts[part]!;
    const integers = new Int8Array(rows * numbers);
    const scales = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const at = row * bytesPerRegion + starts[part]!;
      scales[row] = view.getFloat32(at, true);
      const bytes = new Int8Array(stored.buffer, stored.byteOffset + at + scaleBytes, numbers);
      integers.set(bytes, row * numbers);
    }
    const columns = transposed(directions, numbers, half);
    const differences = await similarities(fromByteRows({ integers, scales }), columns, numbers);
    for (let row = 0; row < rows; row++) {
      const { region, whole } = placesOf(row, part);
      // Averages after a ReLU, and deviations, are never negative.
      for (let i = 0; i < half; i++) {
        rebuilt[region + i] = Math.max(0, features[whole + i]! + differences[row * half + i]!);
      }
    }
  }
  return rebuilt;
}
