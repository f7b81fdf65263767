/** The photo side of an added encoder: pixels → image embeddings of norm 1, which are its features. */
import type { AddedEncoder } from '../contract/added-encoder.ts';
import type { PhotoEncoder } from '../contract/encoder.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { isGraphics, photosPerRun, type PhotoMode } from '../engine/modes.ts';
import { checkMatrix } from '../math/rows.ts';
import { isCommon, openSide, requireOnnx, unusedTokens } from './graph.ts';

/** Whether a graphics provider works on this machine, only a trial can say. */
export const modes = (engine: Engine): PhotoMode[] =>
  engine.name === 'onnx' ? ['float', ...engine.graphics] : ['float'];

/**
 * @throws DescryError `encoder-invalid` where the graph cannot be loaded, `engine-unavailable` without ONNX Runtime; RangeError for
 *   a mode that it does not have
 */
export async function openPhotos(
  added: AddedEncoder,
  engine: Engine,
  files: FoundWeights['files'],
  mode: PhotoMode = 'float',
): Promise<PhotoEncoder> {
  const onnx = requireOnnx(engine, added.title);
  if (mode === '8-bit') throw new RangeError(`${added.title} has no mode of 8 bits beside its own`);
  const { tensors, dimensions, preprocessing } = added;
  const graph = await openSide(
    onnx,
    added,
    files['vision']!,
    tensors.imageEmbeddings,
    isGraphics(mode) ? { provider: mode } : {},
  );
  const others = isCommon(added) ? unusedTokens(added) : {};
  const { side } = preprocessing;
  const numbers = side * side * 3;
  return {
    encode: async (pixels, count) => {
      if (!(pixels instanceof Float32Array)) throw new TypeError(`${added.title} takes normalised pixels`);
      checkMatrix('pixels', pixels, count, numbers);
      const features = new Float32Array(count * dimensions);
      for (let first = 0; first < count; first += photosPerRun) {
        const some = Math.min(photosPerRun, count - first);
        const data = channelsFirst(pixels.subarray(first * numbers, (first + some) * numbers), some);
        const inputs = { ...others, [tensors.pixels]: { data, shape: [some, 3, side, side] } };
        features.set(await graph.embed(inputs, some), first * dimensions);
      }
      return features;
    },
    encodeRegions: null,
    dispose: () => graph.dispose(),
  };
}

/** @param pixels [count, side, side, 3] @returns [count, 3, side, side] */
export function channelsFirst(pixels: Float32Array, count: number): Float32Array {
  const out = new Float32Array(pixels.length);
  const plane = pixels.length / count / 3;
  for (let photo = 0, at = 0; photo < count; photo++) {
    const start = photo * plane * 3;
    for (let i = 0; i < plane; i++) {
      for (let channel = 0; channel < 3; channel++) out[start + channel * plane + i] = pixels[at++]!;
    }
  }
  return out;
}
