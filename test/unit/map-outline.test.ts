import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { outlinesOf, pathOf, pointOf, viewBox } from '../../renderer/viewer/map-outline.ts';

let outlines: ReturnType<typeof outlinesOf>;
beforeAll(() => {
  const world = createRequire(import.meta.url)('world-atlas/countries-50m.json') as Parameters<typeof outlinesOf>[0];
  outlines = outlinesOf(world);
});

/** Whether a point of the view lies on land: the even-odd rule over the path, as the window fills it. */
function onLand(path: string, x: number, y: number): boolean {
  let inside = false;
  for (const ring of path.split('Z').filter(Boolean)) {
    const points = ring
      .slice(1)
      .split('L')
      .map((point) => point.split(' ').map(Number) as [number, number]);
    points.forEach(([x1, y1], i) => {
      const [x2, y2] = points[(i + 1) % points.length]!;
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    });
  }
  return inside;
}

describe('the map of a photo’s place', () => {
  it.each([
    ['Zürich', 47.3769, 8.5417, true],
    ['Sydney’s west', -33.8, 150.9, true],
    ['the Atlantic', 30, -40, false],
    ['the Bay of Biscay', 45, -4, false],
    ['Fiji, at the 180th meridian', -17.8, 178, true],
    ['the Chukchi Peninsula, beyond the 180th meridian', 66, -173, true],
    ['Antarctica', -80, 0, true],
    ['the South Pole', -89.9, 100, true],
  ])('%s', (_, latitude, longitude, land) => {
    for (const height of [3, 10, 40, 180]) {
      const view = { latitude, longitude, height, aspect: 1.6 };
      const { x, y } = pointOf(view);
      expect(onLand(pathOf(outlines, view), x, y), `${height} degrees`).toBe(land);
      const [left, top, width, high] = viewBox(view);
      expect(x).toBeGreaterThanOrEqual(left);
      expect(x).toBeLessThanOrEqual(left + width);
      expect(y).toBeGreaterThanOrEqual(top - 1e-9);
      expect(y).toBeLessThanOrEqual(top + high + 1e-9);
    }
  });

  it('a near view needs a small part of the data', () => {
    const near = pathOf(outlines, { latitude: 47, longitude: 8, height: 3, aspect: 1.6 });
    const world = pathOf(outlines, { latitude: 47, longitude: 8, height: 180, aspect: 1.6 });
    expect(near.length).toBeLessThan(world.length / 10);
  });
});
