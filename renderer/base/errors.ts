/**
 * An error in a sentence for the window. texts.ts has sentences by code, for errors that can be said better here than
 * for all; one is used when the error brings all the parameters that it names. Else it is the error's own message.
 */
import { count, fileSize } from '../../electron/ipc/format.ts';
import { photoRemedies } from './picture-texts.ts';
import { texts } from './texts.ts';

/** What an error brings along: a BridgeError, or the failure of one photo. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly parameters?: Readonly<Record<string, string | number | undefined>>;
}

const placeholder = /\{(\w+)\}/g;

export function errorText({ code, message, parameters = {} }: Problem): string {
  const sentences: Readonly<Record<string, readonly string[]>> = texts.errors;
  const fitting = sentences[code]?.find((sentence) =>
    [...sentence.matchAll(placeholder)].every(([, name]) => parameters[name!] !== undefined),
  );
  const text = fitting?.replace(placeholder, (_, name: string) => inWords(name, parameters[name]!)) ?? message;
  return text === '' ? texts.somethingFailed : text;
}

/** Why a photo cannot be opened, and what can be done. */
export const photoProblemText = (problem: Problem): string =>
  [errorText(problem), photoRemedies[problem.code] ?? ''].filter((text) => text !== '').join(' ');

function inWords(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  return name.endsWith('Bytes') ? fileSize(value) : count(value);
}
