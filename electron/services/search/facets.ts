/** What the photos that a search leaves have, with counts: for filters by hand. */
import path from 'node:path';
import type { Facets, SearchFilter } from '../../ipc/contract.ts';
import { isInside } from '../shared/paths.ts';
import type { FilterAspect } from '../../ipc/filter-aspects.ts';
import { kinds, type PhotoColumns, type Places } from './photo-columns.ts';

/** Of each list, the most frequent ones. */
const longestList = 200;

export interface Counted {
  readonly columns: PhotoColumns;
  readonly places: Places | null;
  readonly filter: SearchFilter;
  /** by row, 1 where the photo passes all that is no filter: it is indexed, and does not show what must not be seen */
  readonly others: Uint8Array;
  /** the folders of the library */
  readonly roots: readonly string[];
}

/**
 * Each aspect is counted without its own limit, and by the rule of its filter: the count is what choosing it leaves. A camera
 * and its successor ("EOS 5D", "EOS 5D Mark II"), a city and its suburb, a folder and the one around it count the same photos.
 */
export function countFacets({ columns, places, filter, others, roots }: Counted): Facets {
  const left = (but: FilterAspect) => {
    const selected = columns.select(filter, places, but);
    for (let row = 0; row < selected.length; row++) selected[row]! &= others[row]!;
    return selected;
  };
  const where = left('where');
  const kindCounts = tally(columns.kinds.data, left('kind'));
  const cameraCounts = named(tally(columns.cameras.data, left('camera')), columns.cameraTexts.values);
  const folderCounts = named(tally(columns.folders.data, left('folder')), columns.folderTexts.values);
  return {
    months: monthCounts(columns.days.data, left('when')),
    places: placeCounts(columns, places, where),
    countries: sorted(
      named(tally(columns.countries.data, where), columns.countryTexts.values).map(([country, photos]) => ({
        country,
        photos,
      })),
    ),
    cameras: sorted(
      cameraCounts.map(([camera]) => {
        const wanted = camera.toLowerCase();
        const matching = cameraCounts.filter(([other]) => other.toLowerCase().includes(wanted));
        return { camera, photos: matching.reduce((sum, [, photos]) => sum + photos, 0) };
      }),
    ),
    kinds: sorted(kinds.flatMap((kind, i) => (kindCounts.get(i + 1) ? { kind, photos: kindCounts.get(i + 1)! } : []))),
    folders: sorted(withFoldersAround(folderCounts, roots).map(([folder, photos]) => ({ folder, photos }))),
    favourites: tally(columns.favourites.data, left('favourite')).get(1) ?? 0,
  };
}

type Numbers = ArrayLike<number>;

function tally(values: Numbers, selected: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = 0; row < selected.length; row++) {
    if (selected[row] === 1) counts.set(values[row]!, (counts.get(values[row]!) ?? 0) + 1);
  }
  return counts;
}

/** Of photos that have none, nothing is counted. */
function named(counts: ReadonlyMap<number, number>, values: readonly string[]): [string, number][] {
  return [...counts].filter(([number]) => number > 0).map(([number, photos]) => [values[number]!, photos]);
}

function sorted<T extends { readonly photos: number }>(counts: readonly T[]): T[] {
  return counts.toSorted((a, b) => b.photos - a.photos).slice(0, longestList);
}

function monthCounts(days: Int32Array, selected: Uint8Array): Facets['months'] {
  const counts = new Map<number, number>();
  for (let row = 0; row < selected.length; row++) {
    if (selected[row] === 0) continue;
    const month = Math.floor(days[row]! / 100);
    counts.set(month, (counts.get(month) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([month, photos]) => ({ month, photos }));
}

/** The places that are the nearest of a photo, the most frequent ones, each with all photos that it covers. */
function placeCounts(columns: PhotoColumns, places: Places | null, selected: Uint8Array): Facets['places'] {
  const nearest = [...tally(columns.places.data, selected)].filter(([id]) => id !== 0).sort(([, a], [, b]) => b - a);
  return sorted(
    nearest.slice(0, longestList).flatMap(([id]) => {
      const place = places?.place(id);
      if (!place) return [];
      let photos = 0;
      for (const row of columns.covered(place, places)) photos += selected[row]!;
      return { place, photos };
    }),
  );
}

/** Folders, and those around them up to the folders of the library. */
export function foldersAround(folders: readonly string[], roots: readonly string[]): string[] {
  return withFoldersAround(
    folders.map((folder) => [folder, 0]),
    roots,
  ).map(([folder]) => folder);
}

/** A folder counts the photos in it and below it, up to the folders of the library. */
function withFoldersAround(
  counts: readonly (readonly [string, number])[],
  roots: readonly string[],
): [string, number][] {
  const sums = new Map<string, number>();
  for (const [folder, photos] of counts) {
    const root = roots.find((one) => isInside(folder, one));
    for (let at = folder; ; at = path.dirname(at)) {
      sums.set(at, (sums.get(at) ?? 0) + photos);
      if (root === undefined || at === root || path.dirname(at) === at) break;
    }
  }
  // of the same count, the outer folder first
  return [...sums].sort(([a], [b]) => a.length - b.length);
}
