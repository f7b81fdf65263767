/**
 * The parts of a text input. A part is one function that makes an `EncoderPart` of its specification and of what was fitted
 * to the captions; to add a kind, add its schema to `partSpec`, its function, and a line in `fitPart` and `buildPart`.
 *
 * A sentence is prepared once (tokens to the part's own ids, a dozen small integers) and written as often as training
 * needs it, so that the dense inputs of 150,000 captions are never in memory at once.
 */
import { z } from 'zod';
import { lookUp } from './lookup.ts';
import { removeComponent, SecondMoment, wordProbability } from './sif.ts';
import type { WordVectors } from './word-vectors.ts';

const common = {
  /** `l2`: each sentence's numbers of this part have norm 1 before scaling */
  norm: z.enum(['none', 'l2']).default('none'),
  scale: z.number().positive().default(1),
};

export const partSpec = z.discriminatedUnion('kind', [
  /** weighted mean of word vectors (Arora et al. 2017); `a` is the paper's smoothing constant */
  z.strictObject({ kind: z.literal('sif'), a: z.number().positive().default(1e-3), ...common }),
  /** one number for each word of the training captions that occurs at least `minCount` times: 1 where the sentence has it */
  z.strictObject({
    kind: z.literal('bag-of-words'),
    minCount: z.int().positive().default(2),
    maxWords: z.int().positive().default(10_000),
    ...common,
  }),
]);
export type PartSpec = z.infer<typeof partSpec>;
type SpecOf<K extends PartSpec['kind']> = Extract<PartSpec, { kind: K }>;

/** What was fitted of a part to the training captions, as JSON. */
export const fittedPart = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('sif'),
    /** ranks of the word vectors that the training captions use, and how often they use each */
    ranks: z.array(z.int().min(0)),
    counts: z.array(z.int().positive()),
    component: z.array(z.number()),
  }),
  z.object({ kind: z.literal('bag-of-words'), vocabulary: z.array(z.string()) }),
]);
export type FittedPart = z.infer<typeof fittedPart>;

/** What all parts may use. */
export interface Corpus {
  readonly vectors: WordVectors;
  /** ranks of the word vectors for the tokens of one sentence; shared by the parts, because look-ups are cached */
  readonly ranks: (tokens: readonly string[]) => number[];
  /** how often the training captions use each token, most frequent first */
  readonly counts: ReadonlyMap<string, number>;
}

export interface EncoderPart {
  readonly dimensions: number;
  /** whether the part reads this word, as it is written */
  has(word: string): boolean;
  /** the part's ids for the tokens of one sentence; unknown tokens are left out */
  ids(tokens: readonly string[]): number[];
  /** Writes the input of one sentence, whose ids are ids[from…to), over `dimensions` zeros of `out` from `offset`. */
  write(ids: Int32Array, from: number, to: number, out: Float32Array, offset: number): void;
}

/** Keeps the result for each token: captions use the same 10,000 words over and over. */
function memoised(idsOf: (token: string) => number[]): (tokens: readonly string[]) => number[] {
  const cache = new Map<string, number[]>();
  const cachedIds = (token: string) => {
    let ids = cache.get(token);
    if (!ids) {
      ids = idsOf(token);
      // Queries of a long session must not fill the memory.
      if (cache.size >= 100_000) cache.clear();
      cache.set(token, ids);
    }
    return ids;
  };
  return (tokens) => tokens.flatMap(cachedIds);
}

function scaleInPlace(out: Float32Array, offset: number, length: number, spec: PartSpec): void {
  let factor = spec.scale;
  if (spec.norm === 'l2') {
    let squares = 0;
    for (let i = offset; i < offset + length; i++) squares += out[i]! ** 2;
    if (squares > 0) factor /= Math.sqrt(squares);
  }
  if (factor !== 1) for (let i = offset; i < offset + length; i++) out[i]! *= factor;
}

/** The word vectors' ranks for tokens, for a `Corpus`. */
export function ranksOf(vectors: WordVectors): (tokens: readonly string[]) => number[] {
  const hasWord = (word: string) => vectors.has(word);
  return memoised((token) => lookUp(token, hasWord).known.map((word) => vectors.rank(word)));
}

type FittedSif = Extract<FittedPart, { kind: 'sif' }>;

/** The mean of a sentence's word vectors, weighted by a / (a + p(w)); ids are ranks. */
function weightedMean(
  spec: SpecOf<'sif'>,
  fitted: Pick<FittedSif, 'ranks' | 'counts'>,
  vectors: WordVectors,
): EncoderPart['write'] {
  const probability = wordProbability(new Map(fitted.ranks.map((rank, i) => [rank, fitted.counts[i]!])));
  const row = new Float32Array(vectors.dimensions);
  return (ids, from, to, out, offset) => {
    for (let k = from; k < to; k++) {
      const weight = spec.a / (spec.a + probability(ids[k]!)) / (to - from);
      vectors.row(ids[k]!, row);
      for (let i = 0; i < row.length; i++) out[offset + i]! += weight * row[i]!;
    }
  };
}

function sif(spec: SpecOf<'sif'>, fitted: FittedSif, { vectors, ranks }: Corpus): EncoderPart {
  const writeMean = weightedMean(spec, fitted, vectors);
  const component = Float32Array.from(fitted.component);
  return {
    dimensions: vectors.dimensions,
    has: (word) => vectors.has(word),
    ids: ranks,
    write(ids, from, to, out, offset) {
      writeMean(ids, from, to, out, offset);
      removeComponent(out, offset, component);
      scaleInPlace(out, offset, vectors.dimensions, spec);
    },
  };
}

function fitSif(
  spec: SpecOf<'sif'>,
  sentences: readonly (readonly string[])[],
  { vectors, ranks }: Corpus,
): FittedPart {
  const rows = sentences.map((tokens) => Int32Array.from(ranks(tokens)));
  const tally = new Map<number, number>();
  for (const row of rows) for (const rank of row) tally.set(rank, (tally.get(rank) ?? 0) + 1);
  const counted = [...tally].sort(([a], [b]) => a - b);
  const counts = { ranks: counted.map(([rank]) => rank), counts: counted.map(([, count]) => count) };

  const writeMean = weightedMean(spec, counts, vectors);
  const moment = new SecondMoment(vectors.dimensions);
  const mean = new Float32Array(vectors.dimensions);
  for (const row of rows) {
    writeMean(row, 0, row.length, mean.fill(0), 0);
    moment.add(mean);
  }
  return { kind: 'sif', ...counts, component: [...moment.principalComponent()] };
}

type FittedBag = Extract<FittedPart, { kind: 'bag-of-words' }>;

/** Ids are places in the vocabulary, in ascending order, so that repetitions are neighbours. */
function bagIds(vocabulary: readonly string[]): { has: (word: string) => boolean; ids: EncoderPart['ids'] } {
  const places = new Map(vocabulary.map((word, place) => [word, place]));
  const has = (word: string) => places.has(word);
  const ids = memoised((token) => lookUp(token, has).known.map((word) => places.get(word)!));
  return { has, ids: (tokens) => ids(tokens).sort((a, b) => a - b) };
}

function bagOfWords(spec: SpecOf<'bag-of-words'>, { vocabulary }: FittedBag): EncoderPart {
  return {
    dimensions: vocabulary.length,
    ...bagIds(vocabulary),
    write(ids, from, to, out, offset) {
      let words = 0;
      for (let k = from; k < to; k++) {
        if (k > from && ids[k] === ids[k - 1]) continue;
        out[offset + ids[k]!] = spec.scale;
        words++;
      }
      if (spec.norm === 'none') return;
      for (let k = from; k < to; k++)
        if (k === from || ids[k] !== ids[k - 1]) out[offset + ids[k]!]! /= Math.sqrt(words);
    },
  };
}

function fitBagOfWords(spec: SpecOf<'bag-of-words'>, { counts }: Corpus): FittedPart {
  const frequent = [...counts].filter(([, count]) => count >= spec.minCount);
  return { kind: 'bag-of-words', vocabulary: frequent.slice(0, spec.maxWords).map(([word]) => word) };
}

/** @param sentences tokens of each training caption */
export function fitPart(spec: PartSpec, sentences: readonly (readonly string[])[], corpus: Corpus): FittedPart {
  return spec.kind === 'sif' ? fitSif(spec, sentences, corpus) : fitBagOfWords(spec, corpus);
}

/** @throws RangeError where `fitted` is not what `fitPart` made of a part of this kind with these word vectors */
export function buildPart(spec: PartSpec, fitted: FittedPart | undefined, corpus: Corpus): EncoderPart {
  if (spec.kind === 'sif' && fitted?.kind === 'sif') {
    const { component, ranks, counts } = fitted;
    if (component.length !== corpus.vectors.dimensions)
      throw new RangeError('the principal component has another length');
    if (ranks.length !== counts.length) throw new RangeError('the word counts are not complete');
    return sif(spec, fitted, corpus);
  }
  if (spec.kind === 'bag-of-words' && fitted?.kind === 'bag-of-words') return bagOfWords(spec, fitted);
  throw new RangeError(`the part "${spec.kind}" was not fitted`);
}
