/** A new model's recall compared with the present one's. Recall is in percent and should rise; the median rank should fall. */
import type { Recall } from '../../electron/ipc/contract.ts';
import { decimal } from '../../electron/ipc/format.ts';

const measures = ['r1', 'r5', 'r10', 'medianRank'] as const;

export interface Comparison {
  readonly measure: (typeof measures)[number];
  readonly now: string;
  readonly before: string;
  readonly change: string;
  readonly verdict: 'better' | 'worse' | 'same';
}

export function compareRecalls(now: Recall, before: Recall | null): Comparison[] {
  return measures.map((measure) => {
    const rank = measure === 'medianRank';
    const show = (value: number) => (rank ? decimal(value) : `${decimal(value)}%`);
    if (!before) return { measure, now: show(now[measure]), before: '–', change: '', verdict: 'same' };
    const difference = Math.round((now[measure] - before[measure]) * 10) / 10;
    const gain = rank ? -difference : difference;
    return {
      measure,
      now: show(now[measure]),
      before: show(before[measure]),
      change: difference === 0 ? '±0' : `${difference > 0 ? '+' : '−'}${decimal(Math.abs(difference))}`,
      verdict: gain > 0 ? 'better' : gain < 0 ? 'worse' : 'same',
    };
  });
}
