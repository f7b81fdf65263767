/** Packages in each program of the desktop app. */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildPrograms, externals, root } from '../../build/bundles.ts';

let outputs: Awaited<ReturnType<typeof buildPrograms>>[number]['outputs'][];

beforeAll(async () => {
  outputs = (await buildPrograms({ write: false })).map((metafile) => metafile.outputs);
}, 60_000);

/** Packages that a program loads at run time: those that it imports, and those that its sources name for `require`. */
function packagesOf(program: string): string[] {
  const files = Object.assign({}, ...outputs) as (typeof outputs)[number];
  const found = new Set<string>();
  const seen = new Set<string>();
  const follow = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    expect(Object.keys(files)).toContain(file);
    for (const input of Object.keys(files[file]!.inputs)) {
      // "<define:…>" is a constant that the build puts in
      if (/node_modules|^[\w-]+:|^</.test(input)) continue;
      const source = readFileSync(path.join(root, input), 'utf8');
      for (const name of externals) if (source.includes(`'${name}'`)) found.add(name);
    }
    for (const { path: wanted, external } of files[file]!.imports) {
      if (!external) continue;
      if (wanted.startsWith('./')) follow(`dist/${wanted.slice(2)}`);
      else if (!wanted.startsWith('node:') && !builtinModules.includes(wanted)) found.add(wanted);
    }
  };
  follow(`dist/${program}.cjs`);
  return [...found].sort();
}

describe('the main program', () => {
  test('loads no package but Electron, so that a crash of SQLite, usearch or ONNX Runtime does not end it', () => {
    expect(packagesOf('main')).toEqual(['electron']);
  });

  test('leaves those to the process of the library', () => {
    expect(packagesOf('library')).toEqual(expect.arrayContaining(['better-sqlite3', 'usearch']));
  });
});
