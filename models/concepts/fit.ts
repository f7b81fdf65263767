/** Fits the concept part of embeddings: to photos, without their captions, and to the words that have vectors. */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { principalComponents } from '../math/principal-components.ts';
import { columnMeans, type RowProducts, toUnit } from '../math/rows.ts';
import type { Random } from '../math/random.ts';
import { transposed } from '../math/transposed.ts';
import { functionWords } from '../text/function-words.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import type { ClassIndex, ClassNames } from './class-names.ts';
import { classRoots, type Classifier, type ConceptWeights } from './concepts.ts';
import type { ConceptSpec } from './spec.ts';
import { WordClasses, type SharedDirections } from './word-classes.ts';

/** Photos that mean and covariance are computed from; more change neither. */
export const mostPhotos = 4000;
/** So many of the most frequent words, and the classes' names, are the words that the dimensions are chosen for. */
const wordsOfFit = 8000;
/** The most frequent words, of which the shared directions are. */
const sharedWords = 30_000;
/**
 * The covariance counts so many photos more than there are, of equal variance in all directions: with few photos, directions
 * that none of them has would get a variance of nearly zero.
 */
const addedPhotos = 30;
/** Share of the mean variance that every direction has at least. */
const leastVariance = 0.01;

export interface ConceptSources {
  readonly products: RowProducts;
  readonly vectors: WordVectors;
  readonly classifier: Classifier;
  readonly names: ClassNames;
  readonly random: Random;
}

/**
 * @param features of photos [count, …], at least one
 * @returns undefined where there are too few words for so many dimensions
 */
export async function fitConcepts(
  { products, vectors, classifier, names, random }: ConceptSources,
  spec: ConceptSpec,
  features: Float32Array,
  count: number,
): Promise<ConceptWeights | undefined> {
  const classes = classifier.bias.length;
  if (names.classes.length !== classes) throw new RangeError(`${names.classes.length} names for ${classes} classes`);
  const shared = sharedDirections(vectors, spec.removedComponents);
  const relation = new WordClasses(names, vectors, shared, spec);
  const words = frequentWords(vectors, relation.index);
  if (spec.dimensions >= Math.min(words.length, classes)) return undefined;

  const roots = await classRoots(products, classifier, spec.photoTemperature, features, count);
  const mean = columnMeans(roots, classes);
  const cholesky = new CholeskyDecomposition(await covariance(products, roots, mean, count));
  const factor = cholesky.lowerTriangularMatrix;

  const rows = new Float32Array(words.length * classes);
  words.forEach((word, row) => relation.write(word, rows.subarray(row * classes, (row + 1) * classes)));
  // rows · factor: the inner products with the columns of the factor
  const whitened = await products(rows, Float32Array.from(factor.transpose().to1DArray()), classes);
  for (let from = 0; from < whitened.length; from += classes) toUnit(whitened.subarray(from, from + classes));
  const basis = await principalComponents(products, whitened, classes, spec.dimensions, random);

  const word = factor.mmul(matrixOf(basis, classes, spec.dimensions));
  const photo = cholesky.solve(word);
  const offset = Matrix.rowVector([...mean])
    .mmul(photo)
    .to1DArray();
  return {
    spec,
    names,
    classifier,
    shared,
    photo: Float32Array.from(photo.to1DArray()),
    photoOffset: Float32Array.from(offset, (value) => -value),
    word: Float32Array.from(word.to1DArray()),
  };
}

/** Of the most frequent words. @param count of principal components */
function sharedDirections(vectors: WordVectors, count: number): SharedDirections {
  const width = vectors.dimensions;
  const words = Math.min(vectors.size, sharedWords);
  const rows = new Float32Array(words * width);
  for (let rank = 0; rank < words; rank++) vectors.row(rank, rows.subarray(rank * width, (rank + 1) * width));
  const mean = columnMeans(rows, width);
  const moment = Matrix.zeros(width, width);
  const row = new Float64Array(width);
  for (let from = 0; from < rows.length; from += width) {
    for (let i = 0; i < width; i++) row[i] = rows[from + i]! - mean[i]!;
    for (let i = 0; i < width; i++) {
      const value = row[i]!;
      for (let k = 0; k <= i; k++) moment.set(i, k, moment.get(i, k) + value * row[k]!);
    }
  }
  for (let i = 0; i < width; i++) for (let k = 0; k < i; k++) moment.set(k, i, moment.get(i, k));
  // eigenvalues ascend
  const { eigenvectorMatrix } = new EigenvalueDecomposition(moment, { assumeSymmetric: true });
  const components = new Float32Array(Math.min(count, width) * width);
  for (let c = 0; c * width < components.length; c++) {
    components.set(eigenvectorMatrix.getColumn(width - 1 - c), c * width);
  }
  return { mean: Float32Array.from(mean), components };
}

/** The most frequent words, and those that name classes. */
function frequentWords(vectors: WordVectors, index: ClassIndex): string[] {
  const words = new Set(index.words().filter((word) => vectors.has(word)));
  const least = words.size + wordsOfFit;
  for (let rank = 0; rank < vectors.size && words.size < least; rank++) {
    const word = vectors.word(rank);
    if (/^[a-z]+$/.test(word) && !functionWords.has(word)) words.add(word);
  }
  return [...words];
}

async function covariance(
  products: RowProducts,
  rows: Float32Array,
  mean: Float64Array,
  count: number,
): Promise<Matrix> {
  const width = mean.length;
  const columns = transposed(rows, count, width);
  for (let i = 0, at = 0; i < width; i++) for (let k = 0; k < count; k++, at++) columns[at]! -= mean[i]!;
  const scatter = matrixOf(await products(columns, columns, count), width, width);
  const average = scatter.trace() / count / width || 1;
  const all = count + addedPhotos;
  scatter.mul(1 / all);
  const added = (addedPhotos / all + leastVariance) * average;
  for (let i = 0; i < width; i++) scatter.set(i, i, scatter.get(i, i) + added);
  return scatter;
}

function matrixOf(values: Float32Array, rows: number, columns: number): Matrix {
  const matrix = new Matrix(rows, columns);
  for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < columns; c++, at++) matrix.set(r, c, values[at]!);
  return matrix;
}
