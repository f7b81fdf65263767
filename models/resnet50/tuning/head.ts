/** The linear head of fine-tuning (graphs.ts): its fit in closed form, and its embeddings. */
import type { Engine } from '../../engine/engine.ts';
import type { Tensor } from '../../files/safetensors.ts';
import { columnMeans } from '../../math/rows.ts';
import { invertSpd } from '../../math/spd-inverse.ts';
import { transposed } from '../../math/transposed.ts';

/**
 * Ridge regression with an intercept: W = (XᵀX + λI)⁻¹ XᵀY of centred X and Y, b = mean(Y) − mean(X) W.
 *
 * @param averages X [photos, channels] @param targets Y [photos, embedding] @param ridge λ divided by the number of photos
 */
export async function fitHead(
  { similarities }: Pick<Engine, 'similarities'>,
  averages: Float32Array,
  targets: Float32Array,
  photos: number,
  ridge: number,
): Promise<Map<string, Tensor>> {
  const [channels, embedding] = [averages.length / photos, targets.length / photos];
  const [meanInput, meanTarget] = [columnMeans(averages, channels), columnMeans(targets, embedding)];
  const inputs = transposed(centred(averages, meanInput), photos, channels);
  const outputs = transposed(centred(targets, meanTarget), photos, embedding);
  const gram = await similarities(inputs, inputs, photos);
  for (let i = 0; i < channels; i++) gram[i * channels + i]! += ridge * photos;
  const inverse = await invertSpd(similarities, gram, channels);
  const crossed = await similarities(outputs, inputs, photos); // [embedding, channels]
  const kernel = await similarities(inverse, crossed, channels); // [channels, embedding]
  const bias = Float32Array.from(meanTarget);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < embedding; i++) bias[i]! -= meanInput[c]! * kernel[c * embedding + i]!;
  }
  return new Map([
    ['head/kernel', { shape: [channels, embedding], data: kernel }],
    ['head/bias', { shape: [embedding], data: bias }],
  ]);
}

/** unit(averages · W + b), [photos, embedding] */
export async function embedWithHead(
  { similarities }: Pick<Engine, 'similarities'>,
  averages: Float32Array,
  photos: number,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<Float32Array> {
  const { data: kernel, shape } = tensors.get('head/kernel')!;
  const [channels, embedding] = shape as [number, number];
  const bias = tensors.get('head/bias')!.data;
  const rows = await similarities(averages, transposed(kernel, channels, embedding), channels);
  for (let row = 0; row < photos; row++) {
    const values = rows.subarray(row * embedding, (row + 1) * embedding);
    let squares = 1e-12;
    values.forEach((value, i) => (squares += (values[i] = value + bias[i]!) ** 2));
    const factor = 1 / Math.sqrt(squares);
    for (let i = 0; i < embedding; i++) values[i]! *= factor;
  }
  return rows;
}

function centred(rows: Float32Array, mean: Float32Array | Float64Array): Float32Array {
  return rows.map((value, i) => value - mean[i % mean.length]!);
}
