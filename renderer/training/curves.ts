/** A run as the columns of its charts. `step` counts within an epoch; x counts epochs, with fractions. */
import type { TrainingPoint, TrainingState } from '../../electron/ipc/contract.ts';

/** A chart has no room for more points: neighbours are averaged. */
const mostPoints = 600;

const epochsOf = (history: readonly TrainingPoint[], steps: number) => {
  const perEpoch = history.reduce((most, { step }) => Math.max(most, step), Math.max(1, steps));
  return ({ epoch, step }: TrainingPoint) => epoch - 1 + step / perEpoch;
};

/** x and the loss. @param steps of an epoch; 0 when not known */
export function lossCurve(history: readonly TrainingPoint[], steps: number): [number[], number[]] {
  const at = epochsOf(history, steps);
  // An epoch's own point has its mean loss: after that of its last step it would be a spike.
  const finite = history.filter(({ loss, epoch, step }, i) => {
    const before = history[i - 1];
    return Number.isFinite(loss) && !(before?.epoch === epoch && before.step === step);
  });
  const width = Math.max(1, Math.ceil(finite.length / mostPoints));
  const x: number[] = [];
  const loss: number[] = [];
  for (let start = 0; start < finite.length; start += width) {
    const group = finite.slice(start, start + width);
    x.push(at(group.at(-1)!));
    loss.push(group.reduce((sum, point) => sum + point.loss, 0) / group.length);
  }
  return [x, loss];
}

/** x, then sentence→photo R@1 and R@10, of the points at which recall was measured. */
export function recallCurves(history: readonly TrainingPoint[], steps: number): [number[], number[], number[]] {
  const at = epochsOf(history, steps);
  const measured = history.filter((point) => point.recall !== null);
  return [
    measured.map(at),
    measured.map((point) => point.recall!.textToImage.r1),
    measured.map((point) => point.recall!.textToImage.r10),
  ];
}

/** How much of the run, or of looking at its photos, is done: 0–1, null while that is not known. */
export function shareDone({ state, epoch, epochs, step, steps }: TrainingState): number | null {
  if (state === 'encoding') return steps > 0 ? step / steps : null;
  if (epochs === 0) return null;
  return Math.min(1, (Math.max(0, epoch - 1) + (steps > 0 ? step / steps : 0)) / epochs);
}
