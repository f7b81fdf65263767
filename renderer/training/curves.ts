/** The points of a run as the columns of a chart. */
import type { TrainingPoint } from '../../electron/ipc/contract.ts';

/** More points than pixels are of no use: neighbours are averaged. */
const mostPoints = 600;

/** x (steps) and the loss. */
export function lossCurve(history: readonly TrainingPoint[]): [number[], number[]] {
  const finite = history.filter((point) => Number.isFinite(point.loss));
  const width = Math.max(1, Math.ceil(finite.length / mostPoints));
  const x: number[] = [];
  const loss: number[] = [];
  for (let start = 0; start < finite.length; start += width) {
    const group = finite.slice(start, start + width);
    x.push(group.at(-1)!.step);
    loss.push(group.reduce((sum, point) => sum + point.loss, 0) / group.length);
  }
  return [x, loss];
}

/** x (steps), then text→image R@1 and R@10, of the points at which recall was measured. */
export function recallCurves(history: readonly TrainingPoint[]): [number[], number[], number[]] {
  const measured = history.filter((point) => point.recall !== null);
  return [
    measured.map((point) => point.step),
    measured.map((point) => point.recall!.textToImage.r1),
    measured.map((point) => point.recall!.textToImage.r10),
  ];
}
