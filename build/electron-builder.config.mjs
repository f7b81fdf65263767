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

/**
 * What the Debian package asks for. `needed`: the packages of the libraries that Electron's binary names (a test compares),
 * and xdg-utils, which opens files in other programs. The names that end in t64 are those of Ubuntu 24.04 and Debian 13.
 */
const debianPackages = {
  needed: [
    ...[
      'libasound2',
      'libatk-bridge2.0-0',
      'libatk1.0-0',
      'libatspi2.0-0',
      'libcups2',
      'libglib2.0-0',
      'libgtk-3-0',
    ].map((name) => `${name} | ${name}t64`),
    ...['libc6', 'libcairo2', 'libdbus-1-3', 'libdrm2', 'libexpat1', 'libgbm1', 'libgcc-s1', 'libnspr4', 'libnss3'],
    ...['libpango-1.0-0', 'libx11-6', 'libxcb1', 'libxcomposite1', 'libxdamage1', 'libxext6', 'libxfixes3'],
    ...['libxkbcommon0', 'libxrandr2', 'xdg-utils'],
  ],
  // loaded where they are there: notifications, and the keyring for the key of Chromium's cookies, of which Descry has none
  useful: ['libnotify4', 'libsecret-1-0'],
};

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.descry.app',
  productName: 'Descry',
  copyright: 'GPL-3.0-or-later',
  electronVersion: standIn ? runtime.electronVersion : manifest('electron').version,
  ...(standIn ? { electronDist: runtime.bare } : {}),
  extraMetadata: { homepage: homepage(), desktopName: 'descry.desktop', ...updates() },
  // No native package is compiled: all of them bring Node-API binaries.
  npmRebuild: false,
  electronLanguages: ['en-US'],
  directories: { output: 'release', buildResources: 'build/icons' },
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
    // a copy of libonnxruntime.1.dylib, which is the name that is loaded (45 MB)
    '!node_modules/onnxruntime-node/bin/napi-v6/darwin/*/libonnxruntime.1.*.dylib',
    '!node_modules/@img/sharp-!(wasm32|libvips-*|${platform}-${arch})/**',
    '!node_modules/@img/sharp-libvips-!(${platform}-${arch})/**',
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
  asarUnpack: [
    '**/*.node',
    '**/node_modules/onnxruntime-node/bin/**',
    '**/node_modules/@img/**',
    // Files that are opened and read in parts. In the archive Electron copies each whole to the folder for temporary files at
    // every start (53 MB), and leaves the copy where the process does not end by itself.
    'models/pretrained/*',
    'electron/services/places/gazetteer.bin',
  ],
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
    icon: 'linux',
    target: ['AppImage', 'deb'],
    category: 'Graphics',
    executableName: 'descry',
    syncDesktopName: true,
    synopsis: 'Finds your own photos by describing them',
    description:
      'Type "two dogs running on a beach" and get the photos, best first. Everything happens on this computer: no photo, no ' +
      'search and no statistic leaves it. At the first search the weights of the networks are fetched (210 MB).',
    maintainer: 'The Descry founders <descry@example.org>',
    extraResources: [launcher('descry')],
  },
  deb: {
    depends: debianPackages.needed,
    recommends: debianPackages.useful,
    packageCategory: 'graphics',
    afterInstall: 'build/deb/postinst',
    afterRemove: 'build/deb/postrm',
    // `descry` on the PATH
    fpm: [
      `${path.join(root, 'build/deb/descry')}=/usr/bin/descry`,
      `${path.join(root, 'dist/licences/NOTICES.txt')}=/usr/share/doc/descry/copyright`,
    ],
  },
  mac: {
    icon: 'icon.icns',
    extraResources: [launcher('descry')],
    // for the processor that it is built on: each has packages of its own; the zip is what an update is made of
    target: ['dmg', 'zip'],
    category: 'public.app-category.photography',
    darkModeSupport: true,
  },
  win: { icon: 'icon.ico', target: [{ target: 'nsis', arch: ['x64'] }], extraResources: [launcher('descry.cmd')] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
};

/** The repository that a release is made from; else the work that Descry began with. */
function homepage() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  return repository ? `${server}/${repository}` : 'https://github.com/s-wheels/image_text_similarity';
}

/**
 * Where the program looks for updates if the user wants that (electron/services/update/feed.ts). Builds that are no releases know
 * no place, and do not offer it.
 */
function updates() {
  const {
    UPDATE_PUBLIC_KEY: publicKey,
    UPDATE_URL: url = `${homepage()}/releases/latest/download/descry-updates.json`,
  } = process.env;
  const publisher = process.env.WIN_PUBLISHER;
  return publicKey ? { updates: { url, publicKey, ...(publisher ? { publisher } : {}) } } : {};
}

/** The command line: on the PATH by the Debian package, elsewhere where the user puts it (docs/contributing.md). */
function launcher(name) {
  return { from: `build/launcher/${name}`, to: `bin/${name}` };
}

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
