/** The maps of photos that stage 5 reads. */
import type { Engine } from '../../engine/engine.ts';
import { DescryError } from '../../errors.ts';
import { checkMatrix } from '../../math/rows.ts';
import { imageNet } from '../feature.ts';
import { stage4Output, stage5Inputs, upToStage4 } from './weights.ts';

/**
 * @param file path of `resnet50.onnx`
 * @throws DescryError `engine-unavailable` without ONNX Runtime
 */
export async function openStage4(engine: Engine, file: string) {
  if (engine.name !== 'onnx') {
    throw new DescryError(
      'engine-unavailable',
      'Fine-tuning ResNet50 needs ONNX Runtime, which is not in use here. Choose a recipe that leaves ResNet50 as it is.',
    );
  }
  const graph = await engine.openGraph(await upToStage4(file));
  const { side } = imageNet;
  return {
    /** @param pixels uint8 sRGB, [count, side, side, 3] @returns maps [count, mapLength] */
    encode: async (pixels: Uint8Array, count: number): Promise<Float32Array> => {
      checkMatrix('pixels', pixels, count, side * side * 3);
      const maps = await graph.run({ pixels: { data: pixels, shape: [count, side, side, 3] } }, stage4Output);
      return stage5Inputs(maps, count);
    },
    dispose: () => graph.dispose(),
  };
}
