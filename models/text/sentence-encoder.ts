/**
 * Sentences to the numbers that the text branch reads: the one code path for training captions and for queries.
 *
 * `fitSentenceEncoder` computes from the training captions what stays fixed afterwards (word counts, principal component,
 * vocabulary); a `SentenceEncoder` made of it gives the same numbers in training and in a search.
 */
import { DescryError } from '../errors.ts';
import { functionWords } from './function-words.ts';
import type { FittedText, TextSpec } from './fitted-text.ts';
import { LanguageChecker } from './language.ts';
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

/** A picture sign that has no English name, or it would be that word (services/understanding). */
const emojis =
  /(?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2})(?:[\ufe0f\u200d\u{1f3fb}-\u{1f3ff}]|(?<=\u200d)\p{Extended_Pictographic})*/gu;
/** Function words that say something about a photo by themselves. */
const describing: ReadonlySet<string> = new Set(['outside', 'inside', 'someone']);

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
  readonly #language: LanguageChecker;
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
    this.#language = new LanguageChecker(vectors, counts);
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

  /**
   * Which words of the sentence are known, and suggestions for the others. In a sentence of another language none is, and
   * function words alone describe nothing.
   */
  analyse(sentence: string): SentenceAnalysis {
    const tokens = tokenize(sentence);
    const unknown = new Map<string, UnknownWord>();
    const name = (word: string, suggestion: string | null) => unknown.set(word, { word, suggestion });
    const misspelt = this.#misspelt(tokens);
    const { foreign, isForeign } = this.#language.check(tokens.filter((token) => !misspelt.has(token)));
    const known: string[] = [];
    for (const token of tokens) {
      const found = lookUp(token, this.#hasWord);
      const suggestion = misspelt.get(token);
      if (isForeign) {
        if (!functionWords.has(token)) name(token, null);
      } else if (suggestion !== undefined) name(token, suggestion);
      else if (foreign.has(token)) name(token, null);
      else {
        known.push(...found.known);
        for (const word of found.unknown) {
          // wink's GloVe has no single letters, and the article "a" is not a misspelling
          if (unknown.has(word) || /^[a-z]$/.test(word)) continue;
          name(word, this.#suggest(word));
        }
      }
    }
    for (const [emoji] of sentence.matchAll(emojis)) name(emoji, null);
    const describes = known.some((word) => !functionWords.has(word) || describing.has(word));
    return { tokens, known: describes ? known : [], unknown: [...unknown.values()] };
  }

  /**
   * Known words that are probably misspelt, with what is meant: the word vectors have common misspellings, too. A rare word is
   * only suspected beside another misspelling.
   */
  #misspelt(tokens: readonly string[]): Map<string, string> {
    const misspelt = new Map<string, string>();
    const speller = this.#spellers;
    for (const token of tokens) {
      const meant = speller.misspellingOf(token, 'certain');
      if (meant !== null) misspelt.set(token, meant);
    }
    const hasUnknown = tokens.some(
      (token) => !/^[a-z]$/.test(token) && lookUp(token, this.#hasWord).unknown.length > 0,
    );
    if (misspelt.size === 0 && !hasUnknown) return misspelt;
    for (const token of tokens) {
      const meant = misspelt.has(token) ? null : speller.misspellingOf(token, 'suspected');
      if (meant !== null) misspelt.set(token, meant);
    }
    return misspelt;
  }

  readonly #hasWord = (word: string) => this.#parts.some((part) => part.has(word));

  /** Only words that would help are suggested. */
  #suggest(word: string): string | null {
    return this.#spellers.suggest(word);
  }

  get #spellers(): Speller {
    return (this.#speller ??= new Speller(this.#corpus.vectors, this.#corpus.counts, this.#hasWord));
  }

  /**
   * The analysis of a sentence that a search can use.
   * @throws DescryError query-empty without a word, query-unknown without a known one; the message suggests spellings
   */
  requireKnown(sentence: string): SentenceAnalysis {
    const analysis = this.analyse(sentence);
    if (analysis.tokens.length === 0 && analysis.unknown.length === 0) {
      throw new DescryError('query-empty', 'Describe the photo in a few words, such as "a dog on the beach".');
    }
    if (analysis.known.length === 0) throw new DescryError('query-unknown', unknownMessage(analysis));
    return analysis;
  }
}

function unknownMessage({ tokens, unknown }: SentenceAnalysis): string {
  const list = (words: readonly string[]) => [...new Set(words)].map((word) => `"${word}"`).join(', ');
  if (unknown.length === 0) {
    return tokens.every((token) => functionWords.has(token))
      ? `${list(tokens)} ${tokens.length === 1 ? 'does' : 'do'} not say what is on the photo. Describe what is seen, such as "a dog on the beach".`
      : 'This description has only single letters: describe the photo in a few words.';
  }
  const suggestions = unknown.flatMap(({ suggestion }) => suggestion ?? []);
  const advice =
    suggestions.length > 0 ? `Did you mean ${list(suggestions)}?` : 'Try other, simpler words, in English.';
  return `Descry does not know any word of this description: ${list(unknown.map(({ word }) => word))}. ${advice}`;
}
