/**
 * The concept part of embeddings: what ResNet50's own classes say of a photo and of a word that the training captions hardly
 * have. It needs no training, only the photos' features for mean and covariance.
 *
 * A photo is p = (√softmax(logits / temperature) − mean) P, the square roots of its class probabilities in a space where the
 * training photos have covariance 1 in the directions that words use. A word is u = R W / |R W|, with R its classes
 * (word-classes.ts): its score u · p has a deviation of about 1 over the training photos, whatever the word. In a sentence each
 * word counts by how little the captions say of it, divided by the count of words: the network knows a sentence better than a word
 * alone. With the square root of the count the best amount for sentences was a third of that for words.
 */
import { toUnit, type RowProducts } from '../math/rows.ts';
import { softmax } from '../math/softmax.ts';
import { transposed } from '../math/transposed.ts';
import { functionWords } from '../text/function-words.ts';
import { tokenize } from '../text/tokenizer.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import type { ClassIndex, ClassNames } from './class-names.ts';
import type { ConceptSpec } from './spec.ts';
import { WordClasses, type SharedDirections } from './word-classes.ts';

/** The classifier of a network, which reads the first `inputs` numbers of a feature. */
export interface Classifier {
  readonly inputs: number;
  /** [classes, inputs] */
  readonly weights: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** What a model keeps of it. */
export interface ConceptWeights {
  readonly spec: ConceptSpec;
  readonly names: ClassNames;
  readonly classifier: Classifier;
  readonly shared: SharedDirections;
  /** [classes, spec.dimensions] */
  readonly photo: Float32Array;
  /** [spec.dimensions] */
  readonly photoOffset: Float32Array;
  /** [classes, spec.dimensions] */
  readonly word: Float32Array;
}

/**
 * A photo's concept part is at most this long, against 1 for the network's: few of the photos have a longer one (1 %), of a
 * single class with full probability, and the norm of an embedding stays known.
 */
export const longestPhotoPart = 1.5;

export class Concepts {
  readonly dimensions: number;
  readonly #weights: ConceptWeights;
  readonly #products: RowProducts;
  readonly #counts: ReadonlyMap<string, number>;
  readonly #classes: WordClasses;
  /** [dimensions, classes], for the engine */
  readonly #photo: Float32Array;
  readonly #words = new Map<string, Float32Array | null>();

  /** @param counts in how many captions of the training photos each word is */
  constructor(
    weights: ConceptWeights,
    vectors: WordVectors,
    products: RowProducts,
    counts: ReadonlyMap<string, number>,
  ) {
    this.dimensions = weights.spec.dimensions;
    this.#weights = weights;
    this.#products = products;
    this.#counts = counts;
    this.#classes = new WordClasses(weights.names, vectors, weights.shared, weights.spec);
    this.#photo = transposed(weights.photo, this.#classes.classes, this.dimensions);
  }

  /**
   * @param features [count, …]
   * @returns [count, dimensions], of norm `longestPhotoPart` or less
   */
  async ofPhotos(features: Float32Array, count: number): Promise<Float32Array> {
    const { classifier, spec, photoOffset } = this.#weights;
    const roots = await classRoots(this.#products, classifier, spec.photoTemperature, features, count);
    const parts = await this.#products(roots, this.#photo, this.#classes.classes);
    for (let from = 0; from < parts.length; from += this.dimensions) {
      let squares = 0;
      for (let i = 0; i < this.dimensions; i++) {
        const value = spec.amount * (parts[from + i]! + photoOffset[i]!);
        parts[from + i] = value;
        squares += value ** 2;
      }
      const factor = Math.min(1, longestPhotoPart / Math.sqrt(squares));
      if (factor < 1) for (let i = from; i < from + this.dimensions; i++) parts[i]! *= factor;
    }
    return parts;
  }

  /** @returns [dimensions]; zeros where no word says anything */
  ofSentence(sentence: string): Float32Array {
    const sum = new Float32Array(this.dimensions);
    let words = 0;
    for (const word of this.#wordsOf(sentence)) {
      const direction = this.#direction(word);
      if (!direction) continue;
      words++;
      const weight = this.#weightOf(word);
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * direction[i]!;
    }
    if (words > 0) for (let i = 0; i < sum.length; i++) sum[i]! /= words;
    return sum;
  }

  /** The content words of a sentence, each once; words that together name a class ("fire engine") are one. */
  wordsOf(sentence: string): { readonly word: string; readonly namesClasses: boolean }[] {
    return [...this.#wordsOf(sentence)].map((word) => ({
      word,
      namesClasses: this.#classes.index.find(word) !== undefined,
    }));
  }

  get names(): ClassIndex {
    return this.#classes.index;
  }

  /** Each content word once; words that together name a class ("fire engine") are one. */
  *#wordsOf(sentence: string): Generator<string> {
    const tokens = tokenize(sentence);
    const given = new Set<string>();
    for (let at = 0; at < tokens.length; at++) {
      const pair = at + 1 < tokens.length ? `${tokens[at]!} ${tokens[at + 1]!}` : '';
      const word = this.#classes.index.find(pair) ? pair : tokens[at]!;
      if (word === pair) at++;
      if (functionWords.has(word) || given.has(word)) continue;
      given.add(word);
      yield word;
    }
  }

  #weightOf(word: string): number {
    const { halfCount, leastWeight } = this.#weights.spec;
    const weight = halfCount / (halfCount + (this.#counts.get(word) ?? 0));
    return this.#classes.index.find(word) ? Math.max(weight, leastWeight) : weight;
  }

  /** [dimensions], of norm 1; null where nothing is known of the word. */
  #direction(word: string): Float32Array | null {
    const known = this.#words.get(word);
    if (known !== undefined) return known;
    const classes = new Float32Array(this.#classes.classes);
    const direction = this.#classes.write(word, classes) ? toUnit(times(classes, this.#weights.word)) : null;
    // Queries of a long session must not fill the memory.
    if (this.#words.size >= 50_000) this.#words.clear();
    this.#words.set(word, direction);
    return direction;
  }
}

/** row · matrix @param row [n] @param matrix [n, width] */
function times(row: Float32Array, matrix: Float32Array): Float32Array {
  const width = matrix.length / row.length;
  const out = new Float32Array(width);
  row.forEach((value, r) => {
    // A softmax is nearly zero for most classes.
    if (value < 1e-7) return;
    const from = r * width;
    for (let i = 0; i < width; i++) out[i]! += value * matrix[from + i]!;
  });
  return out;
}

/**
 * The square roots of the class probabilities of photos: roots, because the probabilities of the second and third class say
 * what else is on a photo (+1 to 2 points of recall@10, docs/experiments.md).
 *
 * @returns [count, classes], rows of norm 1
 */
export async function classRoots(
  products: RowProducts,
  classifier: Classifier,
  temperature: number,
  features: Float32Array,
  count: number,
): Promise<Float32Array> {
  const roots = await classLogits(products, classifier, features, count);
  const classes = classifier.bias.length;
  for (let from = 0; from < roots.length; from += classes) softmax(roots.subarray(from, from + classes), temperature);
  for (let i = 0; i < roots.length; i++) roots[i] = Math.sqrt(roots[i]!);
  return roots;
}

/** @param features [count, …] @returns [count, classes], before softmax */
export async function classLogits(
  products: RowProducts,
  { inputs, weights, bias }: Classifier,
  features: Float32Array,
  count: number,
): Promise<Float32Array> {
  const width = features.length / count;
  if (!Number.isInteger(width) || width < inputs)
    throw new RangeError(`${features.length} numbers are not the features of ${count} photos`);
  const averages = new Float32Array(count * inputs);
  for (let row = 0; row < count; row++)
    averages.set(features.subarray(row * width, row * width + inputs), row * inputs);
  const logits = await products(averages, weights, inputs);
  for (let i = 0; i < logits.length; i++) logits[i]! += bias[i % bias.length]!;
  return logits;
}
