/**
 * The file of the gazetteer: what build/scripts/gazetteer.ts writes and gazetteer.ts reads.
 *
 * A header of 16 bytes ("descryGZ", length of the JSON in bytes and number of places, both uint32), the JSON, and then, each
 * starting at a multiple of 8 bytes: kdbush's index of (longitude, latitude), GeoNames ids (int32), the
 * places by ascending id (uint32), populations (uint32),
 * positions in the list of regions (uint16), and the names (UTF-8, one a line). Place i is the i-th of each; they are
 * in the order of their folded names. Numbers are little-endian, as all systems are that Descry runs on.
 */
import { normalized } from '../../../models/files/normalized.ts';

export const magic = 'descryGZ';
export const headerBytes = 16;

export interface GazetteerHeader {
  /** bytes of each section after the JSON, in their order */
  readonly sections: readonly number[];
  /** code in GeoNames ("DE.02"), English name, and the population of its places; without a name: a country's places without a region */
  readonly regions: readonly (readonly [code: string, name: string | null, population: number])[];
  /** folded other names; a place by its position, a region by −1 − its position */
  readonly others: Readonly<Record<string, readonly number[]>>;
  /** folded names that mean the first of `others`, however large other places of that name are */
  readonly first: readonly string[];
  /** code, English name */
  readonly countries: Readonly<Record<string, string>>;
  /** folded name or other name → code */
  readonly countryCodes: Readonly<Record<string, string>>;
  /** folded names of places, regions and countries that are also English words, in lower case */
  readonly words: readonly string[];
}

export const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** A name as it is looked up: lower case, without accents and punctuation, "St." and "Mt." as words. */
export function fold(name: string): string {
  return (
    normalized(name, 'NFD')
      .replace(/[\u0300-\u036f]/g, '')
      .toLowerCase()
      .replace(/[ßæœøłđðþı]/g, (letter) => letters[letter]!)
      // "D.C." is "dc", "Xi'an" is "xian"
      .replace(/['’ʻʼ‘`]|\.(?=\p{L}\.)|(?<=\.\p{L})\./gu, '')
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
      .replace(/\b(st|ste|mt)\b/g, (short) => ({ st: 'saint', ste: 'sainte', mt: 'mount' })[short]!)
  );
}

/** The order of the places: by UTF-16 units, which is the same on every system. */
export const before = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
