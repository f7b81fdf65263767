import { describe, expect, it } from 'vitest';
import {
  figure,
  formatAsked,
  formatMeasured,
  formatNumber,
  isMet,
  markdownTable,
  median,
  ratios,
  summary,
  textTable,
  type Asked,
} from '../bench/common/rows.ts';

const row = (runs: number[], asked?: Asked, value?: number) => ({
  id: 'a.row',
  what: 'a query',
  against: 'usearch',
  unit: '×',
  runs,
  ...(asked && { asked }),
  ...(value !== undefined && { value }),
});

describe('the figures of a benchmark', () => {
  it('have a median, which is the mean of the two middle ones where their number is even', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 4])).toBe(4.5);
    expect(median([10, 9, 100])).toBe(10);
    expect(median([])).toBeNaN();
  });

  it('have a spread from the lowest to the highest', () => {
    expect(summary([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
  });

  it('become ratios in pairs that were measured after each other', () => {
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
    expect(() => ratios([1, 2], [1])).toThrow('2 figures cannot be paired with 1');
  });

  it('are the median of the runs, or what the benchmark says', () => {
    expect(figure(row([1, 2, 9]))).toBe(2);
    expect(figure(row([1, 2, 9], undefined, 9))).toBe(9);
  });

  it.each<[number, Asked, boolean]>([
    [1.3, { atMost: 1.3 }, true],
    [1.31, { atMost: 1.3 }, false],
    [0.85, { atLeast: 0.85 }, true],
    [0.84, { atLeast: 0.85 }, false],
    [49.9, { below: 50 }, true],
    [50, { below: 50 }, false],
  ])('of %d are held against %o: %s', (value, asked, met) => {
    expect(isMet(row([value], asked))).toBe(met);
  });

  it('are not held against anything where nothing was asked or measured', () => {
    expect(isMet(row([1]))).toBeUndefined();
    expect(isMet({ id: 'a', what: 'a', asked: { below: 1 }, missing: 'no display' })).toBeUndefined();
  });

  it('are written with three significant digits', () => {
    expect([0, 0.01234, 1.3, 12.345, 123.45, 4321.9, 1_000_000].map(formatNumber)).toEqual([
      '0',
      '0.0123',
      '1.30',
      '12.3',
      '123',
      '4,322',
      '1,000,000',
    ]);
    expect(formatMeasured(row([1.2, 1.5, 1.1]))).toBe('1.20 × (1.10–1.50, 3 runs)');
    expect(formatMeasured(row([1.2]))).toBe('1.20 ×');
    expect(formatMeasured({ id: 'a', what: 'a', missing: 'no display' })).toBe('not measured: no display');
    expect(formatAsked(row([1], { atLeast: 0.5 }))).toBe('≥ 0.5 ×');
    expect(formatAsked({ ...row([1], { below: 50 }), unit: 'ms' })).toBe('< 50 ms');
  });

  it('stand in one table, for a terminal and for a document', () => {
    const rows = [row([1.2], { atMost: 1.3 }), row([1.4], { atMost: 1.3 }), row([5])];
    const lines = textTable(rows).split('\n');
    expect(lines.slice(2).map((line) => line.split(/ {2,}/))).toEqual([
      ['a query', 'usearch', '1.20 ×', '≤ 1.3 ×', 'yes'],
      ['a query', 'usearch', '1.40 ×', '≤ 1.3 ×', 'NO'],
      ['a query', 'usearch', '5.00 ×', '–', '–'],
    ]);
    expect(markdownTable(rows).split('\n')[3]).toBe('| a query | usearch | 1.40 × | ≤ 1.3 × | NO |');
  });
});
