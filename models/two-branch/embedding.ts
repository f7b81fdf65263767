/** Embeddings and recall of a whole split. */
import type { Engine } from '../engine/engine.ts';
import type { Captions, Pairs } from './batches.ts';
import { usedColumns } from '../math/columns.ts';
import { add } from '../math/rows.ts';
import { recallAtK, recallOfSets, type Recalls } from './evaluation.ts';
import { makeBranch, type BranchWeights, type NetworkWeights } from '../network/network.ts';

export interface SplitRecalls {
  /** among the photos of all sets */
  readonly recalls: Recalls;
  /** of each set among its own photos */
  readonly setRecalls: readonly Recalls[];
}

/**
 * Recall@K of a network on a split, in both directions.
 *
 * @param sets rows of the photos of each set
 * @param otherScores of networks that it is joined with [captions, photos]
 */
export async function evaluateNetwork(
  engine: Engine,
  network: NetworkWeights,
  pairs: Pairs,
  sets: readonly Int32Array[],
  otherScores?: Float32Array,
): Promise<SplitRecalls> {
  const similarities = await scoresOf(engine, network, pairs);
  if (otherScores) add(similarities, otherScores);
  return {
    recalls: recallAtK(similarities, pairs.photos, pairs.photoOf),
    setRecalls: recallOfSets(similarities, pairs.photos, pairs.photoOf, sets),
  };
}

/** @returns the inner products of a split's captions and photos [captions, photos] */
export async function scoresOf(engine: Engine, network: NetworkWeights, pairs: Pairs): Promise<Float32Array> {
  const texts = await embedTexts(engine, network.text, pairs);
  const imageBranch = await engine.projection(network.image);
  try {
    const photos = await imageBranch.project(pairs.images, pairs.photos);
    return await engine.similarities(texts, photos, network.text.shape.outputs);
  } finally {
    await imageBranch.dispose();
  }
}

/** Captions per call: few enough that most columns of the first layer are not needed. */
const chunk = 1000;

/** @returns [captions, dimensions], rows of norm 1 */
export async function embedTexts(engine: Engine, branch: BranchWeights, captions: Captions): Promise<Float32Array> {
  const { textInputs, photoOf, fillTexts } = captions;
  const { outputs } = branch.shape;
  const count = photoOf.length;
  const texts = new Float32Array(count * outputs);
  const input = new Float32Array(Math.min(chunk, count) * textInputs);
  for (let from = 0; from < count; from += chunk) {
    const indices = Int32Array.from({ length: Math.min(chunk, count - from) }, (_, i) => from + i);
    const rows = input.subarray(0, indices.length * textInputs);
    fillTexts(indices, rows);
    const { data, columns } = usedColumns(rows, indices.length, textInputs);
    const projection = await engine.projection(onColumns(branch, columns));
    try {
      texts.set(await projection.project(data, indices.length), from * outputs);
    } finally {
      await projection.dispose();
    }
  }
  return texts;
}

/** The branch with only the used input columns: for a thousand captions a fifth of the first layer. */
function onColumns(branch: BranchWeights, columns: BigInt64Array): BranchWeights {
  const { hidden } = branch.shape;
  const hiddenWeight = new Float32Array(columns.length * hidden);
  columns.forEach((column, i) => {
    const from = Number(column) * hidden;
    hiddenWeight.set(branch.hiddenWeight.subarray(from, from + hidden), i * hidden);
  });
  const shape = { ...branch.shape, inputs: columns.length };
  return makeBranch(shape, (name) => (name === 'hiddenWeight' ? hiddenWeight : branch[name]));
}
