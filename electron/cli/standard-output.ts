/**
 * Standard output of the command line: it is Descry's alone, and a failure to write to it is said once.
 *
 * Libraries print there, too: libheif, compiled to WebAssembly, complains about a damaged file with `console.log`, which would
 * break the JSON that a program reads. Whatever anyone else writes goes to standard error. Native code that writes to file
 * descriptor 1 by itself is not covered; no library of Descry does (libvips and ONNX Runtime write to standard error).
 */
import { reasonOf, systemCode } from '../../models/errors.ts';

type Write = (text: string) => void;

let own: Write | undefined;

/** Writes to standard output. Before `claimStandardOutput`, and in processes that never call it, this is the usual stream. */
export const standardOutput: Write = (text) => (own ? own(text) : void process.stdout.write(text));

/** @param exit ends the process with this code */
export function claimStandardOutput(exit: (code: number) => void = (code) => process.exit(code)): void {
  if (own) return;
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  own = (text) => void write(text);
  stdout.write = stderr.write.bind(stderr);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    const code = exitCodeOf(error);
    if (code !== 0) stderr.write(`The output could not be written: ${reasonOf(error)}.\n`);
    exit(code);
  });
  // Nobody is left who could be told that standard error is closed, or its disk full.
  stderr.on('error', () => undefined);
}

/** A reader that has seen enough (`descry search … | head -1`) is no error, as with other programs. */
function exitCodeOf(error: unknown): number {
  return systemCode(error) === 'EPIPE' ? 0 : 1;
}
