/** What was understood of a sentence: as JSON for programs, and in words. */
import type { SearchFilter, Understood, UnderstoodPart } from '../ipc/contract.ts';
import type { Gazetteer } from '../services/places/gazetteer.ts';

/** The fields of a sentence's meaning; null: no limit. `country` is that of the place, too. */
export function meaning({ description, filter, not }: Understood) {
  const { from, to, months, place, country, camera, kind, folder, favourite } = filter;
  return {
    description,
    from: from ?? null,
    to: to ?? null,
    months: months ?? null,
    place: place?.name ?? null,
    country: country ?? place?.country ?? null,
    camera: camera ?? null,
    kind: kind ?? null,
    folder: folder ?? null,
    favourite: favourite ?? null,
    not,
  };
}

/** Names and values, in the order of `meaning`; what sets no limit is left out. */
export function meaningRows(
  { description, filter, not }: Understood,
  gazetteer: Gazetteer,
): [name: string, text: string][] {
  const rows: [string, string | undefined][] = [
    ['seen', description === '' ? 'anything' : `"${description}"`],
    ['when', when(filter)],
    ['where', where(filter, gazetteer)],
    ['camera', filter.camera],
    ['kind', filter.kind],
    ['folder', filter.folder],
    ['only', filter.favourite && 'favourites'],
    ['not seen', not.length === 0 ? undefined : not.map((phrase) => `"${phrase}"`).join(', ')],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** seen: "beach"; when: 2014-07-01 to 2014-07-31 */
export function meaningInWords(understood: Understood, gazetteer: Gazetteer): string {
  return meaningRows(understood, gazetteer)
    .map(([name, text]) => `${name}: ${text}`)
    .join('; ');
}

/** One part alone, such as `when: 2014-07-01 to 2014-07-31`. */
export function partInWords({ filter, not }: UnderstoodPart, gazetteer: Gazetteer): string {
  const alone = { description: '', filter, not: not === null ? [] : [not], parts: [] };
  return meaningRows(alone, gazetteer)
    .slice(1)
    .map(([name, text]) => `${name}: ${text}`)
    .join('; ');
}

function when({ from, to, months }: SearchFilter): string | undefined {
  const month = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' });
  const names = months?.map((number) => month.format(Date.UTC(2000, number - 1, 1))).join(', ');
  const days =
    from === undefined
      ? to && `until ${to}`
      : to === undefined
        ? `since ${from}`
        : from === to
          ? from
          : `${from} to ${to}`;
  if (names === undefined) return days;
  return days === undefined ? `${names} of any year` : `${names}, ${days}`;
}

function where({ place, near, country }: SearchFilter, gazetteer: Gazetteer): string | undefined {
  if (place === undefined) return country && gazetteer.countryName(country);
  const names = [place.name, ...(place.region === null || place.region === place.name ? [] : [place.region])];
  return `${near ? 'near ' : ''}${names.join(', ')}, ${gazetteer.countryName(place.country)}`;
}
