/**
 * Which native binaries an installer holds, for each system: all that are needed, and none of another system. electron-builder's
 * own matcher evaluates the patterns of the configuration, over what is in node_modules; the program that is really built is
 * looked into by test/e2e/package.test.ts.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import config from '../../build/electron-builder.config.mjs';
import { shippedPackages } from '../../build/packages.ts';

const root = path.resolve(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
const scratch = mkdtempSync(path.join(tmpdir(), 'descry-binaries-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Matcher {
  prependPattern(pattern: string): void;
  createFilter(): (file: string, stat: { isDirectory(): boolean }) => boolean;
}
const { FileMatcher } = require('app-builder-lib/out/fileMatcher.js') as {
  FileMatcher: new (from: string, to: string, macro: (text: string) => string, patterns: string[]) => Matcher;
};

const native = /\.(node|dll|dylib|so(\.\d+)*)$/;

/** Native files of the packages that are shipped. npm installs sharp's for this system only: those of the others are named here. */
function nativeFiles(): string[] {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as { packages: object };
  const others = Object.keys(lock.packages)
    .filter(
      (place) => /^node_modules\/@img\/sharp-(?!wasm32|.*-wasm32)/.test(place) && !existsSync(path.join(root, place)),
    )
    .map((place) => `${place}/lib/${place.includes('libvips') ? 'libvips-cpp.so.8' : `${path.basename(place)}.node`}`);
  const installed = [...shippedPackages()].flatMap((name) => {
    const folder = path.join('node_modules', name);
    return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(folder, file).split(path.sep).join('/'),
    );
  });
  return [...new Set([...installed, ...others])].filter((file) => native.test(file)).sort();
}
const all = nativeFiles();

/** As electron-builder takes the files of node_modules: all, less what a pattern excludes. */
function packagedFor(platform: string, arch: string): string[] {
  // Of packages that npm has not installed here, as if it had.
  const notInstalled = /^!node_modules\/@img\/sharp-[\w-]+\/\*\*$/;
  const excludes = (config.files as string[]).filter((one) => one.startsWith('!') && !notInstalled.test(one));
  const macro = (text: string) => text.replaceAll('${platform}', platform).replaceAll('${arch}', arch);
  const matcher = new FileMatcher(root, 'elsewhere', macro, excludes);
  matcher.prependPattern('**/*');
  const filter = matcher.createFilter();
  return all
    .filter((file) => filter(path.join(root, file), { isDirectory: () => false }))
    .map((file) => file.slice('node_modules/'.length));
}

const onnx = (place: string, ...libraries: string[]) =>
  [...libraries, 'onnxruntime_binding.node'].map((name) => `onnxruntime-node/bin/napi-v6/${place}/${name}`);

const expected: Record<string, string[]> = {
  // inside Electron on Linux sharp is WebAssembly
  'linux-x64': [
    'better-sqlite3/prebuilds/linux-x64.node',
    ...onnx('linux/x64', 'libonnxruntime.so.1'),
    'usearch/prebuilds/linux-x64/usearch.node',
  ],
  'linux-arm64': [
    'better-sqlite3/prebuilds/linux-arm64.node',
    ...onnx('linux/arm64', 'libonnxruntime.so.1'),
    'usearch/prebuilds/linux-arm64/usearch.node',
  ],
  'win32-x64': [
    '@img/sharp-win32-x64/lib/sharp-win32-x64.node',
    'better-sqlite3/prebuilds/win32-x64.node',
    ...onnx('win32/x64', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll', 'onnxruntime.dll'),
    'usearch/prebuilds/win32-x64/usearch.node',
  ],
  'darwin-arm64': [
    '@img/sharp-darwin-arm64/lib/sharp-darwin-arm64.node',
    '@img/sharp-libvips-darwin-arm64/lib/libvips-cpp.so.8',
    'better-sqlite3/prebuilds/darwin-arm64.node',
    ...onnx('darwin/arm64', 'libonnxruntime.1.dylib'),
    'usearch/prebuilds/darwin-arm64+x64/usearch.node',
  ],
  // ONNX Runtime has no binary for Intel Macs since 1.24: TensorFlow.js computes there
  'darwin-x64': [
    '@img/sharp-darwin-x64/lib/sharp-darwin-x64.node',
    '@img/sharp-libvips-darwin-x64/lib/libvips-cpp.so.8',
    'better-sqlite3/prebuilds/darwin-x64.node',
    'usearch/prebuilds/darwin-arm64+x64/usearch.node',
  ],
};

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('native binaries of', () => {
  it.each(Object.keys(expected))('%s', (system) => {
    const [platform, arch] = system.split('-') as [string, string];
    expect(packagedFor(platform, arch)).toEqual(expected[system]!.sort());
  });
});

it('the patterns leave something out', () => {
  expect(all.length).toBeGreaterThan(packagedFor('linux', 'x64').length + 20);
});

it('the one of two equal libraries that is left out is not the one that is loaded', () => {
  const folder = path.join(root, 'node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64');
  const binding = readFileSync(path.join(folder, 'onnxruntime_binding.node')).toString('latin1');
  expect(binding).toContain('@rpath/libonnxruntime.1.dylib');
  expect(binding).not.toMatch(/libonnxruntime\.1\.\d/);
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex');
  const copies = readdirSync(folder).filter((name) => name.endsWith('.dylib'));
  expect(new Set(copies.map(hash)).size).toBe(1);
});

describe('the integrity of the archive', () => {
  const { addWinAsarIntegrity } = require('app-builder-lib/out/electron/electronWin.js') as {
    addWinAsarIntegrity(program: string, integrity: Record<string, { algorithm: string; hash: string }>): Promise<void>;
  };

  it('is written into a program of Windows, where Electron looks for it', async () => {
    const program = path.join(scratch, 'program.exe');
    copyFileSync(path.join(root, 'node_modules/electron-winstaller/vendor/rcedit.exe'), program);
    const hash = 'a'.repeat(64);
    await addWinAsarIntegrity(program, { 'resources\\app.asar': { algorithm: 'SHA256', hash } });
    const bytes = readFileSync(program);
    // the resource INTEGRITY / ELECTRONASAR (electron/docs/tutorial/asar-integrity.md)
    expect(bytes.includes(Buffer.from('INTEGRITY', 'utf16le'))).toBe(true);
    expect(bytes.includes(Buffer.from('ELECTRONASAR', 'utf16le'))).toBe(true);
    expect(bytes.toString('latin1')).toContain(`[{"file":"resources\\\\app.asar","alg":"SHA256","value":"${hash}"}]`);
  });
});

describe('icons', () => {
  const icons = path.join(root, 'build/icons');
  const read = (name: string) => readFileSync(path.join(icons, name));
  const side = (png: Buffer) => {
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(png.readUInt32BE(20));
    return png.readUInt32BE(16);
  };

  it('for Linux: a PNG of each size, as its name says', () => {
    const names = readdirSync(path.join(icons, 'linux'));
    expect(names.length).toBe(8);
    for (const name of names) expect(name).toBe(`${side(read(`linux/${name}`))}x${side(read(`linux/${name}`))}.png`);
  });

  it('for Windows: an .ico with the sizes of its scales', () => {
    const ico = read('icon.ico');
    expect(ico.readUInt32LE(0)).toBe(0x0001_0000);
    const sides = Array.from({ length: ico.readUInt16LE(4) }, (_, i) => {
      const entry = 6 + 16 * i;
      const start = ico.readUInt32LE(entry + 12);
      const found = side(ico.subarray(start, start + ico.readUInt32LE(entry + 8)));
      expect(ico[entry]).toBe(found % 256);
      return found;
    });
    expect(sides).toEqual([16, 20, 24, 32, 40, 48, 64, 128, 256]);
  });

  it('for macOS: an .icns with each size once, as its types say', () => {
    const icns = read('icon.icns');
    expect(icns.toString('latin1', 0, 4)).toBe('icns');
    expect(icns.readUInt32BE(4)).toBe(icns.length);
    const found: Record<string, number> = {};
    for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4)) {
      found[icns.toString('latin1', at, at + 4)] = side(icns.subarray(at + 8));
    }
    expect(found).toEqual({
      ...{ ic07: 128, ic08: 256, ic09: 512, ic10: 1024 },
      ...{ ic11: 32, ic12: 64, ic13: 256, ic14: 512 },
    });
  });

  it('are those of the configuration', () => {
    const { linux, win, mac } = config;
    expect([linux?.icon, win?.icon, mac?.icon].map((icon) => existsSync(path.join(icons, icon as string)))).toEqual([
      ...[true, true, true],
    ]);
  });
});
