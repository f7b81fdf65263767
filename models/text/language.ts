/**
 * Words of other languages. The word vectors were trained on English texts that quote other languages, so that they have
 * "hund" and "perro", but not what these mean on photos: without this check, "ein Hund am Strand" would be ranked.
 *
 * A quoted word stands beside other words of its language, so that its vector is near those of that language's function words.
 * The figures are in docs/search.md.
 */
import { functionWords } from './function-words.ts';
import type { WordVectors } from './word-vectors.ts';

/** Function words of the languages that the vectors have enough of; accents as in the vectors. */
const functionWordsOf = [
  'der die das ein eine einen einem dem den des und mit auf nicht ist von zu zum zur im am für bei sind oder wird auch ohne',
  'le la les des une un dans avec sur est pour du et aux qui pas par ses ce cette sans chez',
  'el la los las una un con por para del y en es que su como pero sobre esta sin al',
  'il gli le lo una un con per della delle dei nel nella di che è sono alla dal sul sulla senza',
  'o os uma um com não para do da dos das em na no ao pelo mais sem',
  'het een de en met op voor niet zijn naar bij ook aan uit zonder',
  'och det att som för med inte den ett av på är och en till',
  'og det at som for med ikke den af på er en et til',
].map((line) => line.split(' '));
const foreignFunctionWords: ReadonlySet<string> = new Set(functionWordsOf.flat());

/** English function words that other languages have, too: they tell nothing. */
const shared: ReadonlySet<string> = new Set('a am an as do i in me no so'.split(' '));

/** Words that the training captions use at least this often are English. */
const englishCount = 5;
/** Up to this many uses, a word may be of another language: captions name a few foreign things. */
const foreignCount = 2;
/** Function words of other languages may be used a little more often, in names. */
const foreignFunctionCount = 200;
/** Least cosine of a word with the function words of another language. */
const foreignCosine = 0.3;

export interface LanguageCheck {
  /** the words that are probably of another language */
  readonly foreign: ReadonlySet<string>;
  /**
   * The sentence is: more of its words are of another language than are English, besides function words; or as many, one of
   * them a function word of that language.
   */
  readonly isForeign: boolean;
}

export class LanguageChecker {
  readonly #vectors: WordVectors;
  readonly #captionCounts: ReadonlyMap<string, number>;
  #languages: Float32Array[] | undefined;

  /** @param captionCounts how often the training captions use each word */
  constructor(vectors: WordVectors, captionCounts: ReadonlyMap<string, number>) {
    this.#vectors = vectors;
    this.#captionCounts = captionCounts;
  }

  check(tokens: readonly string[]): LanguageCheck {
    const foreign = new Set<string>();
    const words = [...new Set(tokens)];
    let content = 0;
    for (const word of words) {
      if (this.#isForeign(word)) foreign.add(word);
      else if (!functionWords.has(word) && (this.#captionCounts.get(word) ?? 0) >= englishCount) content++;
    }
    const hasEnglishFunctionWord = words.some((word) => functionWords.has(word) && !shared.has(word));
    // "kids in ju" is a sentence that is still being typed: a word that only looks foreign does not decide.
    const decides = [...foreign].some((word) => foreignFunctionWords.has(word));
    const isForeign = foreign.size > content || (decides && foreign.size === content && !hasEnglishFunctionWord);
    return { foreign, isForeign };
  }

  #isForeign(token: string): boolean {
    const count = this.#captionCounts.get(token) ?? 0;
    if (foreignFunctionWords.has(token) && !functionWords.has(token)) return count < foreignFunctionCount;
    if (functionWords.has(token) || count > foreignCount) return false;
    const rank = this.#vectors.rank(token);
    if (rank < 0) return false;
    const vector = unit(this.#vectors.row(rank));
    this.#languages ??= functionWordsOf.map((words) => this.#meanOf(words));
    return this.#languages.some((language) => inner(language, vector) >= foreignCosine);
  }

  #meanOf(words: readonly string[]): Float32Array {
    const sum = new Float32Array(this.#vectors.dimensions);
    for (const word of words) {
      const rank = this.#vectors.rank(word);
      const isEnglish = functionWords.has(word) || (this.#captionCounts.get(word) ?? 0) > foreignFunctionCount;
      if (rank >= 0 && !isEnglish) unit(this.#vectors.row(rank)).forEach((value, i) => (sum[i]! += value));
    }
    return unit(sum);
  }
}

const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(inner(vector, vector)) || 1;
  return vector.map((value) => value / norm);
}
