/**
 * Places of the world, offline: the nearest populated place of a position, and the places that a name may mean.
 *
 * Populated places and regions are of GeoNames (CC BY 4.0). The file is read by the first call that needs it.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as CountryCoder from '@rapideditor/country-coder';
import { around, distance } from 'geokdbush';
import KDBush from 'kdbush';
import { DescryError, reasonOf } from '../../../models/errors.ts';
import { readRegularFileSync } from '../../../models/files/regular-file.ts';
import type { NamedPlace } from '../../ipc/contract.ts';
import { aligned, before, fold, headerBytes, magic, type GazetteerHeader } from './format.ts';

/** The file that comes with the program. */
export const gazetteerFile = path.join(import.meta.dirname, 'gazetteer.bin');

/** km: a photo farther than this from any place has none */
const farthest = 50;
/** Places that are compared when the nearest one is looked for. */
const compared = 12;
/** A city is compared, too, where smaller places are nearer: this large, and within its own reach. */
const cityPopulation = 100_000;
const cityReach = 40;
/** km: photos in the surroundings of a region's places belong to the region's surroundings */
const aroundRegion = 10;
/**
 * A city is meant rather than a region of its name ("Madrid", "Salzburg"), unless it has few of its inhabitants ("California"
 * in Maryland, "Quebec", "Ontario").
 */
const regionWeight = 0.15;

export interface NearestPlace {
  /** null: farther than 50 km from any */
  readonly place: NamedPlace | null;
  /** ISO 3166-1; null: on the open sea */
  readonly country: string | null;
}

export interface PlacePosition {
  /** degrees */
  readonly latitude: number;
  readonly longitude: number;
  readonly population: number;
}

interface Data {
  readonly header: GazetteerHeader;
  readonly words: ReadonlySet<string>;
  readonly index: KDBush;
  readonly cities: KDBush;
  /** position in `cities` → place */
  readonly cityPlaces: readonly number[];
  readonly ids: Int32Array;
  /** the places by ascending id */
  readonly byId: Uint32Array;
  readonly populations: Uint32Array;
  readonly regions: Uint16Array;
  readonly names: Buffer;
  /** where each name starts, and the end */
  readonly nameStarts: Uint32Array;
  /** place → position in `index` */
  readonly positions: Uint32Array;
}

export class Gazetteer {
  readonly #file: string;
  #data: Data | undefined;

  private constructor(file: string) {
    this.#file = file;
  }

  /** The file is not read before it is needed. */
  static open(file: string = gazetteerFile): Gazetteer {
    return new Gazetteer(file);
  }

  /**
   * The place that a position belongs to: of those near it, the one whose centre is nearest in relation to its size, so that a photo
   * in a quarter of Paris is in Paris and not in the suburb whose centre is a little nearer. It is a place of the country that
   * the position is in.
   *
   * @param latitude degrees
   * @param longitude degrees
   */
  nearest(latitude: number, longitude: number): NearestPlace {
    const { index, cities, cityPlaces, populations } = this.#loaded;
    const near = around(index, longitude, latitude, compared, farthest);
    const large = around(cities, longitude, latitude, 4, cityReach).map((i) => cityPlaces[i]!);
    const candidates = [...new Set([...near, ...large])];
    const countries = new Set(candidates.map((place) => this.#countryOf(place)));
    const country =
      countries.size === 1 ? [...countries][0]! : (countryAt(latitude, longitude) ?? this.#countryOfFirst(near));
    // Where the borders disagree with the places, a place across the border is better than none.
    const inside = candidates.filter((place) => this.#countryOf(place) === country);
    let best: number | undefined;
    let least = Infinity;
    for (const place of inside.length > 0 ? inside : candidates) {
      const [lng, lat] = this.#coordinates(place);
      const share = distance(longitude, latitude, lng, lat) / radius(populations[place]!);
      if (share < least) [best, least] = [place, share];
    }
    return { place: best === undefined ? null : this.#named(best), country };
  }

  /** @param id of a populated place, or of a region (negative) */
  place(id: number): NamedPlace | undefined {
    if (id < 0) return this.#region(-1 - id);
    const place = this.#find(id);
    return place === undefined ? undefined : this.#named(place);
  }

  /** @param id of a populated place; a region has no position */
  position(id: number): PlacePosition | undefined {
    const place = this.#find(id);
    if (place === undefined) return undefined;
    const [longitude, latitude] = this.#coordinates(place);
    return { latitude, longitude, population: this.#loaded.populations[place]! };
  }

  /**
   * The places and regions that a name may mean, the one that is most probably meant first: by population.
   *
   * @param name in any case, with or without accents: English, or as it is called there where that is well known
   * @param country ISO 3166-1: only places there
   */
  named(name: string, country?: string): NamedPlace[] {
    const { header, populations } = this.#loaded;
    const folded = fold(name);
    if (folded === '') return [];
    const others = Object.hasOwn(header.others, folded) ? header.others[folded]! : [];
    const first = header.first.includes(folded) ? others[0] : undefined;
    const weight = (found: number) => {
      if (found === first) return Infinity;
      return found >= 0 ? populations[found]! : header.regions[-1 - found]![2] * regionWeight;
    };
    return [...new Set([...others, ...this.#withName(folded)])]
      .sort((a, b) => weight(b) - weight(a))
      .map((found) => (found >= 0 ? this.#named(found) : this.#region(-1 - found)!))
      .filter((place) => country === undefined || place.country === country);
  }

  /** Whether one place of this name is meant whatever the size of the others. */
  isFirst(name: string): boolean {
    return this.#loaded.header.first.includes(fold(name));
  }

  /** Whether a name is also a common English word ("Nice", "Reading", "Turkey"), or is written like one ("Split"). */
  isWord(name: string): boolean {
    return this.#loaded.words.has(fold(name));
  }

  /**
   * Whether a position is in a place: a populated place is a circle whose radius grows with the square root of its population
   * (Paris 16 km, a village 3 km), with its surroundings half as large again and at least 10 km more. A photo out in the
   * country, farther away than that, is in the place that its information names: its nearest. A region is where the nearest
   * place is one of the region, and its surroundings where any of its places is within 10 km.
   *
   * @param near the surroundings, too
   * @returns a function of a position in degrees, and of the id of its nearest place where that is known: for a region, it saves
   *   looking for it; without it, a populated place is the circle alone
   */
  covers(place: NamedPlace, near = false): (latitude: number, longitude: number, nearest?: number | null) => boolean {
    if (place.id < 0) return this.#coversRegion(-1 - place.id, near);
    const found = this.#find(place.id);
    if (found === undefined) return () => false;
    const [lng, lat] = this.#coordinates(found);
    const own = radius(this.#loaded.populations[found]!);
    const reach = near ? Math.max(own * 1.5, own + 10) : own;
    // a degree of latitude is 111 km: most photos are ruled out by this alone
    const degrees = reach / 111;
    return (latitude, longitude, nearest) =>
      nearest === place.id || (Math.abs(latitude - lat) <= degrees && distance(longitude, latitude, lng, lat) <= reach);
  }

  /** @returns the ISO 3166-1 code of a country's name or usual other name ("Holland", "UK", "USA"), in any case */
  country(text: string): string | undefined {
    const { countryCodes } = this.#loaded.header;
    const folded = fold(text).replace(/^the /, '');
    return Object.hasOwn(countryCodes, folded) ? countryCodes[folded] : undefined;
  }

  /** @param code ISO 3166-1, two capital letters */
  isCountry(code: string): boolean {
    return Object.hasOwn(this.#loaded.header.countries, code);
  }

  /** @returns the English name; the code itself where it is unknown */
  countryName(code: string): string {
    return this.#loaded.header.countries[code] ?? code;
  }

  /** @param code in GeoNames, such as "US.TX" */
  regionByCode(code: string): NamedPlace | undefined {
    const found = this.#loaded.header.regions.findIndex(([own]) => own === code);
    return found < 0 ? undefined : this.#region(found);
  }

  #coversRegion(
    region: number,
    near: boolean,
  ): (latitude: number, longitude: number, nearest?: number | null) => boolean {
    const { regions, index } = this.#loaded;
    return (latitude, longitude, nearest) => {
      const id = nearest === undefined ? this.nearest(latitude, longitude).place?.id : nearest;
      const place = id === undefined || id === null ? undefined : this.#find(id);
      if (place !== undefined && regions[place] === region) return true;
      if (!near) return false;
      return around(index, longitude, latitude, 1, aroundRegion, (at) => regions[at] === region).length > 0;
    };
  }

  /** Places whose name is this one: they lie side by side. */
  #withName(folded: string): number[] {
    const { ids } = this.#loaded;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(fold(this.#name(middle)), folded) < 0) low = middle + 1;
      else high = middle;
    }
    const found: number[] = [];
    for (let place = low; place < ids.length && fold(this.#name(place)) === folded; place++) found.push(place);
    return found;
  }

  /** @returns the place with an id of GeoNames */
  #find(id: number): number | undefined {
    const { ids, byId } = this.#loaded;
    let low = 0;
    let high = ids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const own = ids[byId[middle]!]!;
      if (own === id) return byId[middle];
      if (own < id) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  #named(place: number): NamedPlace {
    const { header, ids, regions } = this.#loaded;
    return {
      id: ids[place]!,
      name: this.#name(place),
      region: header.regions[regions[place]!]![1],
      country: this.#countryOf(place),
    };
  }

  #region(position: number): NamedPlace | undefined {
    const [code, name] = this.#loaded.header.regions[position] ?? [];
    if (code === undefined || name === undefined || name === null) return undefined;
    return { id: -1 - position, name, region: null, country: code.slice(0, 2) };
  }

  #name(place: number): string {
    const { names, nameStarts } = this.#loaded;
    return names.toString('utf8', nameStarts[place], nameStarts[place + 1]! - 1);
  }

  #countryOf(place: number): string {
    const { header, regions } = this.#loaded;
    return header.regions[regions[place]!]![0].slice(0, 2);
  }

  #countryOfFirst(places: readonly number[]): string | null {
    return places[0] === undefined ? null : this.#countryOf(places[0]);
  }

  #coordinates(place: number): readonly [longitude: number, latitude: number] {
    const { index, positions } = this.#loaded;
    const at = 2 * positions[place]!;
    return [index.coords[at]!, index.coords[at + 1]!];
  }

  get #loaded(): Data {
    return (this.#data ??= load(this.#file));
  }
}

/** km; Paris (2.1 million) has 16 km, a village 3 km */
function radius(population: number): number {
  return Math.max(3, 0.011 * Math.sqrt(population));
}

let coder: typeof CountryCoder | undefined;
/**
 * The country by its borders. They are loaded by the first position that is near a border or far from any place, because
 * they take 90 to 120 ms and 30 MB.
 */
function countryAt(latitude: number, longitude: number): string | null {
  coder ??= createRequire(import.meta.url)('@rapideditor/country-coder') as typeof CountryCoder;
  return coder.iso1A2Code([longitude, latitude], { level: 'territory' });
}

function load(file: string): Data {
  let content: Buffer;
  try {
    content = readRegularFileSync(file, { largest: 2 ** 28 });
  } catch (error) {
    throw new DescryError(
      'internal',
      `The list of places (${file}), which comes with Descry, could not be read: ${reasonOf(error)} Install Descry again.`,
      { parameters: { file } },
    );
  }
  if (content.length < headerBytes || content.toString('latin1', 0, 8) !== magic) {
    throw new DescryError('internal', `${file} is not a list of places of this Descry. Install Descry again.`, {
      parameters: { file },
    });
  }
  // Arrays of numbers must start at a multiple of their size, which a pooled buffer does not.
  const buffer = (content.byteOffset === 0 ? content.buffer : Uint8Array.from(content).buffer) as ArrayBuffer;
  const jsonBytes = content.readUInt32LE(8);
  const places = content.readUInt32LE(12);
  const header = JSON.parse(content.toString('utf8', headerBytes, headerBytes + jsonBytes)) as GazetteerHeader;
  let at = aligned(headerBytes + jsonBytes);
  const [tree, ids, byId, populations, regions, names] = header.sections.map((bytes) => {
    const start = at;
    at += aligned(bytes);
    return { start, bytes };
  }) as [Section, Section, Section, Section, Section, Section];
  const index = KDBush.from(buffer.slice(tree.start, tree.start + tree.bytes));
  const data = {
    header,
    words: new Set(header.words),
    index,
    ids: new Int32Array(buffer, ids.start, places),
    byId: new Uint32Array(buffer, byId.start, places),
    populations: new Uint32Array(buffer, populations.start, places),
    regions: new Uint16Array(buffer, regions.start, places),
    names: Buffer.from(buffer, names.start, names.bytes),
    positions: new Uint32Array(places),
    nameStarts: new Uint32Array(places + 1),
  };
  const { ids: order } = index;
  for (let position = 0; position < order.length; position++) data.positions[order[position]!] = position;
  // indexOf looks for the ends of lines by itself, faster than a loop here
  for (let end = data.names.indexOf(10), place = 1; end >= 0; end = data.names.indexOf(10, end + 1)) {
    data.nameStarts[place++] = end + 1;
  }
  data.nameStarts[places] = data.names.length + 1;
  return { ...data, ...listCities(index, data.populations) };
}

interface Section {
  readonly start: number;
  readonly bytes: number;
}

function listCities(index: KDBush, populations: Uint32Array): Pick<Data, 'cities' | 'cityPlaces'> {
  const found: { place: number; position: number }[] = [];
  for (let position = 0; position < index.ids.length; position++) {
    const place = index.ids[position]!;
    if (populations[place]! >= cityPopulation) found.push({ place, position });
  }
  const cities = new KDBush(found.length, 16, Float32Array);
  for (const { position } of found) cities.add(index.coords[2 * position]!, index.coords[2 * position + 1]!);
  cities.finish();
  return { cities, cityPlaces: found.map(({ place }) => place) };
}
