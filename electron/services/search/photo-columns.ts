/**
 * What photos are filtered, counted and sorted by, for the whole library in memory: one array per field, about 7 MB for 100,000
 * photos. Row i of each array is the same photo; the row of a removed photo is filled by the last one.
 */
import path from 'node:path';
import type { NamedPlace, PhotoKind, SearchFilter } from '../../ipc/contract.ts';
import { isInside } from '../shared/paths.ts';
import { Column, newestFirst, Texts } from './column.ts';
import { IdRows } from './id-rows.ts';
import { DensePhotoSet } from './photo-set.ts';
import { filterAspects, only, type FilterAspect } from '../../ipc/filter-aspects.ts';

/** What is stored of one photo. */
export interface PhotoRecord {
  readonly id: number;
  readonly content: number;
  /** id of the library's folder that it is in */
  readonly folder: number;
  readonly path: string;
  /** when it was taken: a wall clock, ms since the epoch as if it showed UTC */
  readonly at: number;
  /** year × 10000 + month × 100 + day of it */
  readonly day: number;
  /** width / height, upright */
  readonly aspect: number;
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** the nearest populated place, by its number in the gazetteer */
  readonly place: number | null;
  /** ISO 3166-1, two letters */
  readonly country: string | null;
  readonly kind: PhotoKind | null;
  readonly favourite: boolean;
  /** only a part of it could be read */
  readonly damaged: boolean;
  /** it stands in the timeline: it could be opened */
  readonly listed: boolean;
}

/** What filters by place need of the gazetteer. */
export interface Places {
  place(id: number): NamedPlace | undefined;
  /**
   * @returns whether a location belongs to the place, or, with `near`, to its surroundings; `nearest` is the location's nearest
   *   place where that is known
   */
  covers(place: NamedPlace, near: boolean): (latitude: number, longitude: number, nearest?: number) => boolean;
}

export const kinds: readonly PhotoKind[] = ['screenshot', 'panorama'];

/** Masks that are kept: a sentence that is typed has the same filters at each key. */
const keptMasks = 24;
/** Sets of photos that are kept: a search has one for its filters, and one for each time or place that is left out. */
const keptSets = 8;

let changes = 0;

export class PhotoColumns {
  readonly ids = new Column(Int32Array);
  readonly contents = new Column(Int32Array);
  readonly times = new Column(Float64Array);
  readonly days = new Column(Int32Array);
  readonly aspects = new Column(Float32Array);
  readonly latitudes = new Column(Float64Array);
  readonly longitudes = new Column(Float64Array);
  readonly places = new Column(Int32Array);
  readonly countries = new Column(Uint16Array);
  readonly cameras = new Column(Int32Array);
  readonly kinds = new Column(Uint8Array);
  readonly folders = new Column(Int32Array);
  readonly favourites = new Column(Uint8Array);
  readonly damaged = new Column(Uint8Array);
  readonly listed = new Column(Uint8Array);
  /** ids of the library's folders */
  readonly roots = new Column(Int32Array);
  /** 1: an equal photo is shown in its place */
  readonly hidden = new Column(Uint8Array);
  readonly countryTexts = new Texts();
  readonly cameraTexts = new Texts();
  readonly folderTexts = new Texts();
  readonly #all = [
    ...[this.ids, this.contents, this.times, this.days, this.aspects, this.latitudes, this.longitudes, this.places],
    ...[this.countries, this.cameras, this.kinds, this.folders, this.favourites, this.damaged, this.listed],
    ...[this.roots, this.hidden],
  ];
  readonly #rowOf = new IdRows();
  readonly #masks = new Map<string, Uint8Array>();
  readonly #inPlace = new Map<number, Int32Array>();
  #count = 0;
  #version = ++changes;
  #newestFirst: Uint32Array | undefined;
  readonly #passing = new Map<string, DensePhotoSet>();
  readonly #kept = [this.#masks, this.#inPlace, this.#passing];
  #usedCameras: readonly string[] | undefined;
  #lastFolder = { prefix: '', number: 0 };

  static of(records: Iterable<PhotoRecord>): PhotoColumns {
    const columns = new PhotoColumns();
    for (const record of records) columns.set(record);
    return columns;
  }

  get size(): number {
    return this.#count;
  }

  /** another number after each change; no other columns have it */
  get version(): number {
    return this.#version;
  }

  row(photo: number): number | undefined {
    return this.#rowOf.get(photo);
  }

  /** Makes place for so many photos, so that nothing is copied while they are added. */
  reserve(photos: number): void {
    for (const column of this.#all) column.reserve(photos);
  }

  /** Adds or replaces a photo. */
  set(record: PhotoRecord): void {
    let row = this.#rowOf.get(record.id);
    if (row === undefined) {
      row = this.#count++;
      if (this.#count > this.ids.data.length) for (const column of this.#all) column.grow(this.#count);
      this.#rowOf.set(record.id, row);
      this.hidden.data[row] = 0;
    }
    this.ids.data[row] = record.id;
    this.contents.data[row] = record.content;
    this.times.data[row] = record.at;
    this.days.data[row] = record.day;
    this.aspects.data[row] = record.aspect;
    this.latitudes.data[row] = record.latitude ?? NaN;
    this.longitudes.data[row] = record.longitude ?? NaN;
    this.places.data[row] = record.place ?? 0;
    this.countries.data[row] = this.countryTexts.number(record.country);
    this.cameras.data[row] = this.cameraTexts.number(record.camera);
    this.kinds.data[row] = record.kind === null ? 0 : kinds.indexOf(record.kind) + 1;
    this.folders.data[row] = this.#folderOf(record.path);
    this.favourites.data[row] = record.favourite ? 1 : 0;
    this.damaged.data[row] = record.damaged ? 1 : 0;
    this.listed.data[row] = record.listed ? 1 : 0;
    this.roots.data[row] = record.folder;
    this.#changed();
  }

  /** Photos of a folder mostly come one after the other. */
  #folderOf(file: string): number {
    const { prefix, number } = this.#lastFolder;
    if (prefix !== '' && file.startsWith(prefix) && !separator.test(file.slice(prefix.length))) return number;
    const folder = path.dirname(file);
    const isPlain = separator.test(file.charAt(folder.length)) && !separator.test(file.slice(folder.length + 1));
    this.#lastFolder = {
      prefix: isPlain ? file.slice(0, folder.length + 1) : '',
      number: this.folderTexts.number(folder),
    };
    return this.#lastFolder.number;
  }

  /** Whether the photo stands in lists that are not searched. */
  isListed(row: number): boolean {
    return this.listed.data[row] === 1 && this.hidden.data[row] === 0;
  }

  setHidden(photo: number, hidden: boolean): void {
    const row = this.#rowOf.get(photo);
    if (row === undefined || this.hidden.data[row] === Number(hidden)) return;
    this.hidden.data[row] = Number(hidden);
    this.#changed();
  }

  delete(photo: number): void {
    const row = this.#rowOf.get(photo);
    if (row === undefined) return;
    const last = --this.#count;
    const moved = this.ids.data[last]!;
    for (const { data } of this.#all) data[row] = data[last]!;
    this.#rowOf.set(moved, row);
    this.#rowOf.delete(photo);
    this.#changed();
  }

  /** These photos and all with the same contents: they are favourites together. */
  withCopies(photos: Iterable<number>): number[] {
    const contents = new Set<number>();
    for (const photo of photos) {
      const row = this.#rowOf.get(photo);
      if (row !== undefined) contents.add(this.contents.data[row]!);
    }
    const found: number[] = [];
    for (let row = 0; row < this.#count; row++) {
      if (contents.has(this.contents.data[row]!)) found.push(this.ids.data[row]!);
    }
    return found;
  }

  /** The cameras that photos have now. */
  usedCameras(): readonly string[] {
    return (this.#usedCameras ??= this.#used(this.cameras, this.cameraTexts));
  }

  /** The folders that photos are directly in now. */
  usedFolders(): string[] {
    return this.#used(this.folders, this.folderTexts);
  }

  #used({ data }: Column<Int32Array>, { values }: Texts): string[] {
    const used = new Set<number>();
    for (let row = 0; row < this.#count; row++) used.add(data[row]!);
    used.delete(0);
    return [...used].map((number) => values[number]!);
  }

  /**
   * By row, 1 where the photo passes the aspect's fields of the filter; undefined where the filter does not limit the aspect.
   * It is kept until the columns change and must not be written to.
   */
  mask(filter: SearchFilter, aspect: FilterAspect, places: Places | null): Uint8Array | undefined {
    const fields = only(filter, aspect);
    // `near` alone means nothing
    if (Object.keys(fields).every((name) => name === 'near')) return undefined;
    const key = JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
    const kept = this.#masks.get(key);
    if (kept) return kept;
    const mask = this.#makeMask(fields, aspect, places);
    if (this.#masks.size >= keptMasks) this.#masks.delete(this.#masks.keys().next().value!);
    this.#masks.set(key, mask);
    return mask;
  }

  /**
   * By row, 1 where the photo passes the whole filter.
   * @param but an aspect that does not limit
   */
  select(filter: SearchFilter, places: Places | null, but?: FilterAspect): Uint8Array {
    const masks = filterAspects.flatMap((aspect) => (aspect === but ? [] : (this.mask(filter, aspect, places) ?? [])));
    const selected = new Uint8Array(this.#count).fill(1);
    for (const mask of masks) for (let row = 0; row < this.#count; row++) selected[row]! &= mask[row]!;
    return selected;
  }

  /** The photos that pass a filter: the same set while neither it nor the columns change. It must not be written to. */
  passing(filter: SearchFilter, places: Places | null): DensePhotoSet {
    const key = JSON.stringify(filter);
    let photos = this.#passing.get(key);
    if (!photos) {
      const selected = this.select(filter, places);
      photos = new DensePhotoSet();
      for (let row = 0; row < this.#count; row++) if (selected[row] === 1) photos.add(this.ids.data[row]!);
      if (this.#passing.size >= keptSets) this.#passing.delete(this.#passing.keys().next().value!);
      this.#passing.set(key, photos);
    }
    return photos;
  }

  /** Rows of all photos, newest first; of the same time, the one that was added last first. */
  newestFirst(): Uint32Array {
    if (this.#newestFirst) return this.#newestFirst;
    this.#newestFirst = newestFirst(this.times.data.subarray(0, this.#count), this.ids.data);
    return this.#newestFirst;
  }

  /** Rows of the photos in each place, kept until the columns change. */
  covered(place: NamedPlace, places: Places | null): Int32Array {
    let rows = this.#inPlace.get(place.id);
    if (!rows) {
      rows = this.#covered(place, false, places);
      this.#inPlace.set(place.id, rows);
    }
    return rows;
  }

  #covered(place: NamedPlace, near: boolean, places: Places | null): Int32Array {
    const covers = places?.covers(place, near);
    const [latitudes, longitudes, nearest] = [this.latitudes.data, this.longitudes.data, this.places.data];
    const rows: number[] = [];
    for (let row = 0; row < this.#count && covers; row++) {
      const latitude = latitudes[row]!;
      if (Number.isNaN(latitude)) continue;
      if (covers(latitude, longitudes[row]!, nearest[row] === 0 ? undefined : nearest[row])) rows.push(row);
    }
    return Int32Array.from(rows);
  }

  #changed(): void {
    this.#version = ++changes;
    // Clearing an empty map takes longer than all else that is done for a photo that is added.
    for (const kept of this.#kept) if (kept.size > 0) kept.clear();
    this.#newestFirst = undefined;
    this.#usedCameras = undefined;
  }

  #makeMask(fields: SearchFilter, aspect: FilterAspect, places: Places | null): Uint8Array {
    const mask = new Uint8Array(this.#count);
    const fill = (passes: (row: number) => boolean) => {
      for (let row = 0; row < this.#count; row++) mask[row] = passes(row) ? 1 : 0;
    };
    switch (aspect) {
      case 'when': {
        const [from, to] = [dayNumber(fields.from) ?? -Infinity, dayNumber(fields.to) ?? Infinity];
        const months = new Set(fields.months ?? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        const inMonth = Uint8Array.from({ length: 13 }, (_, month) => (months.has(month) ? 1 : 0));
        const days = this.days.data;
        fill((row) => {
          const day = days[row]!;
          return day >= from && day <= to && inMonth[Math.floor(day / 100) % 100] === 1;
        });
        break;
      }
      case 'where': {
        const country = fields.country;
        const inCountry = country === undefined ? undefined : this.countryTexts.passing((text) => text === country);
        const covered = fields.place && this.#covered(fields.place, fields.near ?? false, places);
        if (covered) for (const row of covered) mask[row] = 1;
        if (inCountry) fill((row) => (!covered || mask[row] === 1) && inCountry[this.countries.data[row]!] === 1);
        break;
      }
      case 'camera': {
        const wanted = fields.camera!.toLowerCase();
        const passing = this.cameraTexts.passing((text) => text.toLowerCase().includes(wanted));
        fill((row) => passing[this.cameras.data[row]!] === 1);
        break;
      }
      case 'kind': {
        const wanted = kinds.indexOf(fields.kind!) + 1;
        fill((row) => this.kinds.data[row] === wanted);
        break;
      }
      case 'folder': {
        const passing = this.folderTexts.passing((folder) => isInside(folder, fields.folder!));
        fill((row) => passing[this.folders.data[row]!] === 1);
        break;
      }
      case 'favourite':
        fill((row) => this.favourites.data[row] === 1);
    }
    return mask;
  }
}

const separator = /[\\/]/;

const dayNumber = (day: string | undefined) => (day === undefined ? undefined : Number(day.replaceAll('-', '')));
