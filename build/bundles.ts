/**
 * The programs that esbuild makes: main, preload, the library's process and its workers, each one CommonJS file in dist/
 * that runs on the Node inside Electron 25 as well as on today's; and the command line, a module for Node 24.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

export const root = path.resolve(import.meta.dirname, '..');

/**
 * Packages that stay in node_modules: native ones, those that bring WebAssembly, and those that find files of their own
 * by their place. electron-builder.config.mjs ships exactly these, with what they depend on.
 */
export const externals = [
  'better-sqlite3',
  'onnxruntime-node',
  'usearch',
  'sharp',
  '@img/sharp-wasm32',
  'heic-decode',
  'exifr',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
];
/** May stand beside us, never shipped; npm's fetch parts ask for node-gyp only to build a git dependency. */
const optional = ['@tensorflow/tfjs-node', 'node-gyp/bin/node-gyp.js'];

/**
 * `import.meta` does not exist in CommonJS, and a bundle lies elsewhere than its sources: a source file that looks for
 * files beside itself (such as models/pretrained) finds them where it lies in the checkout, which the packaged program
 * keeps.
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
 * Modules that are one file each in dist/, for all bundles that import them: the contract's schemas, which the main program
 * reads after it has made the window.
 */
const separate: Readonly<Record<string, string>> = {
  'electron/ipc/contract.ts': 'contract',
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

/** zod's messages in forty languages are half of its size and read before the window opens; nobody sees them. */
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
  target: 'node18.15',
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  sourcemap: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay, so that a stack trace in a log file can be read.
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  mainFields: ['module', 'main'],
  conditions: ['node'],
} satisfies BuildOptions;

/**
 * @param options.write false: only for the metafiles
 * @returns the metafiles of the bundles
 */
export async function buildPrograms({ write = true } = {}): Promise<Metafile[]> {
  const names = await contractNames();
  const results = await Promise.all([
    build({
      ...common,
      entryPoints: {
        main: 'electron/main.ts',
        library: 'electron/library-process.ts',
        vision: 'electron/vision/worker.ts',
        training: 'electron/training-worker.ts',
        ...Object.fromEntries(Object.entries(separate).map(([file, name]) => [name, file])),
      },
      external: ['electron', ...externals, ...optional],
      // A real import() of a package inside the archive of the packaged program is beyond Electron 25.
      supported: { 'dynamic-import': false },
      plugins: [sourcePlaces, separateModules, withoutLocales],
      banner: { js: placeFunction },
      define: { 'import.meta.url': '__bundleUrl' },
      metafile: true,
      write,
    }),
    build({
      ...common,
      entryPoints: { cli: 'electron/cli.ts' },
      format: 'esm',
      target: 'node24',
      outExtension: { '.js': '.mjs' },
      external: [...externals, ...optional],
      plugins: [sourcePlaces],
      banner: { js: moduleBanner },
      metafile: true,
      write,
    }),
    build({
      ...common,
      entryPoints: { preload: 'electron/preload.ts' },
      external: ['electron'],
      define: {
        __REQUEST_NAMES__: JSON.stringify(names.requests),
        __EVENT_NAMES__: JSON.stringify(names.events),
      },
      metafile: true,
      write,
    }),
  ]);
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
