/** How the mock bridge answers a search: photos of the scenes that its words name, in an order that looks like a ranking. */
import type { PhotoList, Ranking, SearchFilter, SearchForm } from '../../electron/ipc/contract.ts';
import { fits, understand, type MockPhoto } from './mock-understanding.ts';
import { scenes, sceneOf, sequence } from './pictures.ts';

export interface MockLibrary {
  readonly photos: readonly MockPhoto[];
  readonly favourites: ReadonlySet<number>;
  readonly listOf: (ids: Int32Array) => PhotoList;
  /** the model in use says how likely a match is */
  readonly judges: boolean;
}

const known = [
  'okapi',
  'a',
  'an',
  'and',
  'at',
  'by',
  'in',
  'of',
  'on',
  'over',
  'the',
  'with',
  'two',
  'boat',
  'sunset',
  'trees',
  'night',
  'hot',
  'air',
];
const synonyms: Record<string, string> = {
  boat: 'sea',
  trees: 'forest',
  night: 'city',
  sunset: 'beach',
  air: 'balloons',
  hot: 'balloons',
};

const misspelt: Record<string, string> = { montains: 'mountains', sae: 'sea', forst: 'forest', teh: 'the' };

export function rank(form: SearchForm, { photos, favourites, listOf, judges }: MockLibrary): Ranking {
  const { text, order } = form;
  const left = (filter: SearchFilter) => photos.filter((photo) => fits(photo, filter, favourites));
  const understood = understand(form, (filter) => left(filter).length);
  const filtered = Object.keys(understood.filter).length > 0;
  const among = (filtered ? left(understood.filter) : photos).map(({ id }) => id);
  const words = understood.description.toLowerCase().match(/[a-z]+/g) ?? [];
  const answer = {
    query: text,
    understood,
    model: 'default',
    unknownWords: words
      .filter((word) => !known.includes(word) && !scenes.some((scene) => scene === word))
      .map((word) => ({ word, suggestion: misspelt[word] ?? null })),
    hardlyKnownWords: words.filter((word) => word === 'okapi').map((word) => ({ word, by: 'similar' as const })),
    tookMs: 11.4,
  };
  if (words.length > 0 && answer.unknownWords.length === words.length && form.like.length === 0) {
    const none = { ranked: 0, goodMatches: 0, sure: false, scores: new Float32Array(), relevance: new Float32Array() };
    return { ...listOf(new Int32Array()), ...answer, order: 'relevance', ...none };
  }
  const newestFirst = (ids: readonly number[]) => Int32Array.from([...ids].sort((a, b) => b - a).slice(0, 10_000));
  if (words.length === 0 && form.like.length === 0) {
    const list = listOf(newestFirst(among));
    const all = { ranked: among.length, goodMatches: list.ids.length, sure: true };
    return { ...list, ...answer, order: 'date', ...all, scores: new Float32Array(), relevance: new Float32Array() };
  }
  const wanted = new Set<string>(words.map((word) => synonyms[word] ?? word));
  for (const like of form.like) wanted.add(sceneOf('content' in like ? like.content : like.picture));
  const unwanted = new Set<string>(understood.not);
  const next = sequence(text.length);
  const rated = among
    .map((id, i) => {
      const right = wanted.has(sceneOf(id)) && !unwanted.has(sceneOf(id));
      return { id, relevance: right ? 0.45 + 0.5 * next() * (i % 7 === 0 ? 1 : 0.3) : 0.3 * next() ** 2 };
    })
    .sort((a, b) => b.relevance - a.relevance);
  const shown = rated.slice(0, 10_000);
  if (!judges && order === 'date') shown.splice(100);
  const good = judges ? shown.filter(({ relevance }) => relevance >= 0.55).length : shown.length;
  if (order === 'date') {
    const byDate = (some: typeof shown) => some.sort((a, b) => b.id - a.id);
    shown.splice(0, shown.length, ...byDate(shown.slice(0, good)), ...byDate(shown.slice(good)));
  }
  return {
    ...listOf(Int32Array.from(shown, ({ id }) => id)),
    ...answer,
    order,
    ranked: among.length,
    goodMatches: good,
    sure: good > 0,
    scores: Float32Array.from(shown, ({ relevance }) => relevance / 2),
    relevance: Float32Array.from(judges ? shown : [], ({ relevance }) => relevance),
  };
}
