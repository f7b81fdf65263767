/** How features are written into the database: packed where their form is made for them, else in half precision. */
import { fromHalf, halvesOf, toHalf } from '../../models/files/half.ts';
import { packFeature, unpackFeature, unpackFeatureInto } from '../../models/files/packed-features.ts';

/** The column `packed`. */
export const forms = { half: 0, packed: 1 } as const;

export interface StoredFeature {
  readonly data: Uint8Array;
  readonly packed: (typeof forms)[keyof typeof forms];
}

export function storedFeature(feature: Float32Array): StoredFeature {
  const packed = packFeature(feature);
  return packed
    ? { data: packed, packed: forms.packed }
    : { data: new Uint8Array(toHalf(feature).buffer), packed: forms.half };
}

/** @returns the feature as it is read after it was stored */
export function asStored(feature: Float32Array): Float32Array {
  const { data, packed } = storedFeature(feature);
  return readFeature(Buffer.from(data), packed) ?? feature;
}

/** @returns undefined where a damaged database has something else there */
export function readFeature(data: unknown, packed: unknown): Float32Array<ArrayBuffer> | undefined {
  if (!Buffer.isBuffer(data)) return undefined;
  if (packed === forms.packed) return unpackFeature(data);
  const halves = packed === forms.half ? halvesOf(data) : undefined;
  return halves && fromHalf(halves);
}

/** As `readFeature`. @param out filled; its length is the feature's @returns false where there is something else */
export function readFeatureInto(data: unknown, packed: unknown, out: Float32Array): boolean {
  if (!Buffer.isBuffer(data)) return false;
  if (packed === forms.packed) return unpackFeatureInto(data, out);
  const halves = packed === forms.half ? halvesOf(data) : undefined;
  if (halves?.length !== out.length) return false;
  fromHalf(halves, out);
  return true;
}
