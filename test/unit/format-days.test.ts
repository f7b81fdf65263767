import { describe, expect, it } from 'vitest';
import { countryName, daysText, type Days } from '../../electron/ipc/format.ts';

describe('days in words', () => {
  const cases: readonly (readonly [Days, string])[] = [
    [{}, ''],
    [{ from: '2019-12-25', to: '2019-12-25' }, '25 December 2019'],
    [{ from: '2014-07-01', to: '2014-07-31' }, 'July 2014'],
    [{ from: '2016-02-01', to: '2016-02-29' }, 'February 2016'],
    [{ from: '2015-02-01', to: '2015-02-28' }, 'February 2015'],
    [{ from: '2016-02-01', to: '2016-02-28' }, '1 – 28 February 2016'],
    [{ from: '2012-01-01', to: '2012-12-31' }, '2012'],
    [{ from: '2012-01-01', to: '2014-12-31' }, '2012 – 2014'],
    [{ from: '2018-03-01', to: '2018-05-31' }, 'March – May 2018'],
    [{ from: '2013-12-01', to: '2014-02-28' }, 'December 2013 – February 2014'],
    [{ from: '2026-11-12', to: '2026-11-26' }, '12 – 26 November 2026'],
    [{ from: '2018-03-03', to: '2018-05-05' }, '3 March – 5 May 2018'],
    [{ from: '2019-12-30', to: '2020-01-02' }, '30 December 2019 – 2 January 2020'],
    [{ to: '2009-12-31' }, 'before 2010'],
    [{ to: '2014-07-31' }, 'before August 2014'],
    [{ to: '2014-05-05' }, 'until 5 May 2014'],
    [{ from: '2020-01-01' }, 'since 2020'],
    [{ from: '2014-07-01' }, 'since July 2014'],
    [{ from: '2014-05-03' }, 'since 3 May 2014'],
    [{ months: [7] }, 'July of any year'],
    [{ months: [6, 7, 8] }, 'June – August of any year'],
    [{ months: [12, 1, 2] }, 'December – February of any year'],
    [{ months: [4, 3] }, 'March, April of any year'],
    [{ months: [3, 6, 7, 8] }, 'March, June – August of any year'],
    [{ months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }, ''],
    [{ months: [8], from: '2010-01-01' }, 'August, since 2010'],
  ];
  it.each(cases)('%o: %s', (days, words) => expect(daysText(days)).toBe(words));

  it('a country', () => {
    expect(countryName('CH')).toBe('Switzerland');
  });
});
