/** Checks an encoder in this process, and measures how much memory the process has meanwhile. */
import type { AddedEncoder } from '../../../models/contract/added-encoder.ts';
import { openAdded } from '../../../models/encoders.ts';
import { checkEncoder } from '../../../models/encoder-check.ts';
import { openEngine } from '../../../models/engine/index.ts';
import { DescryError } from '../../../models/errors.ts';
import { fileSize } from '../../ipc/format.ts';
import type { EncoderToCheck } from '../photo-modes.ts';

/** ms; a large matrix is made in about as much */
const sampleMs = 20;

/**
 * Graphs run in threads of their own, so that the memory is looked at while they do. Where it is too much, the caller ends the process.
 * @throws DescryError `encoder-invalid` with the reason
 */
export async function checkInProcess({
  added,
  weights,
  largestBytes,
}: EncoderToCheck): Promise<NonNullable<AddedEncoder['measured']>> {
  let peakBytes = 0;
  const before = highestBytes();
  /** also what was there between two looks, and while loading a graph held this thread up */
  const peak = () => {
    const highest = highestBytes();
    return Math.max(peakBytes, process.memoryUsage.rss(), highest > before ? highest : 0);
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLarge = new Promise<never>((_, reject) => {
    const look = () => {
      peakBytes = peak();
      if (peakBytes <= largestBytes) return;
      reject(
        new DescryError(
          'encoder-invalid',
          `${added.title} cannot be used on this computer: it takes more than ${fileSize(largestBytes)} of memory. Choose a smaller one, or one of half precision or 8 bits.`,
        ),
      );
    };
    timer = setInterval(look, sampleMs);
    look();
  });
  try {
    const checking = openEngine('onnx').then((engine) => checkEncoder(openAdded(added), engine, weights));
    checking.catch(() => undefined); // where memory was too much, its failure is of no interest
    const { photosPerSecond } = await Promise.race([checking, tooLarge]);
    return { photosPerSecond, peakBytes: peak() };
  } finally {
    clearInterval(timer);
  }
}

/** The most memory that this process has had at any time. */
const highestBytes = (): number => 1024 * process.resourceUsage().maxRSS;
