/** Output of the command line: results to standard output, progress and notices to standard error. */
import cliProgress from 'cli-progress';
import type { AssetsProgress } from '../ipc/contract.ts';
import { fileSize } from '../ipc/format.ts';
import { longestWait } from '../services/assets/lock.ts';
import { standardOutput } from './standard-output.ts';

export interface ProgressBar {
  update(done: number, total: number, note: string): void;
  stop(): void;
}

export interface Terminal {
  readonly json: boolean;
  /** one result: a JSON object on a line of its own, or the text for people */
  result(value: unknown, text: () => string): void;
  notice(message: string): void;
  /** a progress bar on a terminal, nothing in a pipe */
  bar(title: string): ProgressBar;
}

export function terminal(json: boolean): Terminal {
  return {
    json,
    result: (value, text) => {
      standardOutput(`${json ? JSON.stringify(value) : plainOn(process.stdout, text())}\n`);
    },
    notice: (message) => process.stderr.write(`${plainOn(process.stderr, message)}\n`),
    bar: progressBar,
  };
}

/**
 * On a terminal, characters that would control it are shown as "?", as `ls` does: names of files, and texts in files, are anyone's.
 * In a pipe or a file they stay, so that a program gets the names as they are.
 */
export function plainOn({ isTTY }: { readonly isTTY?: boolean }, text: string): string {
  return isTTY ? text.replace(controls, '?') : text;
}

/** Control characters except tab and line feed, and the marks that reverse the direction of what follows. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function progressBar(title: string): ProgressBar {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new cliProgress.SingleBar(
    { format: `${title} {bar} {percentage}% {note}`, hideCursor: true, clearOnComplete: true, stream: process.stderr },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total, note) {
      if (!started) bar.start(total, done, { note });
      started = true;
      bar.setTotal(total);
      bar.update(done, { note });
    },
    stop: () => bar.stop(),
  };
}

/** One that was killed cannot give its lock back, and cannot be told from one that is at work before this time is over. */
export const waitingFor = (doing: string): string =>
  `Waiting for another Descry that ${doing} (if it was ended meanwhile: ${longestWait} seconds at most)`;

const steps: Partial<Record<AssetsProgress['state'], (item: string) => string>> = {
  waiting: () => waitingFor('is preparing the weights'),
  fetching: (item) => `Fetching the ${item}`,
  converting: (item) => `Preparing the ${item}`,
};

/** Shows the progress of fetching and converting the weights: a bar for each step. */
export function assetsBar(out: Terminal): (progress: AssetsProgress) => void {
  let bar: ProgressBar | undefined;
  let shown: string | undefined;
  return ({ state, item, doneBytes, totalBytes }) => {
    const title = steps[state]?.(item ?? 'weights');
    if (title !== shown) {
      bar?.stop();
      bar = undefined;
      shown = title;
      if (title !== undefined && !process.stderr.isTTY) out.notice(`${title} …`);
    }
    if (title === undefined) return;
    bar ??= out.bar(title);
    if (totalBytes > 0) bar.update(doneBytes, totalBytes, `${fileSize(doneBytes)} of ${fileSize(totalBytes)}`);
  };
}
