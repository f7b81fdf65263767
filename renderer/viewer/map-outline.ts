/**
 * The outlines of land and countries around a point, as SVG paths, from Natural Earth's data (world-atlas, public domain).
 * Units of the paths are degrees of latitude; a degree of longitude is drawn as wide as it is at the view's middle.
 */
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';

export interface MapView {
  /** degrees */
  readonly latitude: number;
  readonly longitude: number;
  /** degrees of latitude from the top to the bottom */
  readonly height: number;
  /** width / height */
  readonly aspect: number;
}

type World = Topology<{ countries: GeometryCollection }>;
type Ring = readonly (readonly number[])[];
interface Outline {
  readonly rings: readonly Ring[];
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** The corners of a view: x and y of its top left, width and height, in the units of the paths. */
export function viewBox({ latitude, height, aspect }: MapView): [x: number, y: number, width: number, height: number] {
  const middle = clampedMiddle(latitude, height);
  return [(-height * aspect) / 2, -middle - height / 2, height * aspect, height];
}

/** Where the view's point lies, in the units of the paths. */
export const pointOf = ({ latitude }: MapView): { x: number; y: number } => ({ x: 0, y: -latitude });

/** No view goes beyond the poles. */
function clampedMiddle(latitude: number, height: number): number {
  const most = Math.max(0, 90 - height / 2);
  return Math.min(most, Math.max(-most, latitude));
}

/** Reads the outlines of all countries once. */
export function outlinesOf(world: World): readonly Outline[] {
  return feature(world, world.objects.countries).features.flatMap(({ geometry }) => {
    if (geometry.type === 'Polygon') return [outline(geometry.coordinates)];
    return geometry.type === 'MultiPolygon' ? geometry.coordinates.map(outline) : [];
  });
}

/**
 * In the data a ring that crosses the 180th meridian goes on at -180; drawn so, it would run across the whole map. Here it goes
 * on beyond 180, and one around a pole (Antarctica) is closed along the pole.
 */
function unrolled(ring: Ring): Ring {
  let turn = 0;
  let before = ring[0]![0]!;
  const points = ring.map(([longitude, latitude]) => {
    if (longitude! - before > 180) turn -= 360;
    if (before - longitude! > 180) turn += 360;
    before = longitude!;
    return [longitude! + turn, latitude!];
  });
  const [first, last] = [points[0]!, points.at(-1)!];
  if (Math.abs(last[0]! - first[0]!) < 180) return points;
  const pole = Math.sign(first[1]!) * 90;
  return [...points, [last[0]!, pole], [first[0]!, pole]];
}

function outline(sphere: readonly Ring[]): Outline {
  const rings = sphere.map(unrolled);
  const longitudes = rings.flatMap((ring) => ring.map((position) => position[0]!));
  const latitudes = rings.flatMap((ring) => ring.map((position) => position[1]!));
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  return { rings, west: least(longitudes), east: most(longitudes), south: least(latitudes), north: most(latitudes) };
}

/** @returns the path of all countries that a view shows, also across the 180th meridian */
export function pathOf(outlines: readonly Outline[], view: MapView): string {
  const [, top, width, height] = viewBox(view);
  const scale = Math.max(0.05, Math.cos((view.latitude * Math.PI) / 180));
  const halfWidth = width / 2 / scale;
  const north = -top;
  const south = north - height;
  const parts: string[] = [];
  for (const turn of [-360, 0, 360]) {
    const shift = turn - view.longitude;
    for (const { rings, west, east, south: low, north: high } of outlines) {
      if (west + shift > halfWidth || east + shift < -halfWidth || low > north || high < south) continue;
      for (const ring of rings) {
        const points = ring.map(
          ([longitude, latitude]) => `${rounded((longitude! + shift) * scale, height)} ${rounded(-latitude!, height)}`,
        );
        parts.push(`M${points.join('L')}Z`);
      }
    }
  }
  return parts.join('');
}

/** A thousandth of the view's height is finer than its pixels. */
function rounded(value: number, height: number): string {
  return value.toFixed(height < 10 ? 3 : height < 60 ? 2 : 1);
}
