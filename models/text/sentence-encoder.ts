/**
 * Sentences to the numbers that the text branch reads: the one code path for training captions and for queries.
 *
 * `fitSentenceEncoder` computes from the training captions what stays fixed afterwards (word counts, principal component,
 * vocabulary); a `SentenceEncoder` made of it gives the same numbers in training and in a search.
 */
import { DescryError } from '../errors.ts';
import type { FittedText, TextSpec } from './fitted-text.ts';
import { lookUp } from './lookup.ts';
import { buildPart, fitPart, ranksOf, type Corpus, type EncoderPart } from './parts.ts';
import { Speller } from './spelling.ts';
import { surpriseOf, type Surprise } from './surprise.ts';
import { tokenize } from './tokenizer.ts';
import type { WordVectors } from './word-vectors.ts';

export interface UnknownWord {
  readonly word: string;
  readonly suggestion: string | null;
}

export interface SentenceAnalysis {
  readonly tokens: string[];
  /** tokens, or parts of compounds, that the encoder understands */
  readonly known: string[];
  /** those it does not, each once, with the nearest known spelling */
  readonly unknown: UnknownWord[];
}

/** Sentences as the parts' ids: compact, and fast to make dense. Row r of part p is ids[starts[r]] up to ids[starts[r + 1]]. */
export interface PreparedSentences {
  readonly count: number;
  readonly parts: readonly { readonly starts: Int32Array; readonly ids: Int32Array }[];
}

/** @param captions the training captions and no others: val and test must stay unseen */
export function fitSentenceEncoder(captions: readonly string[], vectors: WordVectors, spec: TextSpec): FittedText {
  const sentences = captions.map(tokenize);
  const tally = new Map<string, number>();
  for (const tokens of sentences) for (const token of tokens) tally.set(token, (tally.get(token) ?? 0) + 1);
  // Equal counts in order of the words' code units, so that the order of the captions does not matter.
  const sorted = [...tally].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const corpus: Corpus = { vectors, ranks: ranksOf(vectors), counts: new Map(sorted) };
  return {
    spec,
    vectors: { id: vectors.id, dimensions: vectors.dimensions },
    captions: captions.length,
    words: sorted.map(([word]) => word),
    counts: sorted.map(([, count]) => count),
    parts: spec.parts.map((part) => fitPart(part, sentences, corpus)),
  };
}

/** A fitted text side: sentences → rows of numbers, and which of their words are known. */
export class SentenceEncoder {
  /** Length of one row: the sum over the parts. */
  readonly dimensions: number;
  /** How many leading numbers of a row are made of word vectors, and not counts of words. */
  readonly vectorDimensions: number;
  /** How rare the words of a sentence are among the training captions, in nats. */
  readonly surprise: Surprise;
  readonly #parts: readonly EncoderPart[];
  readonly #corpus: Corpus;
  #speller: Speller | undefined;

  /**
   * @throws DescryError model-incompatible where `fitted` belongs to other word vectors, model-invalid where its pieces
   * do not fit each other
   */
  constructor(fitted: FittedText, vectors: WordVectors) {
    if (fitted.vectors.id !== vectors.id || fitted.vectors.dimensions !== vectors.dimensions) {
      const theirs = `${fitted.vectors.dimensions} dimensions, ${fitted.vectors.id}`;
      const ours = `${vectors.dimensions} dimensions, ${vectors.id}`;
      throw new DescryError(
        'model-incompatible',
        `The model was trained with other word vectors (${theirs}) than the ones in use (${ours}). Use those, or train again.`,
      );
    }
    const counts = new Map(fitted.words.map((word, i) => [word, fitted.counts[i] ?? 0]));
    const corpus: Corpus = { vectors, ranks: ranksOf(vectors), counts };
    try {
      this.#parts = fitted.spec.parts.map((spec, i) => buildPart(spec, fitted.parts[i], corpus));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const message = `The text side of the model is damaged: ${error.message}. Import the model again, or train it again.`;
      throw new DescryError('model-invalid', message, { cause: error });
    }
    const firstBag = fitted.spec.parts.findIndex((part) => part.kind === 'bag-of-words');
    const width = (parts: readonly EncoderPart[]) => parts.reduce((sum, part) => sum + part.dimensions, 0);
    this.dimensions = width(this.#parts);
    this.vectorDimensions = width(firstBag === -1 ? this.#parts : this.#parts.slice(0, firstBag));
    this.surprise = surpriseOf(fitted);
    this.#corpus = corpus;
  }

  /** Looks the words up, once for sentences that are written many times. */
  prepare(sentences: readonly string[]): PreparedSentences {
    const tokens = sentences.map(tokenize);
    const parts = this.#parts.map((part) => {
      const rows = tokens.map((row) => part.ids(row));
      const starts = new Int32Array(rows.length + 1);
      rows.forEach((row, r) => (starts[r + 1] = starts[r]! + row.length));
      const ids = new Int32Array(starts[rows.length]!);
      rows.forEach((row, r) => ids.set(row, starts[r]));
      return { starts, ids };
    });
    return { count: sentences.length, parts };
  }

  /**
   * Makes the sentences at `indices` dense.
   * @param out at least [indices.length, dimensions], row-major; every number of these rows is written
   * @throws RangeError where `out` is shorter or an index is no prepared sentence
   */
  fill(prepared: PreparedSentences, indices: ArrayLike<number>, out: Float32Array): void {
    if (out.length < indices.length * this.dimensions) throw new RangeError('the output is too short');
    out.fill(0, 0, indices.length * this.dimensions);
    let column = 0;
    this.#parts.forEach((part, p) => {
      const { starts, ids } = prepared.parts[p]!;
      for (let row = 0; row < indices.length; row++) {
        const sentence = indices[row]!;
        const from = starts[sentence];
        const to = starts[sentence + 1];
        if (from === undefined || to === undefined) throw new RangeError(`there is no sentence ${sentence}`);
        if (from < to) part.write(ids, from, to, out, row * this.dimensions + column);
      }
      column += part.dimensions;
    });
  }

  /** @returns [sentences.length, dimensions], row-major; a sentence without a known word is a row of zeros */
  encode(sentences: readonly string[]): Float32Array {
    const out = new Float32Array(sentences.length * this.dimensions);
    this.fill(this.prepare(sentences), [...sentences.keys()], out);
    return out;
  }

  /** Which words of the sentence are known, and suggestions for the others. */
  analyse(sentence: string): SentenceAnalysis {
    const tokens = tokenize(sentence);
    const known: string[] = [];
    const unknown = new Map<string, UnknownWord>();
    for (const token of tokens) {
      const found = lookUp(token, this.#hasWord);
      known.push(...found.known);
      for (const word of found.unknown) {
        // wink's GloVe has no single letters, and the article "a" is not a misspelling
        if (unknown.has(word) || /^[a-z]$/.test(word)) continue;
        unknown.set(word, { word, suggestion: this.#suggest(word) });
      }
    }
    return { tokens, known, unknown: [...unknown.values()] };
  }

  readonly #hasWord = (word: string) => this.#parts.some((part) => part.has(word));

  /** Only words that would help are suggested. */
  #suggest(word: string): string | null {
    this.#speller ??= new Speller(this.#corpus.vectors, this.#corpus.counts, this.#hasWord);
    return this.#speller.suggest(word);
  }

  /**
   * The analysis of a sentence that a search can use.
   * @throws DescryError query-empty without a word, query-unknown without a known one; the message suggests spellings
   */
  requireKnown(sentence: string): SentenceAnalysis {
    const analysis = this.analyse(sentence);
    if (analysis.tokens.length === 0) {
      throw new DescryError('query-empty', 'Describe the photo in a few words, such as "a dog on the beach".');
    }
    if (analysis.known.length === 0) throw new DescryError('query-unknown', unknownMessage(analysis.unknown));
    return analysis;
  }
}

function unknownMessage(unknown: readonly UnknownWord[]): string {
  if (unknown.length === 0) return 'This description has only single letters: describe the photo in a few words.';
  const list = (words: string[]) => words.map((word) => `"${word}"`).join(', ');
  const suggestions = unknown.flatMap(({ suggestion }) => suggestion ?? []);
  const advice =
    suggestions.length > 0 ? `Did you mean ${list(suggestions)}?` : 'Try other, simpler words, in English.';
  return `Descry does not know any word of this description: ${list(unknown.map(({ word }) => word))}. ${advice}`;
}
