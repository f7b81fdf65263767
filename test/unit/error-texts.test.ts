/** Errors in a terminal; and that messages which the window shows, too, name nothing of a terminal. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { terminalHints, terminalText } from '../../electron/cli/error-texts.ts';
import { Assets } from '../../electron/services/assets/assets.ts';
import { findSource } from '../../electron/services/assets/sources.ts';
import { Descry } from '../../electron/services/descry.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { openDatabase } from '../../electron/store/database.ts';
import { DescryError, errorFrom, errorObject, type ErrorParameters } from '../../models/errors.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { readModel } from '../../models/two-branch/model-file.ts';

const root = path.resolve(import.meta.dirname, '../..');
const scratch = mkdtempSync(path.join(tmpdir(), 'descry-errors-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A command, an option or an environment variable, in a sentence. */
const ofTerminal =
  /(?<!\S)["'`(]?--[a-z]{2}|\bDESCRY_[A-Z]|\bnpm (?:pack|install|run|ci)\b|\bdescry (?:index|search|folders|models|train|evaluate|status)\b/;

/** All strings and templates of a TypeScript file, with their lines. */
function texts(file: string): { text: string; line: number }[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: { text: string; line: number }[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      found.push({ text: node.text, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const sources = ['electron', 'models'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.join(folder, name)),
);
const isCommandLine = (file: string) => /^electron[\\/]cli(?:[\\/]|\.ts$)/.test(file);

describe('no text of the services, the models or the shell', () => {
  it.each(sources.filter((file) => !isCommandLine(file)))('names a command, an option or a variable: %s', (file) => {
    const named = texts(path.join(root, file)).filter(({ text }) => text.trim().includes(' ') && ofTerminal.test(text));
    expect(named).toEqual([]);
  });

  it('and the search for them finds those of the command line', () => {
    const found = sources.filter(isCommandLine).flatMap((file) => texts(path.join(root, file)));
    expect(found.filter(({ text }) => ofTerminal.test(text)).length).toBeGreaterThan(8);
  });
});

const sample: Required<ErrorParameters> = {
  encoder: 'tinyclip',
  file: '/a/file',
  folder: '/a',
  goneFolder: '/a/gone',
  inner: '/a/inner',
  outer: '/',
  library: '/a/library.db',
  model: 'mine',
  otherEngine: 'tensorflow',
  weightsFolder: '/a/weights',
  package: 'weights@1.0.0',
  tarball: 'weights-1.0.0.tgz',
  tarballFolder: '/a/weights',
  variable: 'DESCRY_GLOVE',
  neededBytes: 2e9,
  freeBytes: 1e6,
};

describe('the terminal’s hint', () => {
  it.each(terminalHints)(
    'is given where the error brings what it names: $text',
    ({ code = 'internal', needs, text }) => {
      const parameters = Object.fromEntries(needs.map((name) => [name, sample[name]]));
      const shown = terminalText(new DescryError(code, 'What happened.', { parameters }));
      const hint = text.replace(/\{(\w+)\}/g, (_, name: keyof ErrorParameters) => String(sample[name]));
      expect(shown).toBe(`What happened. ${hint}`);
      expect(shown).toMatch(ofTerminal);
      const named = [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(needs).toEqual(expect.arrayContaining(named));
    },
  );

  it('is not given to an error without it, nor to what is no error of ours', () => {
    expect(terminalText(new DescryError('nested-folder', 'Inside.', { parameters: { outer: '/' } }))).toBe('Inside.');
    expect(terminalText(new Error('a defect'))).toBe('a defect');
  });
});

it('an error that crossed to another process brings its parameters along', () => {
  const error = new DescryError('disk-full', 'Full.', { parameters: { folder: '/a', freeBytes: 5 } });
  const crossed = errorFrom(structuredClone(errorObject(error)));
  expect(errorObject(crossed)).toEqual({
    code: 'disk-full',
    message: 'Full.',
    parameters: { folder: '/a', freeBytes: 5 },
  });
  expect(errorObject(new Error('x'))).toEqual({ code: 'internal', message: 'x' });
});

describe('errors as they happen', () => {
  const { weights, convert } = resnet50Glove;
  const file = path.join(scratch, 'file');
  writeFileSync(file, 'a text, and no database, model or folder '.repeat(40));
  mkdirSync(path.join(scratch, 'home'));
  writeFileSync(path.join(scratch, 'home', 'library.db'), readFileSync(file));
  const descry = (home: string) => new Descry({ home, builtInModel: file });
  const cases: Record<string, { run: () => unknown; code: string; hint: RegExp }> = {
    'a library folder that is a file': { run: () => descry(file), code: 'not-a-folder', hint: /--home or DESCRY_HOME/ },
    'a library that is none': {
      run: () => descry(path.join(scratch, 'home')),
      code: 'database-corrupt',
      hint: /--home or DESCRY_HOME/,
    },
    'a database that is none': { run: () => openDatabase(file), code: 'database-corrupt', hint: /--home/ },
    'a model that is none': { run: () => readModel(file), code: 'model-invalid', hint: /descry models export/ },
    'an own copy that is not there': {
      run: () =>
        findSource(
          weights.find(({ name }) => name === 'word-vectors')!,
          scratch,
          { DESCRY_GLOVE: path.join(scratch, 'nothing.txt') },
        ),
      code: 'not-found',
      hint: /DESCRY_GLOVE/,
    },
    'weights that cannot be written': {
      run: () =>
        new Assets({ folder: path.join(file, 'assets'), log: silentLog, environment: {}, weights, convert }).ensure(),
      code: 'not-a-folder',
      hint: /DESCRY_ASSETS/,
    },
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const { run, code, hint } = cases[name]!;
    const error = await Promise.resolve()
      .then(run)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toMatch(ofTerminal);
    expect(terminalText(error)).toMatch(hint);
  });
});
