/** Opens the library for one command, and reports errors by a message and an exit code. */
import { DescryError, errorCode } from '../../models/errors.ts';
import type { EngineName } from '../../models/engine/engine.ts';
import { date, plural } from '../ipc/format.ts';
import { Descry } from '../services/descry.ts';
import type { Rebuilt } from '../services/library-file/rebuild.ts';
import type { Precision } from '../services/photo-modes.ts';
import { trialProcess } from '../services/trial-process.ts';
import type { Log } from '../services/shared/log.ts';
import { terminalText } from './error-texts.ts';
import { assetsBar, terminal, type Terminal } from './terminal.ts';

/** What a command does where the library's database is damaged. */
export interface DamagePolicy {
  /** It is moved aside and built again; else the command refuses, says how to do that, and changes nothing. */
  readonly rebuilds?: boolean;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly home?: string;
  readonly engine?: EngineName;
  readonly precision?: Precision;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export interface Session {
  readonly descry: Descry;
  readonly out: Terminal;
  /** aborted by Ctrl-C */
  readonly signal: AbortSignal;
}

export const exitCodes = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** For a command that needs no library: reports its errors the same way. */
export async function withoutLibrary(options: CommonOptions, command: (out: Terminal) => Promise<void>): Promise<void> {
  const out = terminal(options.json === true);
  try {
    await command(out);
  } catch (error) {
    process.exitCode = report(error, out, options, new Set());
  }
}

/** @param builtInModel file of the built-in model */
export async function withLibrary(
  builtInModel: string,
  options: CommonOptions,
  command: (session: Session) => Promise<void>,
  { rebuilds = false }: DamagePolicy = {},
): Promise<void> {
  const out = terminal(options.json === true);
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    out.notice('Stopping … (Ctrl-C again stops at once)');
    interrupted.abort(
      new DescryError('cancelled', 'Stopped. Finished work is kept; the same command continues from there.'),
    );
    process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  });
  const said = new Set<string>();
  let descry: Descry | undefined;
  try {
    descry = new Descry({
      home: options.home,
      engine: options.engine,
      precision: options.precision,
      // In the installed program, which is Electron, a command cannot start another process of Node: the window's trials count.
      trials: process.versions.electron === undefined ? trialProcess : null,
      builtInModel,
      onNotice: (message) => {
        said.add(message);
        out.notice(message);
      },
      log: commandLog(options.verbose === true),
      file: { onDamage: rebuilds ? 'rebuild' : 'refuse', checkFirst: rebuilds },
    });
    if (descry.file.rebuilt) {
      out.notice(rebuiltText(descry.file.rebuilt));
      await descry.adoptModels();
    }
    const { readOnly } = descry.store;
    if (readOnly !== undefined) out.notice(`The library can be searched, but not changed: ${readOnly}.`);
    descry.ensureOptions = { onProgress: assetsBar(out), signal: interrupted.signal };
    await command({ descry, out, signal: interrupted.signal });
  } catch (error) {
    process.exitCode = report(error, out, options, said);
  } finally {
    await descry?.close();
  }
}

function rebuiltText({ movedTo, backupAt, photos }: Rebuilt): string {
  const source = backupAt === null ? 'could be read from it' : `came back from the backup of ${date(backupAt)}`;
  return (
    `The library's database was damaged. It was moved to ${movedTo} and built again. Folders, settings and searches ${source}; ` +
    `${plural(photos, 'photo')} could be read from it, and the rest is computed again.`
  );
}

/** @param said what was said to the user already */
function report(error: unknown, out: Terminal, { verbose }: CommonOptions, said: ReadonlySet<string>): number {
  const code = errorCode(error);
  const message = terminalText(error);
  if (out.json) out.result({ error: { code, message } }, () => '');
  // What is damaged is said when that is found, which may also be why the command fails.
  if (!said.has(message)) out.notice(message);
  // Errors that nobody expected are defects of Descry: their stack is printed.
  if (verbose || !(error instanceof DescryError)) out.notice(error instanceof Error ? (error.stack ?? '') : '');
  if (code === 'cancelled') return exitCodes.interrupted;
  return code === 'usage' ? exitCodes.usage : exitCodes.failure;
}

function commandLog(verbose: boolean): Log {
  const write = (message: string) => verbose && process.stderr.write(`${message}\n`);
  return { info: write, warn: write, error: (message) => process.stderr.write(`${message}\n`) };
}
