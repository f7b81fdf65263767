/**
 * What is stored of a photo's regions: enough to rebuild their features for any model, without opening the photo again.
 *
 * A region's feature has 4,096 numbers, as much as a whole photo's. Stored is how it differs from the photo's feature, which is
 * in the cache anyway: the difference on a fixed orthonormal basis (the directions in which regions of photos differ most from
 * their photos, fitted once by build/scripts/region-basis.ts), as integers and a scale. The scale is coarse, so that most
 * integers are 0 or 1 and take few bits in the database (files/packed-bytes.ts). What that costs in recall is in
 * docs/experiments.md.
 */
import { readRegularFile } from '../files/regular-file.ts';
import path from 'node:path';
import { imageNet } from '../resnet50/feature.ts';
import { windowFeatures, windows } from '../resnet50/windows.ts';
import type { Regions, RegionShare } from '../contract/regions.ts';
import type { Engine } from '../engine/engine.ts';
import { fromByteRows } from '../files/byte-rows.ts';
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

/**
 * The scale, in quadratic means of the photo's feature. Until 2026-11 the largest number of each row was 127 scales: those rows
 * are read as the others, and `coarser` makes them smaller.
 */
const scaleInMeans = 2;
const mostScales = 127;

export const regions: Regions = { version: 1, frames: windows, bytes: windows.length * bytesPerRegion, coarser };

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
  for (const [part, directions] of (await basis.get()).entries()) {
    const { numbers } = parts[part]!;
    const along = await similarities(differences[part]!, directions, half);
    for (let photo = 0; photo < count; photo++) {
      const scale = scaleOf(features.subarray(photo * featureLength, (photo + 1) * featureLength));
      const first = photo * windows.length;
      for (let row = first; row < first + windows.length; row++) {
        writeRow(stored, row, part, along.subarray(row * numbers, (row + 1) * numbers), scale);
      }
    }
  }
  return stored;
}

/** @param feature [4096] */
function scaleOf(feature: Float32Array): number {
  let squares = 0;
  for (const value of feature) squares += value * value;
  return Math.fround(scaleInMeans * Math.sqrt(squares / feature.length));
}

/** @param scale taken larger where a number would have more than `mostScales`; that of a photo's first row is written once */
function writeRow(stored: Uint8Array, row: number, part: number, values: Float32Array, scale: number): void {
  const at = row * bytesPerRegion + starts[part]!;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const extreme = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const own = Math.fround(Math.max(scale, extreme / mostScales));
  const first = firstRow(row) * bytesPerRegion;
  view.setFloat32(at, at !== first && view.getFloat32(first, true) === own ? 0 : own, true);
  const integers = new Int8Array(stored.buffer, stored.byteOffset + at + scaleBytes, values.length);
  if (own > 0) for (let i = 0; i < values.length; i++) integers[i] = Math.round(values[i]! / own);
}

const firstRow = (row: number) => row - (row % windows.length);

/** A scale of 0 stands for that of the photo's first row. */
function readScale(view: DataView, row: number, part: number): number {
  const own = view.getFloat32(row * bytesPerRegion + starts[part]!, true);
  return own === 0 ? view.getFloat32(firstRow(row) * bytesPerRegion, true) : own;
}

/**
 * What an earlier version stored, as it is stored now.
 *
 * @param stored of one photo [regions.bytes]
 * @param feature of the whole photo [4096]
 */
function coarser(stored: Uint8Array, feature: Float32Array): Uint8Array {
  const made = new Uint8Array(stored.length);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const scale = scaleOf(feature);
  parts.forEach(({ numbers }, part) => {
    for (let row = 0; row < windows.length; row++) {
      const at = row * bytesPerRegion + starts[part]!;
      const was = readScale(view, row, part);
      const integers = new Int8Array(stored.buffer, stored.byteOffset + at + scaleBytes, numbers);
      const values = Float32Array.from(integers, (integer) => integer * was);
      writeRow(made, row, part, values, scale);
    }
  });
  return made;
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
      scales[row] = readScale(view, row, part);
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
