/** The state of a training run at the end of an epoch, as one file in full precision, from which `trainNetwork` resumes. */
import { z } from 'zod';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../files/safetensors.ts';
import { branchFromTensors, branchShape, branchTensors, modelMetadata } from './model-file.ts';
import type { BranchWeights, NetworkWeights } from '../network/network.ts';
import type { Checkpoint } from './training-run.ts';

const shapes = modelMetadata.pick({ image: true, text: true });
const header = z.object({
  epoch: z.int(),
  randomState: z.number(),
  shapes,
  /** with its own shapes: the trainer holds a placeholder in place of a kernel machine */
  best: z
    .object({
      epoch: z.int(),
      recalls: modelMetadata.shape.recalls,
      /** absent: an earlier version wrote it, which knew one dataset only */
      setRecalls: z.array(modelMetadata.shape.recalls.unwrap()).exactOptional(),
      shapes,
    })
    .nullable(),
  /** null where there is no averaged text branch; else any number (earlier versions counted averages in it) */
  averaged: z.int().nullable(),
});

/** @param note any JSON, returned by `decodeCheckpoint` @returns the bytes of a .safetensors file */
export function encodeCheckpoint(checkpoint: Checkpoint, note: unknown): Uint8Array {
  const { weights, momentum, best, averagedText } = checkpoint;
  const description: z.infer<typeof header> = {
    epoch: checkpoint.epoch,
    randomState: checkpoint.randomState,
    shapes: shapesOf(weights),
    best: best && {
      epoch: best.epoch,
      recalls: best.recalls,
      setRecalls: [...best.setRecalls],
      shapes: shapesOf(best.weights),
    },
    averaged: averagedText ? 1 : null,
  };
  return encodeSafetensors(
    {
      metadata: { checkpoint: JSON.stringify(description), note: JSON.stringify(note) },
      tensors: new Map([
        ...networkTensors('weights', weights),
        ...networkTensors('momentum', momentum),
        ...(best ? networkTensors('best', best.weights) : []),
        ...(averagedText ? branchTensors('averaged.text', averagedText) : []),
      ]),
    },
    'F32',
  );
}

/** @throws when the bytes are not a complete checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): { checkpoint: Checkpoint; note: unknown } {
  const { metadata, tensors } = decodeSafetensors(bytes);
  const { epoch, randomState, shapes, best, averaged } = header.parse(JSON.parse(metadata['checkpoint'] ?? 'null'));
  const network = (prefix: string, { image, text } = shapes): NetworkWeights => ({
    image: branchFromTensors(`${prefix}.image`, image, tensors),
    text: branchFromTensors(`${prefix}.text`, text, tensors),
  });
  const checkpoint: Checkpoint = {
    epoch,
    randomState,
    weights: network('weights'),
    momentum: network('momentum'),
    best: best && {
      epoch: best.epoch,
      recalls: best.recalls,
      setRecalls: best.setRecalls ?? (best.recalls ? [best.recalls] : []),
      weights: network('best', best.shapes),
    },
    averagedText: averaged === null ? null : branchFromTensors('averaged.text', shapes.text, tensors),
  };
  return { checkpoint, note: JSON.parse(metadata['note'] ?? 'null') as unknown };
}

/** A branch alone in full precision, with a note, as `encodeCheckpoint`. */
export function encodeBranch(branch: BranchWeights, note: unknown): Uint8Array {
  const metadata = { branch: JSON.stringify(branch.shape), note: JSON.stringify(note) };
  return encodeSafetensors({ metadata, tensors: new Map(branchTensors('branch', branch)) }, 'F32');
}

/** @throws when the bytes are not a complete branch */
export function decodeBranch(bytes: Uint8Array): { branch: BranchWeights; note: unknown } {
  const { metadata, tensors } = decodeSafetensors(bytes);
  const branch = branchFromTensors('branch', branchShape.parse(JSON.parse(metadata['branch'] ?? 'null')), tensors);
  return { branch, note: JSON.parse(metadata['note'] ?? 'null') as unknown };
}

const shapesOf = ({ image, text }: NetworkWeights) => ({ image: image.shape, text: text.shape });

function* networkTensors(prefix: string, { image, text }: NetworkWeights): Generator<[string, Tensor]> {
  yield* branchTensors(`${prefix}.image`, image);
  yield* branchTensors(`${prefix}.text`, text);
}
