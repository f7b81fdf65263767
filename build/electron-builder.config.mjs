/**
 * One configuration for every installer and for the unpacked program that CI builds and tests.
 *
 * Everything that JavaScript can bundle is in dist/; of node_modules only the packages that bundles.ts leaves outside come
 * along, with what they depend on, and of their binaries only those of the system that is packaged for.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './bundles.ts';
import { setFuses } from './fuses.ts';
import { manifest, shippedPackages } from './packages.ts';
import { usesStandIn } from './scripts/electron.ts';
import { runtime } from './stand-in/runtime.ts';

const standIn = usesStandIn();

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.descry.app',
  productName: 'Descry',
  copyright: 'GPL-3.0-or-later',
  electronVersion: standIn ? runtime.electronVersion : manifest('electron').version,
  ...(standIn ? { electronDist: runtime.bare } : {}),
  // No native package is compiled: all of them bring Node-API binaries.
  npmRebuild: false,
  electronLanguages: ['en-US'],
  directories: { output: 'release', buildResources: 'build/icons' },
  icon: 'app.png',
  files: [
    'dist/**',
    '!dist/cli.mjs',
    '!dist/licences/**',
    'models/pretrained/*.safetensors',
    'models/pretrained/hashes.json',
    'models/concepts/LICENSE.wordnet',
    'electron/services/places/gazetteer.bin',
    'package.json',
    ...leftOutPackages(),
    '!**/*.{map,md,d.ts,d.mts,d.cts,gyp,gypi}',
    '!**/node_modules/*/{test,tests,__tests__,example,examples}/**',
    // binaries: for this system only
    '!node_modules/better-sqlite3/{deps,src}/**',
    '!node_modules/better-sqlite3/prebuilds/!(${platform}-${arch}).node',
    '!node_modules/onnxruntime-node/bin/napi-v6/!(${platform})/**',
    '!node_modules/onnxruntime-node/bin/napi-v6/${platform}/!(${arch})/**',
    '!node_modules/onnxruntime-node/script/**',
    '!node_modules/usearch/{c,cpp,cmake,include,numkong}/**',
    '!node_modules/usearch/prebuilds/!(${platform}-*)/**',
    '!node_modules/usearch/prebuilds/{linux,win32}-!(${arch})/**',
    '!node_modules/usearch/javascript/!(dist)',
    '!node_modules/usearch/javascript/dist/esm/**',
    // inside Electron on Linux sharp runs as WebAssembly (electron/vision/sharp.ts)
    '!node_modules/@img/sharp-linux*/**',
    '!node_modules/@img/sharp-libvips-linux*/**',
    // of TensorFlow.js the one file per package that Node loads
    '!node_modules/@tensorflow/*/src/**',
    '!node_modules/@tensorflow/*/dist/!(tf*.node.js|*.wasm)',
    '!node_modules/@tensorflow/*/dist/*/**',
    '!node_modules/{onnxruntime-common,onnxruntime-node}/lib/**',
    '!node_modules/onnxruntime-common/dist/esm/**',
    '!node_modules/@rapideditor/country-coder/{src/**,dist/*.iife.js,dist/*.mjs}',
    '!node_modules/libheif-js/libheif/**',
    '!node_modules/@imagemagick/magick-wasm/dist/{x64/**,index.js}',
    '!node_modules/libheif-js/libheif-wasm/!(libheif-bundle.js)',
  ],
  asar: true,
  asarUnpack: ['**/*.node', '**/node_modules/onnxruntime-node/bin/**', '**/node_modules/@img/**'],
  extraResources: [
    // outside the archive, so that the system's programs can open them
    { from: 'dist/licences', to: 'licences' },
    ...(standIn ? [{ from: runtime.sqlite, to: 'native/better_sqlite3.node' }] : []),
  ],
  afterPack: ({ appOutDir, electronPlatformName, packager }) => {
    const { productFilename } = packager.appInfo;
    const program = { darwin: `${productFilename}.app`, win32: `${productFilename}.exe` }[electronPlatformName];
    return setFuses(path.join(appOutDir, program ?? packager.executableName));
  },
  linux: {
    target: ['AppImage', 'deb'],
    category: 'Graphics',
    executableName: 'descry',
    synopsis: 'Finds your own photos by describing them',
    maintainer: 'The Descry founders <descry@example.org>',
  },
  mac: {
    target: ['dmg'],
    category: 'public.app-category.photography',
    darkModeSupport: true,
  },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
};

/** Patterns that leave out every production package that no bundle needs at run time. */
function leftOutPackages() {
  const shipped = shippedPackages();
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([place, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(place) && !dev)
    .map(([place]) => place.slice('node_modules/'.length))
    .filter((name) => !shipped.has(name))
    .map((name) => `!node_modules/${name}/**`);
}
