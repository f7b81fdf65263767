import { describe, expect, it } from 'vitest';
import {
  headingOf,
  headingSpan,
  layoutGrid,
  placesWithin,
  rowCount,
  rowOf,
  rowsBetween,
  scrollMap,
  type GridOptions,
} from '../../renderer/search/layout.ts';

const aspectsOf = (count: number, seed = 1) => {
  const shapes = [1.5, 0.667, 1.333, 1, 1.778, 0.75];
  return Float32Array.from({ length: count }, (_, i) => shapes[(i * 7 + seed) % shapes.length]!);
};
const options = (more: Partial<GridOptions> = {}): GridOptions => ({
  kind: 'justified',
  width: 1000,
  size: 180,
  gap: 4,
  count: Infinity,
  ...more,
});

describe('the justified grid', () => {
  it('fills every row but the last to the right edge, photo by photo, with whole pixels', () => {
    const layout = layoutGrid(aspectsOf(200), options());
    for (let row = 0; row + 1 < rowCount(layout); row++) {
      const first = layout.rowStart[row]!;
      const last = layout.rowStart[row + 1]! - 1;
      expect(layout.x[first]).toBe(0);
      expect(layout.x[last]! + layout.width[last]!).toBe(1000);
      for (let i = first; i < last; i++) expect(layout.x[i + 1]).toBe(layout.x[i]! + layout.width[i]! + 4);
    }
  });

  it('keeps rows near the height aimed at', () => {
    const layout = layoutGrid(aspectsOf(500), options());
    for (const height of layout.rowHeight) {
      expect(height).toBeGreaterThan(180 * 0.7);
      expect(height).toBeLessThan(180 * 1.4);
    }
  });

  it('keeps the shape of each photo', () => {
    const aspects = aspectsOf(60);
    const layout = layoutGrid(aspects, options());
    for (let i = 0; i < 60; i++) {
      const shown = layout.width[i]! / layout.rowHeight[rowOf(layout, i)]!;
      expect(Math.abs(shown / aspects[i]! - 1)).toBeLessThan(0.02);
    }
  });

  it('does not stretch a single photo over the whole width', () => {
    const layout = layoutGrid(Float32Array.of(1.5), options());
    expect(layout.rowHeight[0]).toBe(180);
    expect(layout.width[0]).toBe(270);
    expect(layout.height).toBe(180);
  });

  it('gives very narrow, very wide and unknown shapes a place', () => {
    const layout = layoutGrid(Float32Array.of(0.001, 40, 0, NaN, 1), options({ width: 500 }));
    for (let i = 0; i < 5; i++) {
      expect(layout.width[i]).toBeGreaterThanOrEqual(1);
      expect(layout.x[i]! + layout.width[i]!).toBeLessThanOrEqual(500);
    }
  });

  it('starts a row at the break and leaves room above it', () => {
    const layout = layoutGrid(aspectsOf(100), options({ breakAt: 23, breakHeight: 60 }));
    const row = rowOf(layout, 23);
    expect(layout.rowStart[row]).toBe(23);
    expect(layout.rowTop[row]! - (layout.rowTop[row - 1]! + layout.rowHeight[row - 1]!)).toBe(64);
  });

  it('lays out only as many as asked for', () => {
    const layout = layoutGrid(aspectsOf(100), options({ count: 23 }));
    expect(layout.x.length).toBe(23);
    expect(layout.rowStart.at(-1)).toBe(23);
  });

  it('lays out 100,000 photos within a frame or two', () => {
    const aspects = aspectsOf(100_000);
    layoutGrid(aspects, options());
    const start = performance.now();
    layoutGrid(aspects, options());
    expect(performance.now() - start).toBeLessThan(60);
  });
});

describe('the square grid', () => {
  it('puts as many equal squares in a row as fit', () => {
    const layout = layoutGrid(aspectsOf(11), options({ kind: 'square', width: 812, size: 200 }));
    expect(layout.columns).toBe(4);
    expect([...layout.rowStart]).toEqual([0, 4, 8, 11]);
    expect(layout.x[3]! + layout.width[3]!).toBe(812);
    expect(layout.width[9]).toBe(layout.rowHeight[2]);
  });

  it('has one column in a window narrower than a photo', () => {
    const layout = layoutGrid(aspectsOf(3), options({ kind: 'square', width: 120, size: 400 }));
    expect(layout.columns).toBe(1);
    expect(layout.width[0]).toBe(120);
  });
});

describe('headings', () => {
  const headings = Int32Array.of(0, 23, 24, 90);
  const layout = layoutGrid(aspectsOf(100), options({ headings, headingHeight: 44 }));

  it('have a row of their own above the first photo of each part', () => {
    expect([...layout.headingTop].length).toBe(4);
    for (const [i, first] of headings.entries()) {
      const row = rowOf(layout, first);
      expect(layout.rowStart[row]).toBe(first);
      expect(layout.headingRow[i]).toBe(row);
      expect(layout.rowTop[row]).toBe(layout.headingTop[i]! + 44);
      if (row > 0) expect(layout.headingTop[i]).toBe(layout.rowTop[row - 1]! + layout.rowHeight[row - 1]! + 4);
    }
    expect(layout.headingTop[0]).toBe(0);
  });

  it('are found by row, and span their rows', () => {
    for (let row = 0; row < rowCount(layout); row++) {
      const first = layout.rowStart[row]!;
      const heading = headingOf(layout, row);
      expect(headings[heading]).toBeLessThanOrEqual(first);
      expect(headings[heading + 1] ?? 100).toBeGreaterThan(first);
      const { top, bottom } = headingSpan(layout, heading);
      expect(layout.rowTop[row]).toBeGreaterThan(top);
      expect(layout.rowTop[row]! + layout.rowHeight[row]!).toBeLessThanOrEqual(bottom);
    }
    expect(headingOf(layoutGrid(aspectsOf(9), options()), 0)).toBe(-1);
  });

  it('go together with the divider of a ranking', () => {
    const both = layoutGrid(
      aspectsOf(60),
      options({ headings: Int32Array.of(0, 30), headingHeight: 44, breakAt: 40, breakHeight: 60 }),
    );
    expect(both.rowStart).toContain(30);
    expect(both.rowStart).toContain(40);
  });

  it('of 240 months cost 100,000 photos next to nothing', () => {
    const aspects = aspectsOf(100_000);
    const months = Int32Array.from({ length: 240 }, (_, i) => i * 416);
    const time = (more: Partial<GridOptions>) => {
      const start = performance.now();
      layoutGrid(aspects, options(more));
      return performance.now() - start;
    };
    time({});
    expect(time({ headings: months, headingHeight: 44 })).toBeLessThan(60);
  });
});

describe('a rectangle that is drawn over the grid', () => {
  const layout = layoutGrid(aspectsOf(11), options({ kind: 'square', width: 812, size: 200 }));

  it('touches the photos below it, from whichever corner it is drawn', () => {
    expect(placesWithin(layout, { x1: 210, y1: 100, x2: 450, y2: 250 })).toEqual([1, 2, 5, 6]);
    expect(placesWithin(layout, { x1: 450, y1: 250, x2: 210, y2: 100 })).toEqual([1, 2, 5, 6]);
  });

  it('touches none in a gap, beside the grid or below it', () => {
    expect(placesWithin(layout, { x1: 201, y1: 0, x2: 202, y2: 100 })).toEqual([]);
    expect(placesWithin(layout, { x1: -40, y1: 0, x2: -1, y2: 900 })).toEqual([]);
    expect(placesWithin(layout, { x1: 0, y1: 2000, x2: 800, y2: 2100 })).toEqual([]);
  });
});

describe('finding rows', () => {
  const layout = layoutGrid(aspectsOf(3000), options());

  it('finds the row of every photo', () => {
    for (let i = 0; i < 3000; i++) {
      const row = rowOf(layout, i);
      expect(layout.rowStart[row]).toBeLessThanOrEqual(i);
      expect(layout.rowStart[row + 1]).toBeGreaterThan(i);
    }
  });

  it('names exactly the rows that touch a stretch', () => {
    for (const top of [0, 333.5, 5000, layout.height - 100]) {
      const bottom = top + 700;
      const expected = [...layout.rowTop.keys()].filter(
        (row) => layout.rowTop[row]! <= bottom && layout.rowTop[row]! + layout.rowHeight[row]! >= top,
      );
      const { first, end } = rowsBetween(layout, top, bottom);
      expect([first, end - 1]).toEqual([expected[0], expected.at(-1)]);
    }
  });

  it('is at ease with no photos', () => {
    const empty = layoutGrid(new Float32Array(0), options());
    expect(empty.height).toBe(0);
    expect(rowsBetween(empty, 0, 500)).toEqual({ first: 0, end: 0 });
  });
});

describe('scrolling', () => {
  it('is one to one for ordinary heights', () => {
    const map = scrollMap(3_400_000, 700);
    expect(map.canvas).toBe(3_400_000);
    expect(map.toLayout(1234)).toBe(1234);
  });

  it('reaches the end of a grid that is higher than Chromium can scroll', () => {
    const map = scrollMap(80_000_000, 700);
    expect(map.canvas).toBeLessThan(2 ** 25);
    expect(map.toLayout(map.canvas - 700)).toBeCloseTo(80_000_000 - 700, 0);
    expect(map.toScroll(map.toLayout(5_000_000))).toBeCloseTo(5_000_000, 3);
  });
});
