/** Shared by the benchmarks: times, medians, and the error of a benchmark that cannot run. */
import { errorCode, errorMessage } from '../../../models/errors.ts';

export { median } from './rows.ts';

/** @returns ms of wall time */
export function wallTime(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** @returns ms of processor time of all threads of this process, which other programs hardly influence */
export function processorTime(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return processorMs(before);
}

/** @returns ms of processor time of this process since `before` */
export function processorMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

export const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

/** The machine lacks a requirement of the benchmark, named in the message. */
export class CannotMeasure extends Error {}

/** Runs a benchmark: a missing requirement is printed as one sentence, a defect with its stack. */
export async function benchmark(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = 1;
    const expected = error instanceof CannotMeasure || errorCode(error) !== 'internal';
    process.stderr.write(`${expected ? errorMessage(error) : (error as Error).stack}\n`);
  }
}
