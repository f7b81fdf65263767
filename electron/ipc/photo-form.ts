/** What is known of photos, and what can be done with them. A part of the contract. */
import { z } from 'zod';
import { integers, namedPlace, photoKind } from './search-form.ts';

const id = z.int().positive();
const path = z.string().min(1).max(32_768);

/** Where a photo's time comes from: EXIF, XMP or IPTC; the file's name; the file's time */
export const timeSource = z.enum(['camera', 'name', 'file']);
export type TimeSource = z.infer<typeof timeSource>;

/**
 * What is wrong with a photo that could be read in part only. `cut-off`: the file ends before the photo does, and the lower part
 * is missing; `coarse`: it ends before the photo does, and the whole is shown with less detail (progressive JPEG);
 * `unreadable-part`: the file is complete, but a part of it could not be decoded.
 */
export const damage = z.enum(['cut-off', 'coarse', 'unreadable-part']);
export type Damage = z.infer<typeof damage>;

/** What decoding tells about a photo besides its pixels: the vision worker says it, the store keeps it. */
export interface PhotoInformation {
  /** upright, in pixels */
  readonly width: number;
  readonly height: number;
  /** the camera's clock, which has no time zone: ms since the epoch as if it showed UTC */
  readonly taken: number | null;
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly lens: string | null;
  /** exposure time, seconds */
  readonly exposure: number | null;
  /** f-number */
  readonly aperture: number | null;
  readonly iso: number | null;
  /** focal length, millimetres */
  readonly focal: number | null;
  /** null: the photo is whole; absent: its pixels were not decoded */
  readonly damage?: Damage | null;
}

export const photoDetails = z.object({
  id,
  /** as in photoList; null while a file that has changed has not been read again */
  content: id.nullable(),
  path,
  name: z.string(),
  folder: z.string(),
  bytes: z.number(),
  /** upright, in pixels */
  width: z.int(),
  height: z.int(),
  /** a wall clock without a time zone: ms since the epoch as if it showed UTC */
  taken: z.object({ at: z.number(), source: timeSource }),
  /** ms since the epoch */
  modifiedAt: z.number(),
  camera: z.string().nullable(),
  lens: z.string().nullable(),
  /** seconds, f-number, ISO speed, millimetres */
  exposure: z.number().nullable(),
  aperture: z.number().nullable(),
  iso: z.number().nullable(),
  focal: z.number().nullable(),
  damage: damage.nullable(),
  kind: photoKind.nullable(),
  favourite: z.boolean(),
  location: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
  /** the nearest populated place; null without a location, or far from any */
  place: namedPlace.nullable(),
  /** other places where the same photo lies (equal content) */
  copies: z.array(path),
});
export type PhotoDetails = z.infer<typeof photoDetails>;

/** A file of the user's that something could not be done with. */
export const fileFailure = z.object({ path, reason: z.string() });
export type FileFailure = z.infer<typeof fileFailure>;

/** Copies of photos, made in a folder of the user's choice. */
export const copyReport = z.object({
  folder: path,
  copied: z.int(),
  /** files of the same content that were there already */
  present: z.int(),
  failures: z.array(fileFailure),
  /** the user stopped it */
  stopped: z.boolean(),
});
export type CopyReport = z.infer<typeof copyReport>;

export const copyProgress = z.object({ done: z.int(), total: z.int() });

/** Photos that hold the same, or nearly the same. Column i of each array is the i-th photo. */
export const duplicateGroup = z.object({
  /** `exact`: the same bytes; `near`: the same picture in another size, edited or saved again, or one of a burst */
  kind: z.enum(['exact', 'near']),
  ids: integers,
  contents: integers,
  paths: z.array(path),
  bytes: z.array(z.number()),
  widths: integers,
  heights: integers,
});
export const duplicateReport = z.object({
  groups: z.array(duplicateGroup),
  /** false: photos are still being compared */
  complete: z.boolean(),
  /** photos that cannot be compared, because the encoder in use cannot do it; absent: none */
  uncompared: z.int().exactOptional(),
});
export type DuplicateReport = z.infer<typeof duplicateReport>;
