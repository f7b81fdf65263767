/** The state of fine-tuning at the end of an epoch, as one file, from which `tuneStage5` resumes. */
import { z } from 'zod';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../files/safetensors.ts';
import { stage5Shape, stage5Tensors } from './stage5.ts';
import type { TuningCheckpoint } from './tune.ts';

const header = z.object({
  epoch: z.int(),
  randomState: z.number(),
  best: z.object({ epoch: z.int(), score: z.number() }).nullable(),
});
const bestPrefix = 'best.';

/** @param note any text, returned by `decodeTuning` @returns the bytes of a .safetensors file */
export function encodeTuning({ epoch, randomState, state, best }: TuningCheckpoint, note: string): Uint8Array {
  const description: z.infer<typeof header> = {
    ...{ epoch, randomState, best: best && { epoch: best.epoch, score: best.score } },
  };
  // The best weights are in numbers that half precision keeps; the present ones are needed as they are.
  const halves = new Set(best?.weights.values());
  return encodeSafetensors(
    {
      metadata: { tuning: JSON.stringify(description), note },
      tensors: new Map([
        ...state,
        ...[...(best?.weights ?? [])].map(([name, tensor]): [string, Tensor] => [`${bestPrefix}${name}`, tensor]),
      ]),
    },
    (tensor) => (halves.has(tensor) ? 'F16' : 'F32'),
  );
}

/** @throws when the bytes are not a complete checkpoint */
export function decodeTuning(bytes: Uint8Array): { checkpoint: TuningCheckpoint; note: string } {
  const { metadata, tensors } = decodeSafetensors(bytes);
  const { epoch, randomState, best } = header.parse(JSON.parse(metadata['tuning'] ?? 'null'));
  const part = (wanted: boolean) => [...tensors].filter(([name]) => name.startsWith(bestPrefix) === wanted);
  const state = new Map(part(false));
  const weights = new Map(part(true).map(([name, tensor]) => [name.slice(bestPrefix.length), tensor]));
  for (const [name] of stage5Tensors(stage5Shape)) {
    if (!state.has(name) || (best && !weights.has(name))) throw new RangeError(`the tensor ${name} is missing`);
  }
  const checkpoint = { epoch, randomState, state, best: best && { ...best, weights } };
  return { checkpoint, note: metadata['note'] ?? '' };
}
