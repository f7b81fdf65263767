/**
 * What this computer has of what Descry needs, and how to get the rest: for `descry doctor`, and for `npm run doctor` in a
 * checkout. Plain JavaScript with nothing but Node's own modules, because `npm run doctor` must run on any Node since 18, before
 * anything is installed. Each check takes what it asks of the system as arguments, so that the tests can answer for all systems.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

const readText = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

/** Which instructions fit. */
export function systemOf(platform = process.platform, osRelease = readText('/etc/os-release')) {
  if (platform === 'win32') return 'windows';
  if (platform === 'darwin') return 'macos';
  const family = [...(osRelease ?? '').matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)]
    .map(([, names]) => names)
    .join(' ');
  if (/\b(debian|ubuntu)\b/.test(family)) return 'debian';
  return /\b(fedora|rhel|centos)\b/.test(family) ? 'fedora' : 'linux';
}

/** @returns the path of a program that a shell would start */
export function inPath(program, environment = process.env) {
  const endings = process.platform === 'win32' ? (environment.PATHEXT ?? '.EXE;.CMD').split(';') : [''];
  for (const folder of (environment.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const file = path.join(folder, program + ending);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // not there, or not to be run
      }
    }
  }
  return undefined;
}

export const good = (id, title, found) => ({ id, title, state: 'good', found, help: {} });
const bad = (id, title, state, found, help) => ({ id, title, state, found, help });

export function nodeCheck(version, least) {
  const title = 'Node.js';
  if (Number.parseInt(version, 10) >= least) return good('node', title, version);
  return bad('node', title, 'missing', `${version}, and ${least} or newer is needed`, {
    debian: 'From https://nodejs.org, or: sudo apt install nodejs npm (Debian 13, Ubuntu 24.10 and newer have 20)',
    fedora: 'sudo dnf install nodejs',
    linux: 'From https://nodejs.org, or from your distribution',
    macos: 'From https://nodejs.org, or: brew install node',
    windows: 'From https://nodejs.org, or: winget install OpenJS.NodeJS.LTS',
  });
}

/** @param virtual path of xvfb-run @returns undefined where every session has a display */
export function displayCheck(platform, environment, virtual) {
  if (platform !== 'linux') return undefined;
  const title = 'Display';
  const shown = environment.WAYLAND_DISPLAY || environment.DISPLAY;
  if (shown) return good('display', title, shown);
  if (virtual) return good('display', title, `none here, but ${virtual} makes a virtual one: xvfb-run -a COMMAND`);
  return bad('display', title, 'missing', 'there is none, and no xvfb-run, which makes a virtual one', {
    debian: 'sudo apt install xvfb xauth, then: xvfb-run -a COMMAND',
    fedora: 'sudo dnf install xorg-x11-server-Xvfb, then: xvfb-run -a COMMAND',
    linux: 'Install Xvfb with xvfb-run, then: xvfb-run -a COMMAND',
  });
}

/**
 * The shared libraries that Electron's binary names, with the packages that bring them. `libc`, `libm` and the like, which
 * every system has, are left out. The packages' names in Ubuntu 24.04 and Debian 13 may end in t64; apt finds them.
 */
export const electronLibraries = {
  'libasound.so.2': { debian: 'libasound2', fedora: 'alsa-lib' },
  'libatk-1.0.so.0': { debian: 'libatk1.0-0', fedora: 'atk' },
  'libatk-bridge-2.0.so.0': { debian: 'libatk-bridge2.0-0', fedora: 'at-spi2-atk' },
  'libatspi.so.0': { debian: 'libatspi2.0-0', fedora: 'at-spi2-core' },
  'libcairo.so.2': { debian: 'libcairo2', fedora: 'cairo' },
  'libcups.so.2': { debian: 'libcups2', fedora: 'cups-libs' },
  'libdbus-1.so.3': { debian: 'libdbus-1-3', fedora: 'dbus-libs' },
  'libdrm.so.2': { debian: 'libdrm2', fedora: 'libdrm' },
  'libexpat.so.1': { debian: 'libexpat1', fedora: 'expat' },
  'libgbm.so.1': { debian: 'libgbm1', fedora: 'mesa-libgbm' },
  'libglib-2.0.so.0': { debian: 'libglib2.0-0', fedora: 'glib2' },
  'libgtk-3.so.0': { debian: 'libgtk-3-0', fedora: 'gtk3' },
  'libnspr4.so': { debian: 'libnspr4', fedora: 'nspr' },
  'libnss3.so': { debian: 'libnss3', fedora: 'nss' },
  'libpango-1.0.so.0': { debian: 'libpango-1.0-0', fedora: 'pango' },
  'libX11.so.6': { debian: 'libx11-6', fedora: 'libX11' },
  'libxcb.so.1': { debian: 'libxcb1', fedora: 'libxcb' },
  'libXcomposite.so.1': { debian: 'libxcomposite1', fedora: 'libXcomposite' },
  'libXdamage.so.1': { debian: 'libxdamage1', fedora: 'libXdamage' },
  'libXext.so.6': { debian: 'libxext6', fedora: 'libXext' },
  'libXfixes.so.3': { debian: 'libxfixes3', fedora: 'libXfixes' },
  'libXrandr.so.2': { debian: 'libxrandr2', fedora: 'libXrandr' },
  'libxkbcommon.so.0': { debian: 'libxkbcommon0', fedora: 'libxkbcommon' },
};

/** @param has whether the system's linker finds a library of this name @returns undefined where Electron brings all it needs */
export function librariesCheck(platform, has) {
  if (platform !== 'linux') return undefined;
  const title = "Electron's libraries";
  const names = Object.keys(electronLibraries);
  const absent = names.filter((name) => !has(name));
  if (absent.length === 0) return good('libraries', title, `all ${names.length}`);
  const packages = (system) => absent.map((name) => electronLibraries[name][system]).join(' ');
  return bad('libraries', title, 'missing', `without ${absent.join(', ')}`, {
    debian: `sudo apt install ${packages('debian')}`,
    fedora: `sudo dnf install ${packages('fedora')}`,
    linux: 'The packages of your distribution that hold these files',
  });
}

const output = (program, args) => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
};

/** @param run gives what a program prints, undefined where it cannot be run @returns asks the linker's list of this system */
export function knownLibraries(run = output) {
  // It is not on the PATH of every user.
  const list = run('ldconfig', ['-p']) ?? run('/sbin/ldconfig', ['-p']) ?? '';
  const names = new Set([...list.matchAll(/^\s+(\S+) \(/gm)].map(([, name]) => name));
  return (name) => names.has(name);
}

export function programCheck({ id, title, program, use, help, state = 'weak', find = inPath }) {
  const found = find(program);
  return found ? good(id, title, found) : bad(id, title, state, `no ${program}: ${use}`, help);
}

/** A library of 100,000 photos may lie in tens of thousands of folders, and each takes a watch; other programs have theirs. */
const enoughWatches = 65_536;
const enoughInstances = 128;

/** @returns undefined where there is no such limit */
export function watchesCheck(platform, read = readText) {
  if (platform !== 'linux') return undefined;
  const limit = (name) => Number(read(`/proc/sys/fs/inotify/${name}`)?.trim());
  const [watches, instances] = [limit('max_user_watches'), limit('max_user_instances')];
  const title = 'Watched folders';
  if (!Number.isInteger(watches) || !Number.isInteger(instances))
    return bad('watches', title, 'weak', 'this system does not say how many folders may be watched (no inotify)', {
      linux: 'Changes are found by a scan from time to time; nothing is to be done',
    });
  const found = `inotify allows ${watches} folders and ${instances} programs`;
  const low = [
    ...(watches < enoughWatches ? ['fs.inotify.max_user_watches=524288'] : []),
    ...(instances < enoughInstances ? ['fs.inotify.max_user_instances=1024'] : []),
  ];
  if (low.length === 0) return good('watches', title, found);
  const now = `sudo sysctl ${low.join(' ')}`;
  const help = `${now} (until the next start; for ever: the same settings, one a line, in /etc/sysctl.d/60-descry.conf)`;
  return bad('watches', title, 'weak', `${found}; where that is too few, changes are found by scans`, {
    debian: help,
    fedora: help,
    linux: help,
  });
}

/** The nearest folder that is there. */
function existing(folder) {
  let place = path.resolve(folder);
  while (!existsSync(place) && path.dirname(place) !== place) place = path.dirname(place);
  return place;
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
/** a library of 100,000 photos takes 1 GB, thumbnails as much as the settings say */
export const roomForLibrary = { least: 0.3e9, enough: 2e9 };
/** the packages, what is made of them, and room to unpack */
export const roomForWeights = { least: 0.8e9, enough: 1.2e9 };

/** The same help on all systems. */
export const everywhere = (text) => ({ debian: text, fedora: text, linux: text, macos: text, windows: text });

export async function diskCheck(id, title, folder, { least, enough }) {
  let free;
  try {
    const { bavail, bsize } = await statfs(existing(folder));
    free = bavail * bsize;
  } catch (error) {
    return bad(
      id,
      title,
      'weak',
      `${folder}: the system does not say how much is free (${error.code ?? error.message})`,
      {},
    );
  }
  const found = `${gigabytes(free)} free for ${folder}`;
  if (free >= enough) return good(id, title, found);
  return bad(id, title, free < least ? 'missing' : 'weak', `${found}, and ${gigabytes(enough)} are advised`, {
    ...everywhere(
      'Free some space, or name a folder on another disk (DESCRY_HOME for the library, DESCRY_ASSETS for the weights)',
    ),
  });
}

/** Whether a folder can be made, read and written, without making it. @param variable names another one */
export async function folderCheck(id, title, folder, variable) {
  const place = existing(folder);
  const other = everywhere(`Give yourself the right to write there, or name another folder in ${variable}`);
  try {
    if (!statSync(place).isDirectory()) return bad(id, title, 'missing', `${place} is no folder`, other);
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return bad(id, title, 'missing', `${place} cannot be written (${error.code ?? error.message})`, other);
  }
  return good(id, title, place === path.resolve(folder) ? folder : `${folder}, made at the first start`);
}

/** Where the library and the weights lie if nothing else is said; a test compares it with the services' own answer. */
export function defaultFolders(environment = process.env, platform = process.platform, home = homedir()) {
  const data = {
    darwin: () => path.join(home, 'Library', 'Application Support', 'descry'),
    win32: () => path.join(environment.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'descry', 'Data'),
  }[platform];
  const folder = data ? data() : path.join(environment.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'descry');
  return {
    library: path.resolve(environment.DESCRY_HOME || path.join(folder, 'library')),
    assets: path.resolve(environment.DESCRY_ASSETS || path.join(folder, 'assets')),
  };
}

/** One line a check, and below it how to get what is missing. */
export function report(checks, system) {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap(({ title, state, found, help }) => {
    const how = help[system] ?? help.linux;
    return [
      `${state.padEnd(7)}  ${title.padEnd(width)}  ${found}`,
      ...(how && state !== 'good' ? [`${' '.repeat(9)}${how}`] : []),
    ];
  });
  const count = (state) => checks.filter((check) => check.state === state).length;
  const [missing, weak] = [count('missing'), count('weak')];
  const last =
    missing > 0
      ? `${missing} of ${checks.length} missing.`
      : weak > 0
        ? `Nothing is missing; ${weak} could be better.`
        : 'Nothing is missing.';
  return [...lines, last].join('\n');
}

/** Whether Descry can run. */
export const isWell = (checks) => checks.every(({ state }) => state !== 'missing');
