/**
 * Which photos a person would call a match of a query, judged by what the photos' captions say.
 *
 * The fit of the relevance needs more than the one photo that a caption was written for: "a dog" is right for every photo
 * with a dog. So a photo counts as a match where its captions together say all that the query says, inflections aside.
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

/** A caption that says the first also says the others: who sees a boy calls him a child. */
const alsoSays = new Map(
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

/** "runs", "running" → "run", "women" → "woman": Porter's stems (1980), and the plurals that have no rule. */
function stemOf(token: string): string {
  return stemmer(irregular.get(token) ?? (token.endsWith('men') ? `${token.slice(0, -2)}an` : token));
}

function saidBy(token: string): string[] {
  const stem = stemOf(token);
  return [stem, ...(alsoSays.get(stem) ?? [])];
}

/** The words of content that stand together: "a child in a pink dress" → ["child"], ["pink", "dress"]. */
function runsOf(tokens: readonly string[]): string[][] {
  const runs: string[][] = [];
  tokens.forEach((token, i) => {
    if (functionWords.has(token)) return;
    if (i === 0 || functionWords.has(tokens[i - 1]!)) runs.push([]);
    runs.at(-1)!.push(token);
  });
  return runs;
}

/** The captions of a set of photos, asked which photos say what a query says. */
export class CaptionLabels {
  /** of each stem the captions that have it, ascending */
  readonly #captionsWith = new Map<string, number[]>();
  readonly #photoOf: number[] = [];

  /** @param captionsOf of each photo */
  constructor(captionsOf: readonly (readonly string[])[]) {
    captionsOf.forEach((captions, photo) => {
      for (const caption of captions) {
        for (const stem of new Set(tokenize(caption).flatMap(saidBy))) {
          const captionsWith = this.#captionsWith.get(stem);
          if (captionsWith) captionsWith.push(this.#photoOf.length);
          else this.#captionsWith.set(stem, [this.#photoOf.length]);
        }
        this.#photoOf.push(photo);
      }
    });
  }

  /**
   * Photos whose captions say all that the query says; none for a query that says nothing. What stands together in the
   * query must stand in one caption, or a red shirt and a blue car would be a red car; "a man" and "with a dog" need not.
   */
  matches(query: string): Set<number> {
    const [first, ...others] = runsOf(tokenize(query)).map((run) => this.#photosSaying(run));
    return new Set([...(first ?? [])].filter((photo) => others.every((photos) => photos.has(photo))));
  }

  #photosSaying(tokens: readonly string[]): Set<number> {
    const lists = [...new Set(tokens.map(stemOf))].map((stem) => this.#captionsWith.get(stem) ?? []);
    const [shortest, ...others] = lists.sort((a, b) => a.length - b.length);
    const sets = others.map((list) => new Set(list));
    const captions = (shortest ?? []).filter((caption) => sets.every((set) => set.has(caption)));
    return new Set(captions.map((caption) => this.#photoOf[caption]!));
  }
}

export interface LabelQuery {
  readonly text: string;
  /** row of the photo of whose caption it is made */
  readonly photo: number;
  /** rows of the photos that are matches, that one among them */
  readonly matches: ReadonlySet<number>;
  readonly kind: 'caption' | 'phrase';
}

/** Words of content in a short query; longer ones are the captions themselves. */
const phraseLengths = [1, 2, 3, 4];

/**
 * What people type, made from captions: of each photo one whole caption, and one phrase of each length from one to four
 * words of content where its captions have such a phrase.
 *
 * @param captionsOf of each photo
 */
export function labelQueries(captionsOf: readonly (readonly string[])[], random: Random): LabelQuery[] {
  const labels = new CaptionLabels(captionsOf);
  const anyOf = <T>(of: readonly T[]) => of[random.below(of.length)]!;
  return captionsOf.flatMap((captions, photo) => {
    if (captions.length === 0) return [];
    const labelled = (text: string, kind: LabelQuery['kind']): LabelQuery => ({
      text,
      photo,
      matches: new Set([photo, ...labels.matches(text)]),
      kind,
    });
    const queries = [labelled(anyOf(captions), 'caption')];
    const phrases = captions.flatMap(phrasesOf);
    for (const length of phraseLengths) {
      const fitting = phrases.filter((phrase) => phrase.length === length);
      if (fitting.length > 0) queries.push(labelled(anyOf(fitting).text, 'phrase'));
    }
    return queries;
  });
}

/** A query and the photos that it is put to. */
export interface LabelledLibrary {
  /** row of the query */
  readonly query: number;
  readonly photos: Int32Array;
  /** of each photo, 1 where it is a match */
  readonly labels: Uint8Array;
}

/** One query in four is put to a library that has no match: people also look for what they do not have. */
const shareWithoutMatch = 0.25;

/**
 * Random libraries for random queries: each holds the photo of the query, or, where it is to have no match, none of them.
 *
 * @param pool photos to choose from @param size photos a library, at most the pool
 * @param count how many queries, at most all whose photo is in `askedOf`
 */
export function labelledLibraries(
  queries: readonly LabelQuery[],
  pool: Int32Array,
  { size, count, askedOf }: { size: number; count: number; askedOf: ReadonlySet<number> },
  random: Random,
): LabelledLibrary[] {
  const asked = random.shuffle(
    Int32Array.from([...queries.keys()].filter((query) => askedOf.has(queries[query]!.photo))),
  );
  return [...asked.subarray(0, count)].flatMap((query) => {
    const { photo, matches } = queries[query]!;
    const without = random.uniform() < shareWithoutMatch;
    const candidates = random.shuffle(pool.slice());
    const photos = without
      ? candidates.filter((candidate) => !matches.has(candidate)).subarray(0, size)
      : Int32Array.of(photo, ...candidates.filter((candidate) => candidate !== photo).subarray(0, size - 1));
    if (photos.length === 0) return [];
    return { query, photos, labels: Uint8Array.from(photos, (candidate) => (matches.has(candidate) ? 1 : 0)) };
  });
}

/**
 * Phrases that a person might type, cut from a caption between its function words, so that no noun loses its adjective
 * and no adjective its noun: "a child in a pink dress" gives "a child", "a pink dress" and the whole, not "a pink".
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
