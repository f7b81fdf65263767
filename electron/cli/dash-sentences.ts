/** Sentences that begin with what must not be seen: `descry search "-beach dog"`. */
import type { Command } from 'commander';

/** Commands whose argument is a sentence. */
const commands = new Set(['search', 'explain']);

/**
 * The arguments with such a sentence after `--`, so that it is not taken for an option. Options of one letter, options with two dashes
 * and the values of options stay as they are, and nothing is changed where `--` is given.
 *
 * @param argv as in `process.argv`: the program, the script, then the arguments
 */
export function withDashSentences(program: Command, argv: readonly string[]): string[] {
  const at = argv.findIndex((arg, i) => i >= 2 && commands.has(arg));
  const command = program.commands.find((one) => one.name() === argv[at]);
  if (at < 0 || command === undefined || argv.includes('--')) return [...argv];
  const takesValue = (arg: string | undefined) =>
    command.options.some(({ short, long, required }) => required && (arg === long || arg === short));
  const isSentence = (arg: string, i: number) =>
    i > at && /^[-−](?:\p{L}{2,}|\p{L}.*\s)/u.test(arg) && !takesValue(argv[i - 1]);
  const sentences = argv.filter(isSentence);
  if (sentences.length === 0) return [...argv];
  return [...argv.filter((arg, i) => !isSentence(arg, i)), '--', ...sentences];
}
