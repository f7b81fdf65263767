import { describe, expect, it } from 'vitest';
import type { SearchForm, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { partText, searchText, askingTexts } from '../../renderer/base/asking-texts.ts';
import { filterOf, partsOf, replaced, searchKey, stillSaid, withoutWords } from '../../renderer/state/search-parts.ts';
import { daysOfMonths, histogramOf, monthsOfDays } from '../../renderer/search/filters/histogram.ts';
import { only, without } from '../../electron/ipc/filter-aspects.ts';

const paris = { id: 2988507, name: 'Paris', region: 'Île-de-France', country: 'FR' };
const part = (more: Partial<UnderstoodPart>): UnderstoodPart => ({
  aspect: 'when',
  at: null,
  filter: {},
  not: null,
  without: null,
  ...more,
});
const form = (more: Partial<SearchForm> = {}): SearchForm => ({
  text: '',
  filter: {},
  literal: [],
  like: [],
  order: 'relevance',
  ...more,
});

describe('the parts of a search', () => {
  const filter = { from: '2014-07-01', to: '2014-07-31', place: paris, near: true, favourite: true } as const;

  it('has one part for each aspect that is limited', () => {
    expect(partsOf(filter).map(({ aspect }) => aspect)).toEqual(['when', 'where', 'favourite']);
    expect(filterOf(partsOf(filter))).toEqual(filter);
    expect(only(filter, 'where')).toEqual({ place: paris, near: true });
    expect(without(filter, 'where')).toEqual({ from: '2014-07-01', to: '2014-07-31', favourite: true });
  });

  it('keeps its order when one is replaced, and loses one that has no limit any more', () => {
    const parts = partsOf(filter);
    const other = replaced(parts, 'where', { country: 'FR' });
    expect(other.map(({ aspect }) => aspect)).toEqual(['when', 'where', 'favourite']);
    expect(filterOf(replaced(parts, 'where', {}))).toEqual({ from: '2014-07-01', to: '2014-07-31', favourite: true });
    expect(replaced([], 'camera', { camera: 'Nikon' })).toHaveLength(1);
  });

  it('leaves the sentence without a gap or a comma where its words were', () => {
    expect(withoutWords('beach in July 2014', [6, 18])).toBe('beach');
    expect(withoutWords('birthday cake, March 3rd 2015', [15, 29])).toBe('birthday cake');
    expect(withoutWords('food in Tokyo last year', [5, 13])).toBe('food last year');
    expect(withoutWords('near Berlin', [0, 11])).toBe('');
    expect(withoutWords('boats in Paris, at night', [6, 14])).toBe('boats, at night');
  });

  it('forgets words that are not in the sentence any more', () => {
    expect(stillSaid(['in Paris', 'in 2014'], 'a dog In Paris')).toEqual(['in Paris']);
  });

  it('is the same search in any order of its fields, and none where nothing is asked', () => {
    expect(searchKey(form({ filter: { camera: 'a', to: '2014-01-01' } }))).toBe(
      searchKey(form({ filter: { to: '2014-01-01', camera: 'a' } })),
    );
    expect(searchKey(form({ text: ' ', order: 'date' }))).toBe('');
    expect(searchKey(form({ like: [{ content: 1 }] }))).not.toBe('');
  });
});

describe('a part in words', () => {
  it.each([
    [part({ filter: { from: '2014-07-01', to: '2014-07-31' } }), 'July 2014'],
    [part({ filter: { to: '2009-12-31' } }), 'Before 2010'],
    [part({ aspect: 'where', filter: { place: paris } }), 'Paris, France'],
    [part({ aspect: 'where', filter: { place: paris, near: true } }), 'Near Paris, France'],
    [part({ aspect: 'where', filter: { country: 'CH' } }), 'Switzerland'],
    [part({ aspect: 'camera', filter: { camera: 'Nikon' } }), 'Nikon'],
    [part({ aspect: 'kind', filter: { kind: 'screenshot' } }), 'Screenshots'],
    [part({ aspect: 'folder', filter: { folder: 'C:\\Photos\\Norway' } }), 'Norway'],
    [part({ aspect: 'favourite', filter: { favourite: true } }), 'Favourites'],
    [part({ aspect: 'not', not: 'beach' }), 'not beach'],
  ])('%o: %s', (of, words) => expect(partText(of)).toBe(words));

  it('names the photos that several leave', () => {
    const { title } = askingTexts.nothingLeft;
    const parts = partsOf({ from: '2014-07-01', to: '2014-07-31', place: paris, camera: 'Nikon', kind: 'screenshot' });
    expect(title(parts)).toBe('No screenshots from July 2014 in Paris taken with Nikon');
    expect(title(partsOf({ to: '2009-12-31', favourite: true }))).toBe('No favourite photos before 2010');
    expect(title(partsOf({ months: [8] }))).toBe('No photos from August of any year');
    const not = (words: string) => part({ aspect: 'not', not: words });
    expect(title([not('dogs')])).toBe('No photos without dogs');
    expect(title([not('dogs'), not('at night'), not('cats'), not('snow')])).toBe(
      'No photos without dogs, cats or snow not at night',
    );
  });

  it('names a search by its sentence, and by what was set by hand', () => {
    expect(searchText(form({ text: 'a dog in Paris' }), [part({ aspect: 'where', at: [6, 14] })])).toBe(
      'a dog in Paris',
    );
    expect(searchText(form({ like: [{ content: 1 }] }), partsOf({ camera: 'Nikon' }))).toBe('Photos like this, Nikon');
  });
});

describe('the histogram of dates', () => {
  it('has a bar for each month, those without photos, too', () => {
    const histogram = histogramOf([
      { month: 201412, photos: 3 },
      { month: 201503, photos: 9 },
    ])!;
    expect(histogram.bars.map(({ photos }) => photos)).toEqual([3, 0, 0, 9]);
    expect(histogram.most).toBe(9);
    expect(histogramOf([])).toBeNull();
  });

  it('has wider bars for many years, and loses no photo', () => {
    const months = Array.from({ length: 45 }, (_, i) => ({ month: (1980 + i) * 100 + 6, photos: i + 1 }));
    const { bars, years } = histogramOf(months)!;
    expect(bars.length).toBeLessThanOrEqual(84);
    expect(bars.reduce((sum, { photos }) => sum + photos, 0)).toBe((45 * 46) / 2);
    expect(years.length).toBeLessThanOrEqual(5);
  });

  it('sets no limit where the photos end, and whole months elsewhere', () => {
    const { first, last } = histogramOf([
      { month: 201401, photos: 1 },
      { month: 201612, photos: 1 },
    ])!;
    const all = { first, last };
    expect(daysOfMonths(first, last, all)).toEqual({});
    expect(daysOfMonths(first + 13, first + 13, all)).toEqual({ from: '2015-02-01', to: '2015-02-28' });
    expect(daysOfMonths(first, first + 25, all)).toEqual({ to: '2016-02-29' });
    expect(monthsOfDays({ from: '2015-02-01', to: '2015-02-28' }, all)).toEqual({ from: first + 13, to: first + 13 });
    expect(monthsOfDays({ from: '1990-02-01' }, all)).toEqual({ from: first, to: last });
  });
});
