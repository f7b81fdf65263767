/** The gazetteer: its file, the nearest place of a position, the places of a name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeGazetteer } from '../../build/scripts/gazetteer.ts';
import { namedPlace } from '../../electron/ipc/search-form.ts';
import { fold } from '../../electron/services/places/format.ts';
import { Gazetteer, gazetteerFile } from '../../electron/services/places/gazetteer.ts';

const gazetteer = Gazetteer.open();
const best = (name: string, country?: string) => gazetteer.named(name, country)[0];
const nearest = (latitude: number, longitude: number) => {
  const { place, country } = gazetteer.nearest(latitude, longitude);
  return [place?.name ?? null, place?.region ?? null, country];
};

describe('the file', () => {
  test('is what the script makes of the locked packages', () => {
    // not toEqual: it would print four million bytes
    expect(makeGazetteer().equals(readFileSync(gazetteerFile))).toBe(true);
  }, 60_000);

  test('is between 2 and 5 MB', () => {
    expect(readFileSync(gazetteerFile).length / 1e6).toBeGreaterThan(2);
    expect(readFileSync(gazetteerFile).length / 1e6).toBeLessThan(5);
  });

  test('is not read before it is needed, and named when it cannot be', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'descry-places-'));
    try {
      const absent = Gazetteer.open(path.join(folder, 'absent.bin'));
      expect(() => absent.named('Paris')).toThrow(/absent\.bin.*could not be read/);
      writeFileSync(path.join(folder, 'other.bin'), 'something else than places');
      expect(() => Gazetteer.open(path.join(folder, 'other.bin')).country('France')).toThrow(
        /other\.bin is not a list/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the nearest place', () => {
  test.each([
    ['the Eiffel tower', 48.8584, 2.2945, ['Paris', 'Île-de-France', 'FR']],
    // Clichy's centre is nearer than that of Paris
    ['a quarter at the edge of a large city', 48.8867, 2.3431, ['Paris', 'Île-de-France', 'FR']],
    ['a town beside it', 48.8049, 2.1204, ['Versailles', 'Île-de-France', 'FR']],
    ['Fisherman’s Wharf', 37.808, -122.4177, ['San Francisco', 'California', 'US']],
    ['across its bay', 37.8044, -122.27, ['Oakland', 'California', 'US']],
    ['the Brandenburg gate', 52.5163, 13.3777, ['Berlin', 'State of Berlin', 'DE']],
    ['southern hemisphere', -33.8568, 151.2153, ['Sydney', 'New South Wales', 'AU']],
  ])('%s', (_, latitude, longitude, expected) => {
    expect(nearest(latitude, longitude)).toEqual(expected);
  });

  test('is one of the country that the position is in', () => {
    expect(nearest(48.5734, 7.7521)).toEqual(['Strasbourg', 'Grand Est', 'FR']);
    expect(nearest(48.5745, 7.8129).at(2)).toBe('DE'); // Kehl, across the Rhine
    expect(nearest(47.5622, 7.5763)).toEqual(['Basel', 'Basel-City', 'CH']);
    expect(nearest(41.9022, 12.4539)[2]).toBe('VA');
    expect(nearest(36.14, -5.35)[2]).toBe('GI');
  });

  test('there is none on the open sea, and only a country far from any', () => {
    expect(nearest(60, -30)).toEqual([null, null, null]);
    expect(nearest(70, -150)).toEqual([null, null, 'US']);
  });

  test('across the date line and at the poles', () => {
    expect(gazetteer.nearest(-16.8, 179.99).country).toBe(gazetteer.nearest(-16.8, -179.99).country);
    expect(gazetteer.nearest(90, 0).place).toBeNull();
    expect(gazetteer.nearest(-90, 0).country).toBe('AQ');
  });
});

describe('the places of a name', () => {
  test('the largest first', () => {
    expect(best('Paris')).toEqual({ id: 2988507, name: 'Paris', region: 'Île-de-France', country: 'FR' });
    expect(best('Paris', 'US')).toMatchObject({ name: 'Paris', region: 'Texas' });
    expect(best('Cambridge')).toMatchObject({ country: 'GB' });
    expect(best('Valencia')).toMatchObject({ country: 'ES' });
  });

  test.each([
    ['München', 'Munich'],
    ['MUENCHEN', 'Munich'],
    ['Köln', 'Cologne'],
    ['cologne', 'Cologne'],
    ['Lisboa', 'Lisbon'],
    ['nyc', 'New York City'],
    ['New York', 'New York City'],
    ['Firenze', 'Florence'],
    ['florence', 'Florence'],
    ['zürich', 'Zurich'],
    ['sao paulo', 'São Paulo'],
    ['Saint Louis', 'St. Louis'],
    ['st. petersburg', 'Saint Petersburg'],
    ['Washington, D.C.', 'Washington'],
    ["Xi'an", "Xi'an"],
  ])('%s is %s', (name, expected) => expect(best(name)?.name).toBe(expected));

  test.each([
    ['Bavaria', 'DE'],
    ['Bayern', 'DE'],
    ['California', 'US'],
    ['Tuscany', 'IT'],
    ['Quebec', 'CA'],
    ['Ontario', 'CA'],
    ['Scotland', 'GB'],
  ])('%s is a region in %s', (name, country) => {
    expect(best(name)).toMatchObject({ country, region: null });
    expect(best(name)!.id).toBeLessThan(0);
  });

  test.each(['Madrid', 'Salzburg', 'Berlin', 'Zurich'])('%s is the city and not the region', (name) => {
    expect(best(name)!.id).toBeGreaterThan(0);
  });

  test('every one is found again by its number, and is as the contract says', () => {
    for (const name of ['Paris', 'Springfield', 'Bavaria', 'San Francisco', 'Georgia', 'Vatican City']) {
      const found = gazetteer.named(name);
      expect(found.length).toBeGreaterThan(0);
      for (const place of found) {
        expect(namedPlace.parse(place)).toEqual(place);
        expect(gazetteer.place(place.id)).toEqual(place);
      }
    }
    expect(gazetteer.place(1)).toBeUndefined();
    expect(gazetteer.place(-100_000)).toBeUndefined();
    expect(gazetteer.named('')).toEqual([]);
    expect(gazetteer.named('constructor')).toEqual([]);
  });

  test('positions and populations', () => {
    const { latitude, longitude, population } = gazetteer.position(2988507)!;
    expect([latitude.toFixed(2), longitude.toFixed(2)]).toEqual(['48.85', '2.35']);
    expect(population).toBeGreaterThan(2_000_000);
    expect(gazetteer.position(-3)).toBeUndefined();
  });

  test('names that are also words', () => {
    for (const word of ['Nice', 'reading', 'Turkey', 'orange', 'split'])
      expect([word, gazetteer.isWord(word)]).toEqual([word, true]);
    for (const word of ['Paris', 'Berlin', 'Tokyo']) expect([word, gazetteer.isWord(word)]).toEqual([word, false]);
  });
});

describe('what a place covers', () => {
  const covers = (name: string, near: boolean, latitude: number, longitude: number) =>
    gazetteer.covers(best(name)!, near)(latitude, longitude);

  test('a city is a circle, larger with its surroundings', () => {
    expect(covers('Paris', false, 48.8867, 2.3431)).toBe(true);
    expect(covers('Paris', false, 48.8049, 2.1204)).toBe(false); // Versailles, 17 km
    expect(covers('Paris', true, 48.8049, 2.1204)).toBe(true);
    expect(covers('Paris', true, 49.4431, 1.0993)).toBe(false); // Rouen
    expect(covers('Zermatt', false, 46.02, 7.75)).toBe(true);
    expect(covers('Zermatt', false, 46.1, 7.78)).toBe(false); // Täsch
    expect(covers('Zermatt', true, 46.1, 7.78)).toBe(true);
  });

  test('a photo far out in the country is in its nearest place', () => {
    const [latitude, longitude] = [46.24, 7.75];
    const { place } = gazetteer.nearest(46.02, 7.75);
    expect(gazetteer.covers(place!)(latitude, longitude)).toBe(false);
    expect(gazetteer.covers(place!)(latitude, longitude, place!.id)).toBe(true);
    expect(gazetteer.covers(place!)(latitude, longitude, best('Munich')!.id)).toBe(false);
  });

  test('a region is where the nearest place is one of it', () => {
    expect(covers('Bavaria', false, 48.1374, 11.5755)).toBe(true);
    expect(covers('Bavaria', false, 47.8095, 13.055)).toBe(false); // Salzburg
    expect(covers('Bavaria', true, 47.8095, 13.055)).toBe(true);
    expect(covers('Bavaria', true, 48.2082, 16.3738)).toBe(false); // Vienna
  });

  test('a region with the nearest place known', () => {
    const inBavaria = gazetteer.covers(best('Bavaria')!);
    expect(inBavaria(0, 0, best('Munich')!.id)).toBe(true);
    expect(inBavaria(0, 0, best('Paris')!.id)).toBe(false);
    expect(inBavaria(48.1374, 11.5755, null)).toBe(false);
  });
});

describe('countries', () => {
  test.each([
    ['Switzerland', 'CH'],
    ['holland', 'NL'],
    ['the Netherlands', 'NL'],
    ['UK', 'GB'],
    ['England', 'GB'],
    ['USA', 'US'],
    ['U.S.', 'US'],
    ['America', 'US'],
    ['Czechia', 'CZ'],
    ['Czech Republic', 'CZ'],
    ['Türkiye', 'TR'],
    ['Ivory Coast', 'CI'],
    ['Hong Kong', 'HK'],
  ])('%s is %s', (name, code) => expect(gazetteer.country(name)).toBe(code));

  test('have English names', () => {
    expect(gazetteer.countryName('CN')).toBe('China');
    expect(gazetteer.countryName('NL')).toBe('Netherlands');
    expect(gazetteer.countryName('QQ')).toBe('QQ');
  });

  test('no country', () => {
    for (const text of ['', 'Paris', 'constructor', 'a']) expect(gazetteer.country(text)).toBeUndefined();
  });
});

test('names are folded', () => {
  expect(fold('St. Louis')).toBe('saint louis');
  expect(fold('Łódź')).toBe('lodz');
  expect(fold('Straße')).toBe('strasse');
  expect(fold("Provence-Alpes-Côte d'Azur")).toBe('provence alpes cote dazur');
});
