/** The texts of asking: parts of a search, filters by hand, photos like others, saved searches. */
import type { NamedPlace, PhotoKind, SearchAspect, SearchForm, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { count, countryName, daysText, fileName, plural } from '../../electron/ipc/format.ts';

const photos = (n: number) => plural(n, 'photo');
const kinds: Record<PhotoKind, string> = { screenshot: 'Screenshots', panorama: 'Panoramas' };
const aspects: Record<SearchAspect, string> = {
  when: 'Date',
  where: 'Place',
  camera: 'Camera',
  kind: 'Kind',
  folder: 'Folder',
  favourite: 'Favourites',
  not: 'Without',
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const placeName = ({ name, country }: NamedPlace) => `${name}, ${countryName(country)}`;
/** “a”, “b” and “c” */
export const quoted = (words: readonly string[]): string => {
  const all = words.map((word) => `“${word}”`);
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)!}`;
};

/** What a part of a search says: “July 2014”, “Paris, France”, “not beach”. */
export function partText({ aspect, filter, not }: Pick<UnderstoodPart, 'aspect' | 'filter' | 'not'>): string {
  switch (aspect) {
    case 'when':
      return capital(daysText(filter));
    case 'where':
      if (filter.place) return filter.near ? `Near ${placeName(filter.place)}` : placeName(filter.place);
      return filter.country ? countryName(filter.country) : '';
    case 'camera':
      return filter.camera ?? '';
    case 'kind':
      return filter.kind ? kinds[filter.kind] : '';
    case 'folder':
      return filter.folder ? fileName(filter.folder) : '';
    case 'favourite':
      return aspects.favourite;
    case 'not':
      return `not ${not ?? ''}`;
  }
}

/** “not at night”: it cannot follow “without” */
const beginsWithPreposition = /^(at|in|on|by|from|of|with|near|under|over|inside|outside|behind|during|after|before) /i;

/** The photos that parts leave: “favourite screenshots from July 2014 in Paris taken with Nikon”. */
function leftBy(parts: readonly UnderstoodPart[]): string {
  const phrases = (aspect: SearchAspect, phrase: (part: UnderstoodPart) => string) =>
    parts.filter((part) => part.aspect === aspect).map(phrase);
  const when = ({ filter }: UnderstoodPart) => {
    const words = daysText(filter);
    return /^(before|since|until) /.test(words) ? words : `from ${words}`;
  };
  const where = ({ filter }: UnderstoodPart) =>
    filter.near && filter.place
      ? `near ${filter.place.name}`
      : `in ${filter.place?.name ?? countryName(filter.country ?? '')}`;
  return [
    ...phrases('favourite', () => 'favourite'),
    phrases('kind', ({ filter }) => (filter.kind ? kinds[filter.kind].toLowerCase() : 'photos'))[0] ?? 'photos',
    ...phrases('when', when),
    ...phrases('where', where),
    ...phrases('camera', ({ filter }) => `taken with ${filter.camera ?? ''}`),
    ...phrases('folder', ({ filter }) => `in the folder ${fileName(filter.folder ?? '')}`),
    ...without(parts.flatMap(({ not }) => not ?? [])),
  ].join(' ');
}

/** “without dogs, cats or snow”, “not at night” */
function without(nots: readonly string[]): string[] {
  const things = nots.filter((not) => !beginsWithPreposition.test(not));
  const others = nots.filter((not) => beginsWithPreposition.test(not)).map((not) => `not ${not}`);
  if (things.length === 0) return others;
  const list = things.length === 1 ? things[0]! : `${things.slice(0, -1).join(', ')} or ${things.at(-1)!}`;
  return [`without ${list}`, ...others];
}

const likeText = (examples: number) => (examples === 1 ? 'Photos like this' : 'Photos like these');

/** A search in one line: a saved search's name, or that of its photos. */
export function searchText(form: Pick<SearchForm, 'text' | 'like'>, parts: readonly UnderstoodPart[]): string {
  const like = form.like.length > 0 ? likeText(form.like.length) : '';
  const text = form.text.trim();
  // The sentence says its own parts.
  const said = parts.filter(({ at }) => at === null).map(partText);
  return [like, text, ...said].filter((words) => words !== '').join(', ');
}

export const askingTexts = {
  aspects,
  kinds,
  parts: {
    list: 'Parts of the search',
    hint: 'Arrow keys go from part to part, Enter changes one, Delete takes it back.',
    change: (part: string) => `Change ${part}`,
    takeBack: (part: string) => `Take back ${part}`,
    takenBack: (part: string) => `${part} taken back`,
    understood: (parts: readonly string[]) => `Understood: ${parts.join(', ')}`,
    example: 'like this photo',
    examples: (at: number) => `like photo ${at}`,
    picture: 'like this picture',
  },
  like: {
    title: likeText,
    more: 'More like this',
    drop: 'Drop here to find photos like this',
    tooMany: (n: number) => `A search can be like ${count(n)} photos at most.`,
    notAPicture: (name: string) => `${name} is not a picture.`,
  },
  filters: {
    title: 'Filters',
    open: 'Filters',
    close: 'Close the filters',
    clear: 'Clear all',
    clearOne: 'Clear',
    failed: 'What the photos have could not be counted.',
    from: 'From',
    to: 'To',
    dates: 'Photos by month',
    histogram: (first: string, last: string) => `Photos by date, ${first} to ${last}. Drag to choose a time.`,
    firstMonth: 'First month',
    lastMonth: 'Last month',
    anyYear: 'Months of any year',
    anyDate: 'Any date',
    clearAspect: (aspect: string) => `Clear: ${aspect}`,
    narrow: (aspect: string) => `Find in: ${aspect}`,
    near: 'And around it',
    showAll: (n: number) => `Show all ${count(n)}`,
    showFewer: 'Show fewer',
    noneNamed: (text: string) => `Nothing here is named “${text}”.`,
    favourites: 'Favourites only',
    none: {
      when: 'No photo here has a date.',
      where: 'No photo here has a place.',
      camera: 'No photo here names its camera.',
      kind: 'No screenshots or panoramas here.',
      folder: 'No photo here lies in a folder.',
      favourite: 'No photo here is a favourite.',
    },
    country: 'Countries',
    place: 'Places',
  },
  nothingLeft: {
    title: (parts: readonly UnderstoodPart[]) => `No ${leftBy(parts)}`,
    text: (parts: number) =>
      parts === 1 ? 'Take it back to find photos:' : 'These together leave no photo. Take one back:',
    textNone: (parts: number) =>
      parts === 1
        ? 'Without it no photo is found, either.'
        : 'These together leave no photo, and neither do they with any one of them taken back.',
    without: (part: string, n: number) => `Without “${part}”: ${photos(n)}`,
    clear: 'Take all back',
  },
  order: {
    label: 'Order',
    relevance: 'Best first',
    date: 'Newest first',
    firstShown: (n: number) => `the first ${count(n)} are shown`,
  },
  saved: {
    title: 'Saved searches',
    save: 'Save this search',
    savedAs: (name: string) => `Saved as “${name}”`,
    cannot: 'A search for a picture from outside the library cannot be saved.',
    dialog: 'Save this search',
    lead: 'It stands in the sidebar and always finds the newest photos, too.',
    name: 'Name',
    nameMissing: 'Give it a name.',
    rename: 'Rename…',
    renameTitle: 'Rename this search',
    remove: 'Remove…',
    removeTitle: (name: string) => `Remove the saved search “${name}”?`,
    removeText: 'Your photos are not touched.',
    removeConfirm: 'Remove',
    actions: (name: string) => `Actions for “${name}”`,
    saved: (name: string) => `Saved as “${name}”`,
  },
} as const;
