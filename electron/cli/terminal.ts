/** What the command line writes where: results to standard output, progress and notices to standard error. */
import cliProgress from 'cli-progress';
import type { AssetsProgress } from '../ipc/contract.ts';
import { fileSize } from '../ipc/format.ts';

export interface ProgressBar {
  update(done: number, total: number, note: string): void;
  stop(): void;
}

export interface Terminal {
  readonly json: boolean;
  /** one result: a JSON object on a line of its own, or the text for people */
  result(value: unknown, text: () => string): void;
  notice(message: string): void;
  /** a bar on a terminal, nothing in a pipe */
  bar(title: string): ProgressBar;
}

export function terminal(json: boolean): Terminal {
  const write = (line: string) => process.stdout.write(`${line}\n`);
  return {
    json,
    result: (value, text) => write(json ? JSON.stringify(value) : text()),
    notice: (message) => process.stderr.write(`${message}\n`),
    bar: progressBar,
  };
}

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

/** Shows the fetching of weights as one bar per item. */
export function assetsBar(out: Terminal): (progress: AssetsProgress) => void {
  let bar: ProgressBar | undefined;
  let shown: string | null = null;
  return ({ state, item, doneBytes, totalBytes }) => {
    const working = state === 'fetching' || state === 'converting';
    if (item !== shown) {
      bar?.stop();
      bar = undefined;
      shown = item;
      if (working && item !== null && !process.stderr.isTTY) out.notice(`${sentenceCase(item)} …`);
    }
    if (!working || item === null) return;
    bar ??= out.bar(sentenceCase(item));
    if (totalBytes > 0) bar.update(doneBytes, totalBytes, `${fileSize(doneBytes)} of ${fileSize(totalBytes)}`);
  };
}

const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
