/** Which fields of a filter belong together: they make one part of a search. Without zod, so that the window's page can have it. */
import type { SearchAspect, SearchFilter } from './search-form.ts';

export type FilterAspect = Exclude<SearchAspect, 'not'>;

const fields = {
  when: ['from', 'to', 'months'],
  where: ['place', 'near', 'country'],
  camera: ['camera'],
  kind: ['kind'],
  folder: ['folder'],
  favourite: ['favourite'],
} as const satisfies Record<FilterAspect, readonly (keyof SearchFilter)[]>;

export const filterAspects = Object.keys(fields) as readonly FilterAspect[];

const aspectOf = new Map(filterAspects.flatMap((aspect) => fields[aspect].map((field) => [field as string, aspect])));

const restricted = (filter: SearchFilter, keep: (aspect: FilterAspect | undefined) => boolean): SearchFilter =>
  Object.fromEntries(Object.entries(filter).filter(([field]) => keep(aspectOf.get(field))));

/** The fields of one aspect. */
export const only = (filter: SearchFilter, aspect: FilterAspect): SearchFilter =>
  restricted(filter, (of) => of === aspect);
/** The fields of all other aspects. */
export const without = (filter: SearchFilter, aspect: FilterAspect): SearchFilter =>
  restricted(filter, (of) => of !== aspect);
