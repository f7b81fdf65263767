/** How features are written into the database: packed where that form is made for their encoder's, else in half precision. */
import { fromHalf, halvesOf, toHalf } from '../../models/files/half.ts';
import { packFeature, unpackFeature, unpackFeatureInto } from '../../models/files/packed-features.ts';

/** The column `packed`. `half`: of an earlier version, and may be packed. `kept`: it stays in half precision. */
export const forms = { half: 0, packed: 1, kept: 2 } as const;

/** How an encoder's features are to be stored; see `Encoder.stored`. */
export type FeatureForm = 'packed' | 'halves';

export interface StoredFeature {
  readonly data: Uint8Array;
  readonly packed: (typeof forms)[keyof typeof forms];
}

export function storedFeature(feature: Float32Array, form: FeatureForm = 'packed'): StoredFeature {
  const packed = form === 'packed' ? packFeature(feature) : undefined;
  if (packed) return { data: packed, packed: forms.packed };
  return { data: new Uint8Array(toHalf(feature).buffer), packed: form === 'packed' ? forms.half : forms.kept };
}

/** @returns the feature as it is read after it was stored */
export function asStored(feature: Float32Array, form?: FeatureForm): Float32Array {
  const { data, packed } = storedFeature(feature, form);
  return readFeature(Buffer.from(data), packed) ?? feature;
}

/** @returns undefined where a damaged database has something else there */
export function readFeature(data: unknown, packed: unknown): Float32Array<ArrayBuffer> | undefined {
  if (!Buffer.isBuffer(data)) return undefined;
  if (packed === forms.packed) return unpackFeature(data);
  const halves = isInHalves(packed) ? halvesOf(data) : undefined;
  return halves && fromHalf(halves);
}

/** As `readFeature`. @param out filled; its length is the feature's @returns false where there is something else */
export function readFeatureInto(data: unknown, packed: unknown, out: Float32Array): boolean {
  if (!Buffer.isBuffer(data)) return false;
  if (packed === forms.packed) return unpackFeatureInto(data, out);
  const halves = isInHalves(packed) ? halvesOf(data) : undefined;
  if (halves?.length !== out.length) return false;
  fromHalf(halves, out);
  return true;
}

const isInHalves = (packed: unknown) => packed === forms.half || packed === forms.kept;
