import { describe, expect, it } from 'vitest';
import { growthChart, looks } from '../bench/common/growth-chart.ts';

const row = (name: string, photos: number, value: number, walk?: number) => ({
  ...{ id: `growth.${name}.${photos}`, what: '', unit: '', runs: [value] },
  ...(walk === undefined ? {} : { raw: { 'a plain stat walk s': [walk] } }),
});
/** [x, y] of the points of a colour */
const pointsOf = (svg: string, colour: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3.5" fill="(#\w+)"/g)]
    .filter(([, , , fill]) => fill === colour)
    .map(([, x, y]) => [Number(x), Number(y)] as const);

describe('the chart of growth', () => {
  it('places a value by the logarithms of both, in the order of the photos', () => {
    const rows = [row('scan', 1_000_000, 10, 5), row('scan', 1000, 0.01, 0.005), row('scan', 10_000, 0.1, 0.05)];
    const svg = growthChart(rows, looks.light);
    const [first, second, third] = pointsOf(svg, looks.light.ink);
    expect([first![0], second![0], third![0]]).toEqual([52, 52 + 230 / 3, 282].map((x) => Number(x.toFixed(1))));
    // a cost that grows as the photos do is a straight line
    const slope = (a: readonly [number, number], b: readonly [number, number]) => (b[1] - a[1]) / (b[0] - a[0]);
    expect(slope(first!, second!)).toBeCloseTo(slope(second!, third!), 1);
    expect(slope(first!, second!)).toBeLessThan(0);
    expect(pointsOf(svg, looks.light.other)).toHaveLength(3);
    expect(svg).toContain('>0.100<');
  });

  it('leaves out what was not measured', () => {
    const missing = { id: 'growth.start.1000', what: '', missing: 'no display' };
    const svg = growthChart([missing, row('database', 1000, 5.5)], looks.dark);
    expect(pointsOf(svg, looks.dark.ink)).toHaveLength(1);
    expect(svg).not.toContain('Start to the first answer');
    expect(svg).toContain('Database, a photo');
  });
});
