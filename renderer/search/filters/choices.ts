/** What can be chosen of each aspect: the values that the photos have, and the one that is chosen even where none has it. */
import type { Facets, SearchFilter } from '../../../electron/ipc/contract.ts';
import { countryName, fileName } from '../../../electron/ipc/format.ts';
import { texts } from '../../base/texts.ts';
import type { FilterAspect } from '../../../electron/ipc/filter-aspects.ts';
import type { Choice } from './ChoiceList.svelte';

/** Sets an aspect; no fields: no limit. */
type Set = (aspect: FilterAspect, fields: SearchFilter) => void;
interface Value {
  readonly key: string;
  readonly name: string;
  readonly more?: string;
  readonly photos: number | null;
  readonly fields: SearchFilter;
  /** it fits what is chosen: a sentence may name a part of it, such as a camera's maker */
  readonly fits: boolean;
  readonly exact: boolean;
}

/** @param chosen stands first where no photo has it */
function choicesOf(aspect: FilterAspect, values: readonly Value[], chosen: Value | null, set: Set): Choice[] {
  const missing = chosen && !values.some(({ key }) => key === chosen.key) && !values.some(({ fits }) => fits);
  return (missing ? [chosen, ...values] : values).map(({ fields, fits, exact, ...value }) => ({
    ...value,
    chosen: fits,
    choose: () => set(aspect, exact ? {} : fields),
  }));
}

export function cameras(facets: Facets, { camera }: SearchFilter, set: Set): Choice[] {
  const wanted = camera?.toLowerCase();
  const value = (name: string, photos: number | null): Value => ({
    key: name,
    name,
    photos,
    fields: { camera: name },
    fits: wanted !== undefined && name.toLowerCase().includes(wanted),
    exact: wanted === name.toLowerCase(),
  });
  return choicesOf(
    'camera',
    facets.cameras.map(({ camera, photos }) => value(camera, photos)),
    camera === undefined ? null : value(camera, 0),
    set,
  );
}

export function countries(facets: Facets, { country }: SearchFilter, set: Set): Choice[] {
  const value = (code: string, photos: number | null): Value => ({
    key: code,
    name: countryName(code),
    photos,
    fields: { country: code },
    fits: country === code,
    exact: country === code,
  });
  return choicesOf(
    'where',
    facets.countries.map((of) => value(of.country, of.photos)),
    country === undefined ? null : value(country, 0),
    set,
  );
}

export function places(facets: Facets, { place }: SearchFilter, set: Set): Choice[] {
  const value = (of: NonNullable<SearchFilter['place']>, photos: number | null): Value => ({
    key: String(of.id),
    name: of.name,
    more: [of.region, countryName(of.country)].filter((part) => part !== null && part !== of.name).join(', '),
    photos,
    fields: { place: of },
    fits: place?.id === of.id,
    exact: place?.id === of.id,
  });
  return choicesOf(
    'where',
    facets.places.map((of) => value(of.place, of.photos)),
    place === undefined ? null : value(place, 0),
    set,
  );
}

export function folders(facets: Facets, { folder }: SearchFilter, set: Set): Choice[] {
  const names = facets.folders.map((of) => fileName(of.folder));
  const value = (path: string, photos: number | null): Value => {
    const name = fileName(path);
    // The path only where the name does not tell which one it is.
    const alike = names.filter((other) => other === name).length > 1;
    return {
      key: path,
      name,
      ...(alike ? { more: path } : {}),
      photos,
      fields: { folder: path },
      fits: folder === path,
      exact: folder === path,
    };
  };
  return choicesOf(
    'folder',
    facets.folders.map((of) => value(of.folder, of.photos)),
    folder === undefined ? null : value(folder, 0),
    set,
  );
}

export function kinds(facets: Facets, { kind }: SearchFilter, set: Set): Choice[] {
  const value = (of: NonNullable<SearchFilter['kind']>, photos: number | null): Value => ({
    key: of,
    name: texts.asking.kinds[of],
    photos,
    fields: { kind: of },
    fits: kind === of,
    exact: kind === of,
  });
  return choicesOf(
    'kind',
    facets.kinds.map((of) => value(of.kind, of.photos)),
    kind === undefined ? null : value(kind, 0),
    set,
  );
}
