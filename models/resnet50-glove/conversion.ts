/** Converts the third-party weights into the files that Descry loads. */
import { writeFile } from 'node:fs/promises';
import type { Conversion, Convert } from '../contract/weights.ts';

/**
 * Keras layers model → ONNX; wink's JSON of GloVe → compact table; GloVe's own text format → compact table.
 * test/integration/assets-pinned.test.ts fails if a converter's result changes without a new version.
 */
export const conversions = {
  kerasToOnnx: { kind: 'keras-to-onnx', version: 3 },
  winkToTable: { kind: 'wink-to-table', version: 1 },
  textToTable: { kind: 'text-to-table', version: 1 },
} as const satisfies Record<string, Conversion>;

export const convert: Convert = async (job, onProgress) => {
  switch (job.kind) {
    case 'keras-to-onnx': {
      const { readKerasWeights } = await import('../resnet50/keras.ts');
      const { resnet50ToOnnx } = await import('../resnet50/convert.ts');
      await writeFile(job.output, resnet50ToOnnx(await readKerasWeights(job.input)));
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
