/** A search and its answer: what is asked, what was understood of the sentence, and the photos found. A part of the contract. */
import { z } from 'zod';
import { limits, longestSentence } from './limits.ts';

const id = z.int().positive();
export const integers = z.custom<Int32Array>((value) => value instanceof Int32Array);
export const floats = z.custom<Float32Array>((value) => value instanceof Float32Array);
export const octets = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** YYYY-MM-DD, a day of the camera's clock */
export const day = z.iso.date();
export const photoKind = z.enum(['screenshot', 'panorama']);
export type PhotoKind = z.infer<typeof photoKind>;

/** A populated place or a region of the gazetteer. */
export const namedPlace = z.object({
  /** its number in the gazetteer (GeoNames); for a region, that of the gazetteer's list of regions, negative */
  id: z.int(),
  /** in English, such as "Paris" */
  name: z.string(),
  /** such as "Île-de-France"; null where it has none */
  region: z.string().nullable(),
  /** ISO 3166-1, two letters */
  country: z.string().regex(/^[A-Z]{2}$/),
});
export type NamedPlace = z.infer<typeof namedPlace>;

/** What photos must have, besides what is seen on them. An absent field sets no limit; all that are set must hold. */
export const searchFilter = z.object({
  /** first and last day, both included */
  from: day.exactOptional(),
  to: day.exactOptional(),
  /** months of any year, 1–12 */
  months: z.array(z.int().min(1).max(12)).min(1).max(12).exactOptional(),
  place: namedPlace.exactOptional(),
  /** the surroundings of `place`, too */
  near: z.boolean().exactOptional(),
  /** ISO 3166-1, two letters */
  country: namedPlace.shape.country.exactOptional(),
  /** a part of maker or model, in any case */
  camera: z.string().min(1).max(limits.camera).exactOptional(),
  kind: photoKind.exactOptional(),
  /** a folder, absolute: photos in it and below it */
  folder: z.string().min(1).max(32_768).exactOptional(),
  favourite: z.literal(true).exactOptional(),
});
export type SearchFilter = z.infer<typeof searchFilter>;

/** The aspects that a search can be limited by; each has one chip. `not`: what must not be seen, one chip each. */
export const searchAspect = z.enum(['when', 'where', 'camera', 'kind', 'folder', 'favourite', 'not']);
export type SearchAspect = z.infer<typeof searchAspect>;

/** A part of a search that is more than a description. */
export const understoodPart = z.object({
  aspect: searchAspect,
  /** where it stands in the sentence: first UTF-16 unit and the one after the last; null: it was set by hand */
  at: z.tuple([z.int(), z.int()]).nullable(),
  /** the fields of this aspect; empty for `not` */
  filter: searchFilter,
  /** what must not be seen; null for the other aspects */
  not: z.string().nullable(),
  /** photos that would be left without this part; null unless nothing is left with all of them */
  without: z.int().nullable(),
});
export type UnderstoodPart = z.infer<typeof understoodPart>;

export const understood = z.object({
  /** what is looked for on the photos: goes to the text encoder; '' where nothing is described */
  description: z.string(),
  /** all filters together, of the sentence and set by hand */
  filter: searchFilter,
  /** what must not be seen */
  not: z.array(z.string()),
  parts: z.array(understoodPart),
});
export type Understood = z.infer<typeof understood>;

/** Photos that the result should be like. */
export const example = z.union([
  /** the content of a photo of the library (`photoList.contents`) */
  z.object({ content: id }),
  /** a picture that `search.picture` was given; it is kept until the program ends */
  z.object({ picture: id }),
]);
export type Example = z.infer<typeof example>;

export const searchOrder = z.enum(['relevance', 'date']);
export type SearchOrder = z.infer<typeof searchOrder>;

/** What is asked. The sentence may be pasted and longer than a search takes: it is then refused in words. */
export const searchForm = z.object({
  text: z.string().max(1_000_000),
  /** set by hand; a field set here replaces what the sentence says of the same aspect */
  filter: searchFilter.default({}),
  /** parts of the sentence, in its own words, that stay a description: taken back by the user */
  literal: z.array(z.string().max(longestSentence)).max(50).default([]),
  /** what must not be seen, besides what the sentence says */
  not: z.array(z.string().min(1).max(longestSentence)).max(20).exactOptional(),
  like: z.array(example).max(limits.examples).default([]),
  order: searchOrder.default('relevance'),
});
export type SearchForm = z.infer<typeof searchForm>;

/** How much of the answer is wanted. */
export const searchQuery = searchForm.extend({
  limit: z.int().min(1).max(limits.rankedPhotos).default(1000),
  /**
   * The first answer while one types, as `limit` photos are soon ranked and sent. It has all good matches, also where these are more;
   * the others are asked for after it, by the same search without this field, whose answer begins with the same photos. Absent: a list
   * in order of date is not limited.
   */
  first: z.literal(true).exactOptional(),
});

/** A list of photos as the grid needs it: column i of each array is the i-th photo. */
export const photoList = z.object({
  ids: integers,
  /** what each file holds: equal for copies, another number once a file is replaced; pictures are addressed by it */
  contents: integers,
  /** width / height, upright */
  aspects: floats,
  /** the day it was taken as year × 10000 + month × 100 + day: by the camera, else by the file's name, else by the file's time */
  days: integers,
  /** near-duplicates have the same number; 0: it has none */
  stacks: integers,
  /** 1: a favourite */
  favourites: octets,
  /** 1: only a part of the photo could be read */
  damaged: octets,
});
export type PhotoList = z.infer<typeof photoList>;

export const unknownWord = z.object({ word: z.string(), suggestion: z.string().nullable() });
export type UnknownWord = z.infer<typeof unknownWord>;

/** A known word that few or no captions taught, and by what it is known instead; see `HardlyKnownWord` (models/contract). */
export const hardlyKnownWord = z.object({ word: z.string(), by: z.enum(['classes', 'similar']) });
export type HardlyKnownWord = z.infer<typeof hardlyKnownWord>;

export const ranking = photoList.extend({
  query: z.string(),
  model: z.string(),
  understood,
  /** how the photos are ordered: `date`, newest first, also where nothing is described */
  order: searchOrder,
  unknownWords: z.array(unknownWord),
  hardlyKnownWords: z.array(hardlyKnownWord),
  tookMs: z.number(),
  /** how many photos were ranked, before `limit`: those that the filters leave */
  ranked: z.int(),
  /** how many from the top are probably meant; the others are dimmed or hidden */
  goodMatches: z.int(),
  /** false: even the best is probably not what was meant, and those from the top are only the closest */
  sure: z.boolean(),
  /** inner products of the embeddings, −1 to 1, which compare photos of one search only; best first; empty where nothing is described */
  scores: floats,
  /** calibrated probability that a person would call the photo a match, 0–1; empty where the model has no calibration */
  relevance: floats,
});
export type Ranking = z.infer<typeof ranking>;

const counted = { photos: z.int() };
/** What the photos that a search leaves have, with counts; each aspect is counted without its own limit. Most frequent first. */
export const facets = z.object({
  /** year × 100 + month, ascending */
  months: z.array(z.object({ month: z.int(), ...counted })),
  places: z.array(z.object({ place: namedPlace, ...counted })),
  countries: z.array(z.object({ country: namedPlace.shape.country, ...counted })),
  cameras: z.array(z.object({ camera: z.string(), ...counted })),
  kinds: z.array(z.object({ kind: photoKind, ...counted })),
  folders: z.array(z.object({ folder: z.string(), ...counted })),
  favourites: z.int(),
});
export type Facets = z.infer<typeof facets>;

export const savedSearch = z.object({
  id,
  name: z.string().min(1).max(limits.savedName),
  search: searchForm,
});
export type SavedSearch = z.infer<typeof savedSearch>;
