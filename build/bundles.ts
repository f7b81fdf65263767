/**
 * The programs that esbuild makes: main, preload, the library's process and its workers, each one CommonJS file in dist/;
 * and the command line, a module for Node 24.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { usesStandIn } from './scripts/electron.ts';
import { buildStandIn, standInBanner, standInPreload, standInTargets } from './stand-in/bundles.ts';

export const root = path.resolve(import.meta.dirname, '..');

/**
 * Packages that stay in node_modules: native ones, those that bring WebAssembly, those that find files of their own
 * by their place, and one of large data that is loaded at once where it is needed. electron-builder.config.mjs ships exactly these, with what they depend on.
 */
export const externals = [
  'better-sqlite3',
  'onnxruntime-node',
  'usearch',
  'sharp',
  '@img/sharp-wasm32',
  'libheif-js',
  '@imagemagick/magick-wasm',
  'exifr',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@rapideditor/country-coder',
];
/** Optional packages that are not shipped; npm's packages need node-gyp only to build git dependencies. */
const optional = ['@tensorflow/tfjs-node', 'node-gyp/bin/node-gyp.js'];

/**
 * `import.meta` does not exist in CommonJS, and a bundle is in another folder than its sources. This plugin replaces it by the
 * source file's path in the checkout, so that files relative to it (such as models/pretrained) are found; the packaged program
 * has the same layout.
 */
const sourcePlaces: Plugin = {
  name: 'source-places',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](electron|models)[\\/].*\.ts$/ }, async ({ path: file }) => {
      if (file.includes('node_modules')) return undefined;
      const source = await readFile(file, 'utf8');
      if (!source.includes('import.meta.')) return undefined;
      for (const [, wanted] of source.matchAll(/createRequire\(import\.meta\.url\)(?:\.resolve)?\(\s*'([^']+)'/g)) {
        if (!externals.includes(wanted!))
          throw new Error(`${file} requires ${wanted}, which is not among the externals.`);
      }
      const place = JSON.stringify(path.relative(root, file).split(path.sep).join('/'));
      const contents = source
        .replaceAll('import.meta.dirname', `__sourcePlace(${place}).dirname`)
        .replaceAll('import.meta.filename', `__sourcePlace(${place}).filename`)
        .replaceAll('import.meta.url', `__sourcePlace(${place}).url`);
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * Modules that are separate files in dist/, shared by all bundles: the contract's schemas, which the main program loads after
 * it has created the window, and what looks for updates, which it loads if the user wants that.
 */
const separate: Readonly<Record<string, string>> = {
  'electron/ipc/contract.ts': 'contract',
  'electron/services/update/update-program.ts': 'updater',
};

const separateModules: Plugin = {
  name: 'separate-modules',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path: wanted, resolveDir, kind }) => {
      const file = path.relative(root, path.resolve(resolveDir, wanted)).split(path.sep).join('/');
      const name = kind === 'entry-point' ? undefined : separate[file];
      return name === undefined ? undefined : { path: `./${name}.cjs`, external: true };
    });
  },
};

/** Removes zod's messages in forty languages: they are not used, are half of its size and would be loaded before the window opens. */
const withoutLocales: Plugin = {
  name: 'without-zod-locales',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /locales\/index\.js$/ }, ({ importer }) =>
      /[\\/]zod[\\/]/.test(importer) ? { path: 'none', namespace: 'zod-locales' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'zod-locales' }, () => ({ contents: 'export {}' }));
  },
};

const placeFunction = `const __sourcePlace = (file) => {
  const path = require('node:path');
  const filename = path.resolve(__dirname, '..', file);
  return { filename, dirname: path.dirname(filename), url: require('node:url').pathToFileURL(filename).href };
};
const __bundleUrl = require('node:url').pathToFileURL(__filename).href;`;

/** The same in a module, and `require` for the CommonJS packages inside it. */
const moduleBanner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const { dirname: __dirname, filename: __filename } = import.meta;
${placeFunction}`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  outdir: path.join(root, 'dist'),
  outExtension: { '.js': '.cjs' },
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  // Names are kept, so that stack traces in a log file are readable.
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  mainFields: ['module', 'main'],
  conditions: ['node'],
} satisfies BuildOptions;

export interface ProgramOptions {
  /** bundle for the stand-in; absent: for the installed Electron */
  readonly standIn?: boolean;
  /** absent: dist/ */
  readonly outdir?: string;
  /** false: only for the metafiles; absent: true */
  readonly write?: boolean;
}

/** @returns the metafiles of the bundles, for the tests */
export async function buildPrograms({
  standIn = usesStandIn(),
  outdir = common.outdir,
  write = true,
}: ProgramOptions = {}): Promise<Metafile[]> {
  const names = await contractNames();
  const forElectron = { ...common, outdir, ...(standIn ? { target: standInTargets.node } : {}) } satisfies BuildOptions;
  const results = await Promise.all([
    build({
      ...forElectron,
      entryPoints: {
        main: 'electron/main.ts',
        // the command line in the packaged program
        cli: 'electron/cli.ts',
        library: 'electron/library-process.ts',
        vision: 'electron/vision/worker.ts',
        training: 'electron/training-worker.ts',
        datasets: 'electron/dataset-worker.ts',
        trial: 'electron/network-trial-worker.ts',
        check: 'electron/check-worker.ts',
        ...Object.fromEntries(Object.entries(separate).map(([file, name]) => [name, file])),
      },
      external: ['electron', ...externals, ...optional],
      // The external packages are CommonJS, and older Electrons do not support import() of a package inside the program's
      // archive.
      supported: { 'dynamic-import': false },
      plugins: [sourcePlaces, separateModules, withoutLocales],
      banner: { js: standIn ? `${standInBanner}\n${placeFunction}` : placeFunction },
      define: { 'import.meta.url': '__bundleUrl', __REQUEST_NAMES__: JSON.stringify(names.requests) },
      metafile: true,
      write,
    }),
    build({
      ...common,
      outdir,
      entryPoints: { cli: 'electron/cli.ts' },
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      external: [...externals, ...optional],
      plugins: [sourcePlaces],
      banner: { js: moduleBanner },
      metafile: true,
      write,
    }),
    build({
      ...forElectron,
      entryPoints: { preload: 'electron/preload.ts' },
      ...(standIn ? { inject: standInPreload } : {}),
      external: ['electron'],
      define: {
        __REQUEST_NAMES__: JSON.stringify(names.requests),
        __EVENT_NAMES__: JSON.stringify(names.events),
      },
      metafile: true,
      write,
    }),
  ]);
  if (standIn && write) await buildStandIn({ ...common, outdir });
  return results.map(({ metafile }) => metafile);
}

/** The contract's names, without its schemas: the preload script must stay small. */
async function contractNames(): Promise<{ requests: string[]; events: string[] }> {
  const result = await build({
    ...common,
    entryPoints: ['electron/ipc/contract.ts'],
    format: 'esm',
    write: false,
    sourcemap: false,
  });
  const source = Buffer.from(result.outputFiles[0]!.contents).toString('base64');
  const { requests, events } = (await import(`data:text/javascript;base64,${source}`)) as Record<string, object>;
  return { requests: Object.keys(requests!), events: Object.keys(events!) };
}
