/**
 * Which of ResNet50's classes a word means: a softmax over the cosines of its word vector and the classes', to which a constant
 * is added where the word names the class by WordNet (convex combination of semantic embeddings, ConSE: Norouzi et al. 2014,
 * with the roles of words and classes exchanged, so that a photo's part does not depend on the words).
 *
 * The word vectors are centred and their first principal components removed, because all words share them (Mu & Viswanath 2018).
 */
import { toUnit } from '../math/rows.ts';
import { softmax } from '../math/softmax.ts';
import { functionWords } from '../text/function-words.ts';
import { lookUp } from '../text/lookup.ts';
import { tokenize } from '../text/tokenizer.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import { ClassIndex, namesOfClasses, type ClassNames } from './class-names.ts';
import type { ConceptSpec } from './spec.ts';

/** How much less a class counts for each step from its own name to the word. */
const perStep = 0.8;
/** More general names than these tell little of a class's vector. */
const mostSteps = 5;

/** What is common to all word vectors. */
export interface SharedDirections {
  /** [dimensions] */
  readonly mean: Float32Array;
  /** orthonormal rows [removed, dimensions] */
  readonly components: Float32Array;
}

export class WordClasses {
  readonly index: ClassIndex;
  readonly classes: number;
  readonly #vectors: WordVectors;
  readonly #shared: SharedDirections;
  readonly #spec: ConceptSpec;
  /** [classes, dimensions], of norm 1; zeros where no name has a vector */
  readonly #classVectors: Float32Array;

  constructor(names: ClassNames, vectors: WordVectors, shared: SharedDirections, spec: ConceptSpec) {
    this.index = new ClassIndex(names);
    this.classes = names.classes.length;
    this.#vectors = vectors;
    this.#shared = shared;
    this.#spec = spec;
    this.#classVectors = this.#vectorsOf(names);
  }

  /**
   * @param word a token, or several words with spaces that name a class
   * @param out [classes]: non-negative, their sum is 1
   * @returns false, and `out` is not changed, where the word has no vector and names no class
   */
  write(word: string, out: Float32Array): boolean {
    const named = this.index.find(word);
    const direction = word.includes(' ') ? this.#directionOfNamed(named) : this.#direction(word);
    if (!named && !direction) return false;
    const { wordTemperature, namesWeight } = this.#spec;
    if (direction) this.#writeCosines(direction, out);
    else out.fill(0);
    for (const [index, distance] of named ?? []) out[index]! += namesWeight * perStep ** distance;
    softmax(out, wordTemperature);
    return true;
  }

  #writeCosines(direction: Float32Array, out: Float32Array): void {
    const width = direction.length;
    for (let i = 0, at = 0; i < this.classes; i++) {
      let sum = 0;
      for (let k = 0; k < width; k++, at++) sum += this.#classVectors[at]! * direction[k]!;
      out[i] = sum;
    }
  }

  /** Norm 1, without what is common to all words; of a compound the mean. */
  #direction(word: string): Float32Array | undefined {
    const { known } = lookUp(word, (part) => this.#vectors.has(part));
    return meanDirection(known.map((part) => this.#directionOfRank(this.#vectors.rank(part))));
  }

  #directionOfRank(rank: number): Float32Array {
    const { mean, components } = this.#shared;
    const row = this.#vectors.row(rank);
    const width = row.length;
    for (let i = 0; i < width; i++) row[i]! -= mean[i]!;
    for (let at = 0; at < components.length; at += width) {
      let share = 0;
      for (let i = 0; i < width; i++) share += row[i]! * components[at + i]!;
      for (let i = 0; i < width; i++) row[i]! -= share * components[at + i]!;
    }
    return toUnit(row);
  }

  /** "hot dog" is not the mean of hot and dog. */
  #directionOfNamed(named: ReadonlyMap<number, number> | undefined): Float32Array | undefined {
    const width = this.#vectors.dimensions;
    const nearest = Math.min(...(named?.values() ?? []));
    const chosen = [...(named ?? [])].filter(([, distance]) => distance === nearest);
    return meanDirection(chosen.map(([index]) => this.#classVectors.subarray(index * width, (index + 1) * width)));
  }

  #vectorsOf(names: ClassNames): Float32Array {
    const width = this.#vectors.dimensions;
    const out = new Float32Array(this.classes * width);
    const { generality } = this.#spec;
    // The classes are kinds of the same few things: each of these is looked up once.
    const directionOf = memoized((named: string) =>
      meanDirection(named.split(',').flatMap((name) => this.#directionOfName(name) ?? [])),
    );
    namesOfClasses(names).forEach((meanings, index) => {
      const row = out.subarray(index * width, (index + 1) * width);
      for (const { names: words, distance } of meanings) {
        if (distance > mostSteps) continue;
        const weight = generality ** distance;
        const direction = directionOf(words.join(','));
        for (let i = 0; direction && i < width; i++) row[i]! += weight * direction[i]!;
      }
      toUnit(row);
    });
    return out;
  }

  #directionOfName(name: string): Float32Array | undefined {
    const tokens = tokenize(name).filter((token) => !functionWords.has(token));
    return meanDirection(tokens.flatMap((token) => this.#direction(token) ?? []));
  }
}

function memoized<Value>(compute: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key)!;
  };
}

/** @returns undefined without a direction */
function meanDirection(directions: readonly Float32Array[]): Float32Array | undefined {
  const [first] = directions;
  if (!first) return undefined;
  const sum = new Float32Array(first.length);
  for (const direction of directions) for (let i = 0; i < sum.length; i++) sum[i]! += direction[i]!;
  return toUnit(sum);
}
