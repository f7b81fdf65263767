/**
 * Turns the third-party weights into the files that Descry loads. One function for all of them, with a job that is plain
 * data, so that a shell may run it in another process.
 */
import { writeFile } from 'node:fs/promises';

export interface ConversionJob {
  /** Keras layers model → ONNX; wink's JSON of GloVe → compact table; GloVe's own text format → compact table */
  readonly kind: 'keras-to-onnx' | 'wink-to-table' | 'text-to-table';
  readonly input: string;
  readonly output: string;
}

/**
 * Raised with every change of a converter that changes what its files mean or hold: then everybody's are made anew.
 * test/integration/assets-pinned.test.ts notices a change.
 */
export const conversionVersions: Record<ConversionJob['kind'], number> = {
  'keras-to-onnx': 3,
  'wink-to-table': 1,
  'text-to-table': 1,
};

/**
 * @param onProgress bytes read so far, and in all
 * @returns what the user should know about the result, in words; empty where all is well
 */
export async function convert(
  job: ConversionJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
): Promise<string[]> {
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
  }
}
