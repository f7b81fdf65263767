/** What the program is started with: `descry "a sentence" [--home DIR] [--hidden]`. */
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
