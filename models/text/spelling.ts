/**
 * Words that no vocabulary has: other inflections of the same word, and the nearest known spelling to suggest.
 *
 * The nearest spelling is sought by a scan, not in an index: a bit mask of each word's letters excludes nearly all of
 * 341,479 words before a distance is computed, and an index would cost every start for a rare case.
 */
import { distance } from 'fastest-levenshtein';
import type { WordVectors } from './word-vectors.ts';

/** The stem must stay a word: "sing" is no inflection of "s". */
const shortestStem = 3;

const vowel = /[aeiouy]/;

/**
 * Words of which `word` may be an inflection or that may be an inflection of it, likeliest first: singulars, plurals,
 * base forms of -ing, -ed, -er and -ly, and the singulars of these ("skateboarders" → "skateboarder" → "skateboard").
 */
export function baseForms(word: string): string[] {
  const forms = new Set<string>();
  const add = (form: string) => {
    if (form.length >= shortestStem && form !== word && vowel.test(form)) forms.add(form);
  };
  const singulars = singularsOf(word);
  singulars.forEach(add);
  for (const form of [word, ...singulars]) {
    for (const ending of ['ing', 'ed', 'er', 'ly']) {
      if (form.endsWith(ending)) stemsBefore(form.slice(0, -ending.length)).forEach(add);
    }
  }
  add(`${word}s`);
  return [...forms];
}

function singularsOf(word: string): string[] {
  if (!word.endsWith('s') || word.endsWith('ss')) return word.endsWith('men') ? [`${word.slice(0, -2)}an`] : [];
  const singulars = [word.slice(0, -1)];
  if (word.endsWith('ies')) singulars.unshift(`${word.slice(0, -3)}y`);
  else if (word.endsWith('ves')) singulars.push(`${word.slice(0, -3)}f`, `${word.slice(0, -3)}fe`);
  if (/(?:[sxzo]|ch|sh)es$/.test(word)) singulars.push(word.slice(0, -2));
  return singulars;
}

/** "runn" → "run", "rid" → "ride", "jump" → "jump", "carri" → "carry". */
function stemsBefore(stem: string): string[] {
  const stems = /([bdfgklmnprtz])\1$/.test(stem) ? [stem.slice(0, -1), stem] : [stem, `${stem}e`];
  return stem.endsWith('i') ? [`${stem.slice(0, -1)}y`, ...stems] : stems;
}

/** Edits allowed: two edits turn a short word into almost any other. */
const allowedEdits = (length: number) => (length < 3 ? 0 : length < 5 ? 1 : 2);
/** A word that occurs this often in the captions is taken to be spelled correctly. */
const trustedCount = 3;
/** Extra cost, in edits, of a word that the training captions do not use. */
const notInCaptions = 1.2;
/** Extra cost, in edits, of another first letter: most misspellings keep it (Pollock & Zamora 1984: 92 %). */
const otherInitial = 0.6;

/**
 * A word that the captions do not use is misspelt if two neighbouring letters are swapped in a word that they use this often
 * ("teh"), or if it is this rare in general and one edit away from a frequent one ("thier").
 */
const swappedCount = 1000;
const rareRank = 100_000;
const frequentCount = 100;
/** Beside another misspelling, a word is suspected if one that is one edit away is this many times as frequent ("beech"). */
const suspectedCount = 10;
const suspectedRatio = 250;

const popcount = (bits: number) => {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** A word's letters as bits, of its UTF-8 bytes. */
function lettersOf(bytes: Uint8Array): number {
  let mask = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) mask |= 1 << (byte & 31);
  return mask;
}

/** Levenshtein's distance, but 1 where the only difference is one swap of neighbouring letters (Damerau 1964). */
export function editDistance(a: string, b: string): number {
  const plain = distance(a, b);
  if (plain !== 2 || a.length !== b.length) return plain;
  let i = 0;
  while (a[i] === b[i]) i++;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2) ? 1 : 2;
}

/** Finds the most probable known spelling of an unknown word. */
export class Speller {
  readonly #vectors: WordVectors;
  readonly #captionCounts: ReadonlyMap<string, number>;
  readonly #hasWord: (word: string) => boolean;
  #summaries: { masks: Int32Array; lengths: Uint8Array } | undefined;

  /**
   * @param captionCounts how often the training captions use each word: words they use are preferred
   * @param hasWord only words that it accepts are suggested
   */
  constructor(vectors: WordVectors, captionCounts: ReadonlyMap<string, number>, hasWord: (word: string) => boolean) {
    this.#vectors = vectors;
    this.#hasWord = hasWord;
    this.#captionCounts = captionCounts;
  }

  /** The best spelling within two edits, or null: fewest edits, then words of the captions, then frequent words. */
  suggest(word: string): string | null {
    const edits = allowedEdits(Array.from(word).length);
    if (edits === 0) return null;
    let best: string | null = null;
    let bestCost = Infinity;
    const consider = (candidate: string, cost: number) => {
      const found = editDistance(word, candidate);
      if (found > edits || found === 0) return;
      const total = cost + found + (candidate[0] === word[0] ? 0 : otherInitial);
      if (total < bestCost && this.#hasWord(candidate)) {
        best = candidate;
        bestCost = total;
      }
    };
    for (const [candidate, count] of this.#captionCounts) {
      if (count < trustedCount || Math.abs(candidate.length - word.length) > edits) continue;
      consider(candidate, 0.5 / Math.log2(1 + count)); // from 0.25 for a rare word to 0.03 for the commonest
    }
    for (const rank of this.#near(word, edits)) {
      consider(this.#vectors.word(rank), notInCaptions + rank / this.#vectors.size);
    }
    return best;
  }

  /**
   * The word that is meant by one that has a vector, but is probably misspelt: one edit away, with the same first letter where
   * it is not swapped, and the most frequent one in the captions.
   *
   * @param proof `suspected`: less is enough, because another word of the sentence is misspelt
   */
  misspellingOf(word: string, proof: 'certain' | 'suspected'): string | null {
    const count = this.#captionCounts.get(word) ?? 0;
    if (word.length < 3 || count > (proof === 'certain' ? 0 : suspectedCount) || !this.#hasWord(word)) return null;
    // An inflection of a word that the captions use is spelled correctly.
    if (baseForms(word).some((form) => (this.#captionCounts.get(form) ?? 0) >= trustedCount)) return null;
    const isRare = this.#vectors.rank(word) >= rareRank;
    let best: string | null = null;
    let bestCount = 0;
    for (const [candidate, frequency] of this.#captionCounts) {
      if (frequency <= bestCount) continue;
      if (Math.abs(candidate.length - word.length) > 1 || editDistance(word, candidate) !== 1) continue;
      const isSwapped = candidate.length === word.length && distance(word, candidate) === 2;
      const isProven =
        proof === 'suspected'
          ? candidate[0] === word[0] && frequency >= suspectedRatio * (count + 0.5)
          : (isSwapped && frequency >= swappedCount) ||
            (isRare && candidate[0] === word[0] && word.length > 4 && frequency >= frequentCount);
      if (isProven && this.#hasWord(candidate)) {
        best = candidate;
        bestCount = frequency;
      }
    }
    return best;
  }

  /** Ranks of the words that may be within so many edits: each edit changes the length and either mask by one at most. */
  #near(word: string, edits: number): number[] {
    const { masks, lengths } = (this.#summaries ??= this.#summarise());
    const mask = lettersOf(Buffer.from(word));
    const length = Array.from(word).length;
    const near: number[] = [];
    for (let rank = 0; rank < masks.length; rank++) {
      if (Math.abs(lengths[rank]! - length) > edits) continue;
      const other = masks[rank]!;
      if (popcount(mask & ~other) <= edits && popcount(other & ~mask) <= edits) near.push(rank);
    }
    return near;
  }

  /** One pass over all words: 3 MB in 12 ms, at the first unknown word of a session. */
  #summarise(): { masks: Int32Array; lengths: Uint8Array } {
    const { bytes, starts } = this.#vectors.spellings;
    const masks = new Int32Array(this.#vectors.size);
    const lengths = new Uint8Array(this.#vectors.size);
    for (let rank = 0; rank < masks.length; rank++) {
      const end = starts[rank + 1]!;
      let mask = 0;
      let length = 0;
      for (let i = starts[rank]!; i < end; i++) {
        const byte = bytes[i]!;
        if ((byte & 0xc0) === 0x80) continue; // the rest of a code point
        mask |= 1 << (byte & 31);
        length++;
      }
      masks[rank] = mask;
      lengths[rank] = Math.min(length, 255);
    }
    return { masks, lengths };
  }
}
