import { describe, expect, it } from 'vitest';
import { monthAt, monthName, monthOfDay, monthsOf, yearLabels, yearStep } from '../../renderer/search/months.ts';

describe('months of a list', () => {
  const days = Int32Array.of(20140720, 20140702, 20140630, 20130105, 0);
  const shown = (follows = [0, 0, 0, 0, 0], sizes = [0, 0, 0, 0, 0]) => ({
    indices: Int32Array.of(0, 1, 2, 3, 4),
    follows: Uint8Array.from(follows),
    sizes: Int32Array.from(sizes),
  });

  it('begin where another month is', () => {
    const { starts, months, photos } = monthsOf(days, shown());
    expect([...starts]).toEqual([0, 2, 3, 4]);
    expect([...months]).toEqual([201407, 201406, 201301, 0]);
    expect([...photos]).toEqual([2, 1, 1, 1]);
    expect([0, 1, 2, 3, 4].map((place) => monthAt(starts, place))).toEqual([0, 0, 1, 2, 3]);
  });

  it('are not begun by a photo of an opened stack', () => {
    const { starts, photos } = monthsOf(days, shown([0, 0, 1, 0, 0], [0, 2, 0, 0, 0]));
    expect([...starts]).toEqual([0, 3, 4]);
    expect([...photos]).toEqual([3, 1, 1]);
  });

  it('count all photos of a closed stack', () => {
    expect([...monthsOf(days, shown(undefined, [0, 4, 0, 0, 0])).photos]).toEqual([5, 1, 1, 1]);
  });

  it('have names in every time zone, and none where there is no date', () => {
    expect(monthOfDay(20140720)).toBe(201407);
    expect(monthName(201407)).toBe('July 2014');
    expect(monthName(201401)).toBe('January 2014');
    expect(monthName(0)).toBeNull();
  });
});

describe('years beside the scrubber', () => {
  const months = Int32Array.of(201412, 201411, 201402, 201312, 201301, 201205);

  it('are stepped over, forwards and backwards to their first month', () => {
    expect(yearStep(months, 1, 1)).toBe(3);
    expect(yearStep(months, 5, -1)).toBe(3);
    expect(yearStep(months, 4, -1)).toBe(0);
    expect(yearStep(months, 0, -1)).toBe(0);
    expect(yearStep(months, 5, 1)).toBe(5);
  });

  it('are written where there is room', () => {
    const tops = Float64Array.of(0, 10, 20, 30, 60, 70);
    expect(yearLabels(months, tops, 18, 100)).toEqual([
      { year: 2014, top: 0 },
      { year: 2013, top: 30 },
      { year: 2012, top: 70 },
    ]);
    expect(yearLabels(months, tops, 45, 100)).toEqual([
      { year: 2014, top: 0 },
      { year: 2012, top: 55 },
    ]);
  });
});
