/** Implements the contract's photo side by ResNet50. */
import type { PhotoEncoder, Preprocessing } from '../contract/encoder.ts';
import type { PhotoMode } from '../engine/modes.ts';
import type { FoundWeights } from '../contract/weights.ts';
import type { Engine } from '../engine/engine.ts';
import { modesOf, openResnet50, type EncoderFiles, type PhotoEncoder as Resnet50 } from '../resnet50/encoder.ts';
import { imageNet } from '../resnet50/feature.ts';
import { storedRegions } from './regions.ts';
import { openStage4 } from '../resnet50/tuning/photo-encoders.ts';
import { readModel } from '../two-branch/model-file.ts';
import { DescryError } from '../errors.ts';

export const featureLength = imageNet.dimensions;

/** Without normalisation: the graph takes bytes and subtracts ImageNet's mean pixel. */
export const preprocessing: Preprocessing = { side: imageNet.side, fit: 'squash', normalisation: null };

export async function openPhotos(
  engine: Engine,
  files: FoundWeights['files'],
  mode?: PhotoMode,
): Promise<PhotoEncoder> {
  return withRegions(engine, await openResnet50(engine, namedFiles(files), mode === undefined ? {} : { mode }));
}

export const modes = (engine: Engine, files: FoundWeights['files']): PhotoMode[] => modesOf(engine, namedFiles(files));

const namedFiles = (files: FoundWeights['files']): EncoderFiles => ({
  onnx: files['onnx']!,
  bytes: files['bytes'],
  keras: files['keras']!,
});

/** The maps that stage 5 reads, in place of features. */
export async function openMaps(engine: Engine, files: FoundWeights['files']): Promise<PhotoEncoder> {
  const { encode, dispose } = await openStage4(engine, files['onnx']!);
  return { encode: async (pixels, count) => encode(bytesOf(pixels), count), encodeRegions: null, dispose };
}

/** ResNet50 with the fine-tuned stage 5 of a model. */
export async function openTuned(engine: Engine, files: FoundWeights['files'], model: string): Promise<PhotoEncoder> {
  const { tuned } = await readModel(model);
  if (!tuned) {
    throw new DescryError('model-invalid', `${model} has no fine-tuned part of ResNet50. Choose another model.`, {
      parameters: { file: model },
    });
  }
  return withRegions(engine, await openResnet50(engine, namedFiles(files), { tuned }));
}

function withRegions(engine: Engine, encoder: Resnet50): PhotoEncoder {
  return {
    encode: async (pixels, count) => encoder.encode(bytesOf(pixels), count),
    encodeRegions: async (pixels, count) => {
      const { features, map } = await encoder.encodeWithMap(bytesOf(pixels), count);
      return { features, regions: await storedRegions(engine, map, features, count) };
    },
    dispose: () => encoder.dispose(),
  };
}

/** Pixels of this encoder are bytes. */
function bytesOf(pixels: Uint8Array | Float32Array): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  throw new TypeError('ResNet50 takes bytes');
}
