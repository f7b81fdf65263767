/** The options that limit a search: dates, months, countries and places, and what is said of those that mean nothing. */
import { describe, expect, test } from 'vitest';
import { filterOf } from '../../electron/cli/filter-options.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';

const gazetteer = Gazetteer.open();
const filter = (options: Parameters<typeof filterOf>[0]) => filterOf(options, gazetteer);
const place = (near: string, country?: string) => {
  const { name, region, country: code } = filter({ near, ...(country !== undefined && { country }) }).place!;
  return [name, region, code];
};

describe('dates', () => {
  test.each([
    ['2011', '2012-01-01', '2010-12-31'],
    ['2012-02', '2012-03-01', '2012-01-31'],
    ['2011-12', '2012-01-01', '2011-11-30'],
    ['2012-02-29', '2012-03-01', '2012-02-28'],
    ['2012-02-28', '2012-02-29', '2012-02-27'],
    ['2011-12-31', '2012-01-01', '2011-12-30'],
    ['1969', '1970-01-01', '1968-12-31'],
    ['1900-03-01', '1900-03-02', '1900-02-28'],
    ['0050', '0051-01-01', '0049-12-31'],
    ['2100', '2101-01-01', '2099-12-31'],
    [' 2014 ', '2015-01-01', '2013-12-31'],
    ['july 2014', '2014-08-01', '2014-06-30'],
    ['31.12.2014', '2015-01-01', '2014-12-30'],
  ])('%s', (text, from, to) => {
    expect(filter({ after: text })).toEqual({ from });
    expect(filter({ before: text })).toEqual({ to });
  });

  test.each(['2011-02-29', '1900-02-29', '2014-13', '2014-00', '2014-07-32', '2014-7', '', 'dogs', '-5'])(
    '"%s" is none',
    (text) => {
      expect(() => filter({ after: text })).toThrow(/^--after: .* is no date/);
      expect(() => filter({ before: text })).toThrow(/^--before: .* is no date/);
    },
  );

  test('that leave no day are refused', () => {
    expect(() => filter({ after: '2014', before: '2010' })).toThrow('No day is after 2014 and before 2010.');
    expect(() => filter({ after: '2005-12-31', before: '2006-01-01' })).toThrow(/^No day/);
    expect(filter({ after: '2005-12-30', before: '2006-01-01' })).toEqual({ from: '2005-12-31', to: '2005-12-31' });
  });
});

test.each([
  ['7', [7]],
  ['june, july', [6, 7]],
  ['Sept', [9]],
  ['6-8', [6, 7, 8]],
  ['11-2', [11, 12, 1, 2]],
  ['12,1,12', [12, 1]],
])('months %s', (months, expected) => {
  expect(filter({ months }).months).toEqual(expected);
});

test.each(['0', '13', '', 'ju', 'jun-', 'june,,july', '6-8-10', 'summer'])('"%s" is no list of months', (months) => {
  expect(() => filter({ months })).toThrow(/^--months: .* is no (month|range of months)\./);
});

describe('countries', () => {
  test.each([
    ['de', 'DE'],
    ['Germany', 'DE'],
    [' uk ', 'GB'],
    ['Holland', 'NL'],
    ["côte d'ivoire", 'CI'],
    ['the netherlands', 'NL'],
  ])('%s', (country, code) => {
    expect(filter({ country })).toEqual({ country: code });
  });

  // codes that are set aside, and are those of no country
  test.each(['ZZ', 'EU', 'UN', 'QO', 'XX', ''])('"%s" is none', (country) => {
    expect(() => filter({ country })).toThrow(`--country: there is no country "${country}".`);
  });

  test('a region is told to be looked for as one', () => {
    expect(() => filter({ country: 'scotland' })).toThrow('in United Kingdom: --near "scotland".');
  });
});

describe('places', () => {
  test.each([
    ['Paris', ['Paris', 'Île-de-France', 'FR']],
    ['Paris, Texas', ['Paris', 'Texas', 'US']],
    ['paris,us', ['Paris', 'Texas', 'US']],
    ['Springfield, Illinois', ['Springfield', 'Illinois', 'US']],
    ['Kyoto, Japan', ['Kyoto', 'Kyoto', 'JP']],
    ['Georgia', ['Georgia', null, 'US']],
    ['Singapore', ['Singapore', null, 'SG']],
  ])('%s', (text, [name, region, country]) => {
    expect(place(text)[0]).toBe(name);
    if (region !== null) expect(place(text)[1]).toBe(region);
    expect(place(text)[2]).toBe(country);
  });

  test('in a country', () => {
    expect(place('Paris', 'US')).toEqual(['Paris', 'Texas', 'US']);
    expect(place('Italy', 'US')).toEqual(['Italy', 'Texas', 'US']);
    expect(() => place('Paris', 'JP')).toThrow('--near: no place named "Paris" is known in Japan.');
  });

  test('a country is not taken for a village of its name', () => {
    expect(() => place('Italy')).toThrow('--near: "Italy" is a country: --country "Italy".');
  });

  test.each(['', ' ', ',', 'Kyoto, Mars', 'nowhereville'])('"%s" is none', (text) => {
    expect(() => place(text)).toThrow(/^--near: no place named/);
  });
});

test('a camera has a name', () => {
  expect(filter({ camera: ' canon ' })).toEqual({ camera: 'canon' });
  expect(() => filter({ camera: ' ' })).toThrow(/^--camera: /);
});
