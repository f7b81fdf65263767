/** What the program is started with: `descry "a sentence" [--home DIR] [--hidden]`, or `descry COMMAND …` without a window. */
import { longestSentence } from '../ipc/limits.ts';

export interface CommandLine {
  /** to search for at once */
  readonly sentence: string | undefined;
  /** folder of the library, in place of the usual one */
  readonly home: string | undefined;
  /** started at login: stay in the tray */
  readonly hidden: boolean;
}

const withValue = new Set(['--home', '-r', '--require']);

/**
 * @param argv process.argv
 * @param namesApp whether the first plain argument is the app itself (`electron . "a sentence"`)
 */
export function parseCommandLine(argv: readonly string[], namesApp: boolean): CommandLine {
  const plain: string[] = [];
  let home: string | undefined;
  let hidden = false;
  for (let i = 1; i < argv.length; i++) {
    const argument = argv[i]!;
    if (withValue.has(argument)) {
      const value = argv[++i];
      if (argument === '--home') home = value;
    } else if (argument.startsWith('--home=')) home = argument.slice('--home='.length);
    else if (argument === '--hidden') hidden = true;
    // All other switches are Chromium's and Electron's own.
    else if (!argument.startsWith('-')) plain.push(argument);
  }
  const sentence = plain
    .slice(namesApp ? 1 : 0)
    .join(' ')
    .trim()
    // One that is too long stays too long, to be refused in the window, but need not be handed on whole.
    .slice(0, longestSentence + 1);
  return { sentence: sentence || undefined, home: home || undefined, hidden };
}

/**
 * Commands of the command line (electron/cli.ts; a test compares the two). As first argument they run in the terminal: a
 * sentence of this one word is typed into the window.
 */
export const commandNames: readonly string[] = [
  ...[
    'index',
    'search',
    'explain',
    'similar',
    'duplicates',
    'folders',
    'train',
    'evaluate',
    'models',
    'encoders',
    'status',
    'doctor',
  ],
  ...['help', '--help', '-h', '--version', '-V'],
];

/** The launcher (build/launcher) puts it before a command, behind Chromium's switches; what follows `--` is never one of those. */
const commandMark = '--command';

/**
 * @param argv process.argv of the installed program
 * @returns the arguments of the command line; undefined: the window is asked for
 */
export function commandArguments(argv: readonly string[]): string[] | undefined {
  const mark = argv.indexOf(commandMark);
  if (mark > 0 && argv[mark + 1] === '--') return argv.slice(mark + 2);
  const first = argv.findIndex((argument, i) => i > 0 && !chromiumSwitches.test(argument));
  return commandNames.includes(argv[first] ?? '') ? argv.slice(first) : undefined;
}

/** Those that may stand before a command: as root without a launcher, and without a display. */
const chromiumSwitches = /^--(no-sandbox$|ozone-platform=)/;
