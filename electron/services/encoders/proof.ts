/**
 * The check of an encoder before it is added (models/encoder-check.ts), in a process of its own with limits of time and memory: its
 * graphs may be anyone's.
 */
import { totalmem } from 'node:os';
import type { AddedEncoder } from '../../../models/contract/added-encoder.ts';
import type { FoundWeights } from '../../../models/contract/weights.ts';
import { DescryError } from '../../../models/errors.ts';
import { duration } from '../../ipc/format.ts';
import { WorkerDied, type WorkerHost } from '../../workers/host.ts';
import type { TrialMethods } from '../photo-modes.ts';

export interface ProofLimits {
  /** memory of the process that runs the graphs */
  readonly largestBytes: number;
  /** ms: loading 600 MB from a slow disk, and some seconds of computing on a slow processor */
  readonly longestMs: number;
}

/** A library is encoded beside other programs: three quarters of a small machine's memory is all that an encoder may have. */
export const usualLimits = (memory = totalmem()): ProofLimits => ({
  largestBytes: Math.min(3e9, 0.75 * memory),
  longestMs: 300_000,
});

/**
 * @param start starts the process; null: none can be started, and the graphs run in this one
 * @throws DescryError `encoder-invalid` with the reason; `cancelled`
 */
export async function proveEncoder(
  added: AddedEncoder,
  weights: FoundWeights,
  start: (() => WorkerHost<TrialMethods>) | null,
  { largestBytes, longestMs }: ProofLimits,
  signal: AbortSignal,
): Promise<NonNullable<AddedEncoder['measured']>> {
  const input = { added, weights, largestBytes };
  if (!start) return (await import('./check-in-process.ts')).checkInProcess(input);
  const host = start();
  try {
    for await (const measured of host.run('checkEncoder', input, { signal, stallMs: longestMs })) return measured;
    throw new Error('the check ended without an answer');
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error;
    const why = error.stalled
      ? `its check was not done after ${duration(longestMs / 1000)}`
      : error.bySignal
        ? `the process that checked it was ended from outside (${error.how}), as a system does that runs out of memory`
        : `the process that runs its graphs crashed (${error.how})`;
    throw new DescryError(
      'encoder-invalid',
      `${added.title} cannot be used on this computer: ${why}. Try again, or choose a smaller encoder.`,
      { cause: error },
    );
  } finally {
    await host.close();
  }
}
