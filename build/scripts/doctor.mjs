/**
 * `npm run doctor`: what this computer lacks to run, test and build a checkout, and how to get it. It runs on any Node since 18,
 * before the dependencies are installed; once they are, it also says what `descry doctor` says. `--json` for programs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  defaultFolders,
  diskCheck,
  displayCheck,
  everywhere,
  folderCheck,
  good,
  inPath,
  isWell,
  knownLibraries,
  librariesCheck,
  nodeCheck,
  programCheck,
  report,
  roomForLibrary,
  roomForWeights,
  systemOf,
  watchesCheck,
} from '../../electron/services/doctor/machine.mjs';
import { installedList, installedState, modules, root } from './installed-packages.mjs';

const json = process.argv.includes('--json');

const installed = dependenciesCheck();
const checks = [
  nodeCheck(process.versions.node, 20),
  programCheck({
    id: 'npm',
    title: 'npm',
    program: 'npm',
    use: 'it installs the dependencies',
    state: 'missing',
    help: { ...everywhere('It comes with Node.js: https://nodejs.org'), debian: 'sudo apt install npm' },
  }),
  installed,
  electronCheck(),
  librariesCheck(process.platform, knownLibraries()),
  displayCheck(process.platform, process.env, inPath('xvfb-run')),
  ...(process.platform === 'linux' ? linuxTools() : []),
  ...(await libraryChecks()),
].filter((check) => check !== undefined);

const system = systemOf();
process.stdout.write(
  json ? `${JSON.stringify({ well: isWell(checks), system, checks })}\n` : `${report(checks, system)}\n`,
);
process.exitCode = isWell(checks) ? 0 : 1;

function dependenciesCheck() {
  const [id, title] = ['dependencies', 'Dependencies'];
  const help = everywhere('npm ci (every command of the checkout does it by itself)');
  const state = installedState();
  if (state !== 'current') {
    const found = state === 'absent' ? 'not installed yet' : 'older than package-lock.json';
    return { id, title, state: 'weak', found, help };
  }
  const { packages } = JSON.parse(readFileSync(installedList, 'utf8'));
  return good(id, title, `${Object.keys(packages).length} packages`);
}

function electronCheck() {
  const [id, title] = ['electron', "The window's Electron"];
  const folder = path.join(modules, 'electron');
  if (!existsSync(folder)) return { id, title, state: 'weak', found: 'comes with the dependencies', help: {} };
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  if (existsSync(path.join(folder, 'path.txt'))) return good(id, title, version);
  const standIn = path.join(root, '.runtime');
  if (existsSync(standIn))
    return good(id, title, `${version} was not downloaded; an older one from npm is there (.runtime)`);
  return {
    id,
    title,
    state: 'weak',
    found: `${version} is not downloaded yet`,
    help: everywhere(
      'npm start downloads it from github.com; behind a proxy or with a mirror: npm_config_proxy, ELECTRON_MIRROR',
    ),
  };
}

/** Only for the tests and for building; the program runs without them. */
function linuxTools() {
  const tool = (program, debian, fedora, use) =>
    programCheck({
      id: program,
      title: program,
      program,
      use,
      help: {
        debian: `sudo apt install ${debian}`,
        fedora: `sudo dnf install ${fedora}`,
        linux: `Install ${program} with your distribution's packages`,
      },
    });
  return [
    tool('xvfb-run', 'xvfb xauth', 'xorg-x11-server-Xvfb', 'the tests of the window need it where there is no display'),
    tool('strace', 'strace', 'strace', 'the tests that nothing leaves the computer are skipped'),
    tool(
      'g++',
      'g++',
      'gcc-c++',
      'it compiles SQLite for the older Electron, where the current one cannot be downloaded',
    ),
    tool('dpkg-deb', 'dpkg', 'dpkg', 'the Debian package is not built and tested'),
  ];
}

/** What `descry doctor` says, where it can run; else what can be said without it. */
async function libraryChecks() {
  if (installed.state === 'good') {
    const run = path.join(root, 'build/scripts/run.mjs');
    const { stdout } = spawnSync(process.execPath, [run, path.join(root, 'electron/cli.ts'), 'doctor', '--json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const { checks } = JSON.parse(stdout);
      return checks
        .filter(({ id }) => id !== 'display')
        .map((check) => (check.id === 'node' ? { ...check, id: 'own-node', title: "Descry's own Node.js" } : check));
    } catch {
      return [
        {
          id: 'command-line',
          title: 'descry doctor',
          state: 'missing',
          found: 'it did not answer; what it says is above',
          help: everywhere('npm ci'),
        },
      ];
    }
  }
  const { library, assets } = defaultFolders();
  return [
    watchesCheck(process.platform),
    await folderCheck('home', 'Library', library, 'DESCRY_HOME'),
    await diskCheck('disk', 'Disk', library, roomForLibrary),
    await diskCheck('weights-disk', 'Disk for weights', assets, roomForWeights),
    {
      id: 'engine',
      title: 'Engine',
      state: 'weak',
      found: 'can be asked once the dependencies are installed',
      help: {},
    },
  ];
}
