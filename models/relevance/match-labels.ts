/**
 * Labels for the fit of the relevance: which photos match a query, according to their captions.
 *
 * The photo that a caption was written for is not the only match: "a dog" matches every photo with a dog. So a photo counts
 * as a match if its captions contain all words of the query, in any inflection.
 */
import { stemmer } from 'stemmer';
import { functionWords } from '../text/function-words.ts';
import { tokenize } from '../text/tokenizer.ts';
import type { Random } from '../math/random.ts';

const irregular = new Map([
  ['children', 'child'],
  ['people', 'person'],
  ['feet', 'foot'],
  ['teeth', 'tooth'],
]);

/** A caption with the first word counts as one with the others, too: a boy is a child. */
const impliedStems = new Map(
  [
    'man guy person',
    'guy man person',
    'gentleman man guy person',
    'woman lady person',
    'lady woman person',
    'boy child kid person',
    'girl child kid person',
    'child kid person',
    'kid child person',
    'toddler child kid person',
    'baby child kid person',
    'player person',
    'dog animal',
    'puppy dog animal',
    'cat animal',
    'horse animal',
    'bird animal',
    'bike bicycle',
    'bicycle bike',
    'small little',
    'little small',
    'large big',
    'big large',
  ].map((line) => {
    const [word, ...others] = line.split(' ').map(stemOf);
    return [word!, others];
  }),
);

/** "runs", "running" → "run", "women" → "woman": Porter's stems (1980), and irregular plurals. */
export function stemOf(token: string): string {
  return stemmer(irregular.get(token) ?? (token.endsWith('men') ? `${token.slice(0, -2)}an` : token));
}

export function stemsOf(token: string): string[] {
  const stem = stemOf(token);
  return [stem, ...(impliedStems.get(stem) ?? [])];
}

/** Neighbouring content words: "a child in a pink dress" → ["child"], ["pink", "dress"]. */
function contentPhrases(tokens: readonly string[]): string[][] {
  const phrases: string[][] = [];
  tokens.forEach((token, i) => {
    if (functionWords.has(token)) return;
    if (i === 0 || functionWords.has(tokens[i - 1]!)) phrases.push([]);
    phrases.at(-1)!.push(token);
  });
  return phrases;
}

/** Finds the photos of a set that match a query, by their captions. */
export class CaptionLabels {
  /** captions that contain each stem, ascending */
  readonly #captionsWith = new Map<string, number[]>();
  readonly #photoOf: number[] = [];

  /** @param captionsOf of each photo */
  constructor(captionsOf: readonly (readonly string[])[]) {
    captionsOf.forEach((captions, photo) => {
      for (const caption of captions) {
        for (const stem of new Set(tokenize(caption).flatMap(stemsOf))) {
          const captionsWith = this.#captionsWith.get(stem);
          if (captionsWith) captionsWith.push(this.#photoOf.length);
          else this.#captionsWith.set(stem, [this.#photoOf.length]);
        }
        this.#photoOf.push(photo);
      }
    });
  }

  /**
   * Photos whose captions contain all content words of the query; none for a query without content words. Neighbouring
   * content words must be in one caption, or else a red shirt and a blue car would match "a red car"; "a man" and "with a
   * dog" may be in two.
   */
  matches(query: string): Set<number> {
    const [first, ...others] = contentPhrases(tokenize(query)).map((phrase) => this.#photosWith(phrase));
    return new Set([...(first ?? [])].filter((photo) => others.every((photos) => photos.has(photo))));
  }

  #photosWith(tokens: readonly string[]): Set<number> {
    const lists = [...new Set(tokens.map(stemOf))].map((stem) => this.#captionsWith.get(stem) ?? []);
    const [shortest, ...others] = lists.sort((a, b) => a.length - b.length);
    const sets = others.map((list) => new Set(list));
    const captions = (shortest ?? []).filter((caption) => sets.every((set) => set.has(caption)));
    return new Set(captions.map((caption) => this.#photoOf[caption]!));
  }
}

export interface LabelQuery {
  readonly text: string;
  /** row of the photo whose caption the text is from */
  readonly photo: number;
  /** rows of all matching photos, including that photo */
  readonly matches: ReadonlySet<number>;
  readonly kind: 'caption' | 'phrase';
}

/** Numbers of content words in a short query; long queries are whole captions. */
const phraseLengths = [1, 2, 3, 4];

/**
 * Queries made from captions: for each photo one whole caption, and one phrase of each length from one to four content words
 * if its captions have such a phrase.
 *
 * @param captionsOf of each photo
 */
export function labelQueries(captionsOf: readonly (readonly string[])[], random: Random): LabelQuery[] {
  const labels = new CaptionLabels(captionsOf);
  const randomOf = <T>(of: readonly T[]) => of[random.below(of.length)]!;
  return captionsOf.flatMap((captions, photo) => {
    if (captions.length === 0) return [];
    const labelled = (text: string, kind: LabelQuery['kind']): LabelQuery => ({
      text,
      photo,
      matches: new Set([photo, ...labels.matches(text)]),
      kind,
    });
    const queries = [labelled(randomOf(captions), 'caption')];
    const phrases = captions.flatMap(phrasesOf);
    for (const length of phraseLengths) {
      const fitting = phrases.filter((phrase) => phrase.length === length);
      if (fitting.length > 0) queries.push(labelled(randomOf(fitting).text, 'phrase'));
    }
    return queries;
  });
}

/** A query and the photos that it searches. */
export interface LabelledLibrary {
  /** row of the query */
  readonly query: number;
  readonly photos: Int32Array;
  /** of each photo, 1 where it is a match */
  readonly labels: Uint8Array;
  /** the first photo is the query's own */
  readonly own: boolean;
}

/** One query in four searches a library without a match: people also search for photos that they do not have. */
const shareWithoutMatch = 0.25;

/**
 * Random libraries for random queries: each holds the photo of the query, or no match at all.
 *
 * @param pool photos to choose from @param size photos per library, at most all of the pool
 * @param count number of queries, at most all whose photo is in `queryPhotos`
 */
export function labelledLibraries(
  queries: readonly LabelQuery[],
  pool: Int32Array,
  { size, count, queryPhotos }: { size: number; count: number; queryPhotos: ReadonlySet<number> },
  random: Random,
): LabelledLibrary[] {
  const order = random.shuffle(
    Int32Array.from([...queries.keys()].filter((query) => queryPhotos.has(queries[query]!.photo))),
  );
  return [...order.subarray(0, count)].flatMap((query) => {
    const { photo, matches } = queries[query]!;
    const without = random.uniform() < shareWithoutMatch;
    const candidates = random.shuffle(pool.slice());
    const photos = without
      ? candidates.filter((candidate) => !matches.has(candidate)).subarray(0, size)
      : Int32Array.of(photo, ...candidates.filter((candidate) => candidate !== photo).subarray(0, size - 1));
    if (photos.length === 0) return [];
    const labels = Uint8Array.from(photos, (candidate) => (matches.has(candidate) ? 1 : 0));
    return { query, photos, labels, own: !without };
  });
}

/**
 * Phrases that a person might type: parts of a caption that begin and end at function words, so that adjectives stay with
 * their nouns: "a child in a pink dress" gives "a child", "a pink dress" and the whole, not "a pink".
 *
 * @returns with their number of content words
 */
export function phrasesOf(caption: string): { text: string; length: number }[] {
  const tokens = tokenize(caption);
  const isContent = tokens.map((token) => !functionWords.has(token));
  const starts = tokens.flatMap((_, i) => (isContent[i] && !isContent[i - 1] ? [i] : []));
  const ends = tokens.flatMap((_, i) => (isContent[i] && !isContent[i + 1] ? [i + 1] : []));
  return starts.flatMap((start, run) =>
    ends.slice(run).map((end) => {
      const from = /^(?:an?|the)$/.test(tokens[start - 1] ?? '') ? start - 1 : start;
      return { text: tokens.slice(from, end).join(' '), length: isContent.slice(start, end).filter(Boolean).length };
    }),
  );
}
