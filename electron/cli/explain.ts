/** `explain`: what a sentence means. It needs no weights, no index and no library; a library's cameras and folders are known. */
import type { SearchFilter, Understood } from '../ipc/contract.ts';
import { Gazetteer } from '../services/places/gazetteer.ts';
import { requireSentence } from '../services/search/search.ts';
import { namesOfLibrary, today } from '../services/understanding/names.ts';
import { understand } from '../services/understanding/understand.ts';
import type { Terminal } from './terminal.ts';

export async function explain(
  sentence: string,
  { home, now = today() }: { readonly home?: string; readonly now?: string },
  out: Terminal,
): Promise<void> {
  requireSentence(sentence);
  const gazetteer = Gazetteer.open();
  const understood = understand(sentence, { now, gazetteer, ...namesOfLibrary(home), literal: [] });
  out.result(asJson(understood), () => inWords(understood, gazetteer));
}

/** The fields of ../shared/sentences/README.md, and `folder`; null: no limit. */
function asJson({ description, filter, not }: Understood) {
  const { from, to, months, place, country, camera, kind, folder } = filter;
  return {
    description,
    from: from ?? null,
    to: to ?? null,
    months: months ?? null,
    place: place?.name ?? null,
    country: country ?? null,
    camera: camera ?? null,
    kind: kind ?? null,
    folder: folder ?? null,
    not,
  };
}

function inWords({ description, filter, not }: Understood, gazetteer: Gazetteer): string {
  const rows: [string, string | undefined][] = [
    ['seen', description === '' ? 'anything' : `"${description}"`],
    ['when', when(filter)],
    ['where', where(filter, gazetteer)],
    ['camera', filter.camera],
    ['kind', filter.kind],
    ['folder', filter.folder],
    ['not seen', not.length === 0 ? undefined : not.map((phrase) => `"${phrase}"`).join(', ')],
  ];
  return rows
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${name.padEnd(9)} ${text}`)
    .join('\n');
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
