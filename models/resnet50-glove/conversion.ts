/** Converts the third-party weights into the files that Descry loads. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Conversion, Convert } from '../contract/weights.ts';

/** Beside resnet50.onnx; it is made of the pinned weights only, of which the calibration is known. */
export const bytesFile = 'resnet50-8bit.onnx';

/**
 * Keras layers model → ONNX, in floats and in 8 bits; wink's JSON of GloVe → compact table; GloVe's own text format → compact table.
 * test/integration/assets-pinned.test.ts fails if a converter's result changes without a new version.
 */
export const conversions = {
  kerasToOnnx: { kind: 'keras-to-onnx', version: 4 },
  winkToTable: { kind: 'wink-to-table', version: 1 },
  textToTable: { kind: 'text-to-table', version: 1 },
} as const satisfies Record<string, Conversion>;

export const convert: Convert = async (job, onProgress) => {
  switch (job.kind) {
    case 'keras-to-onnx': {
      const { readKerasWeights } = await import('../resnet50/keras.ts');
      const { resnet50ToOnnx } = await import('../resnet50/convert.ts');
      const { resnet50To8Bits } = await import('../resnet50/convert-8bit.ts');
      const { readCalibration } = await import('../resnet50/calibration.ts');
      const weights = await readKerasWeights(job.input);
      const float = resnet50ToOnnx(weights);
      await writeFile(job.output, float);
      const calibration = await readCalibration();
      if (calibration.network === createHash('sha256').update(float).digest('hex')) {
        await writeFile(path.join(path.dirname(job.output), bytesFile), resnet50To8Bits(weights, calibration));
      }
      return [];
    }
    case 'wink-to-table': {
      const { convertWink } = await import('../text/glove.ts');
      await convertWink(job.input, job.output, onProgress);
      return [];
    }
    case 'text-to-table': {
      const { convertGloveText } = await import('../text/glove.ts');
      const { malformedLines, malformed } = await convertGloveText(job.input, job.output, onProgress);
      if (malformedLines === 0) return [];
      const lines = malformed.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ');
      return [`${job.input}: ${malformedLines} lines were left out (${lines})`];
    }
    default:
      throw new RangeError(`there is no conversion named ${job.kind}`);
  }
};
