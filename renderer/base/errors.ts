/**
 * An error in a sentence for the window. texts.ts has the sentences by code; one is used when the error brings all the
 * parameters that it names. Else the message of the error is shown, without what only helps in a terminal.
 */
import { count, fileSize } from '../../electron/ipc/format.ts';
import { texts } from './texts.ts';

/** What an error brings along: a BridgeError, or the failure of one photo. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
}

export function errorText({ code, message, parameters = {} }: Problem): string {
  const sentences: Readonly<Record<string, readonly string[]>> = texts.errors;
  for (const sentence of sentences[code] ?? []) {
    const names = [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    if (names.every((name) => parameters[name] !== undefined)) {
      return sentence.replace(/\{(\w+)\}/g, (_, name: string) => inWords(name, parameters[name]!));
    }
  }
  return withoutTerminalHints(message) || texts.somethingFailed;
}

function inWords(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  return name.endsWith('Bytes') ? fileSize(value) : count(value);
}

const terminalOnly =
  /(?<![^\s"'(])--[a-z]|\bDESCRY_[A-Z]|\bnpm pack\b|\bdescry (?:index|search|folders|models|train|status)\b/;

/** Leaves out bracketed remarks, alternatives (“…, or set DESCRY_ASSETS …”) and sentences that name a command. */
export function withoutTerminalHints(message: string): string {
  if (!terminalOnly.test(message)) return message;
  return message
    .replace(/ \([^()]*\)/g, (remark) => (terminalOnly.test(remark) ? '' : remark))
    .split(/(?<=[.!?])\s+/)
    .map((sentence) => {
      if (!terminalOnly.test(sentence)) return sentence;
      const [kept, ...others] = sentence.split(/[,;] or /);
      return others.length > 0 && !terminalOnly.test(kept!) ? `${kept}.` : '';
    })
    .filter((sentence) => sentence !== '')
    .join(' ');
}
