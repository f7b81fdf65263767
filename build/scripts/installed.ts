/**
 * The packaged program for the end-to-end tests. On Debian and Ubuntu, as root, its package is installed, and taken away after
 * them: what they drive then is what users get, with its place, rights, dependencies and command on the PATH. Elsewhere it is
 * the unpacked program.
 *
 * The shipped program refuses the inspector's switches, by which Playwright speaks to it: a second one has that fuse on.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { built, installedAt } from './packaged.ts';

const place = '/opt/Descry';
const name = 'descry';
/** Holds the id of the process that installed it; a package without it is the user's. */
const mark = path.join(place, 'installed-by-tests');

/** The package that package.mjs made. */
export function debianPackage(release = path.resolve(import.meta.dirname, '../../release')): string | undefined {
  const found = existsSync(release) ? readdirSync(release).find((file) => file.endsWith('.deb')) : undefined;
  return found && path.join(release, found);
}

/** Why it cannot be installed here; undefined where it can. */
export function whyNotInstalled(): string | undefined {
  if (process.platform !== 'linux') return `Debian packages are for Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root can install a package';
  if (spawnSync('dpkg', ['--version'], { stdio: 'ignore' }).status !== 0) return 'there is no dpkg';
  if (debianPackage() === undefined) return 'no package was built';
  if (!isKnown()) return undefined;
  const owner = existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : undefined;
  if (owner === undefined) return 'Descry is installed on this computer, and stays as it is';
  return isRunning(owner) ? `another run of the tests (process ${owner}) has installed it` : undefined;
}

/** @returns takes it away again */
export async function install(): Promise<() => void> {
  execFileSync('dpkg', ['--install', debianPackage()!], { stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(mark, String(process.pid));
  // Beside the installed one: all else is what was installed.
  const { shipped, driven } = installedAt(place);
  copyFileSync(shipped, driven);
  await allowInspector(driven);
  process.env['DESCRY_INSTALLED'] = place;
  return uninstall;
}

/** For where it cannot be installed: a copy of the unpacked program. */
export async function makeDrivenCopy(): Promise<void> {
  if (existsSync(built.driven)) return;
  if (!existsSync(built.shipped)) {
    throw new Error(`${built.shipped} is not there: run "node build/scripts/package.mjs --dir" first.`);
  }
  const depth = process.platform === 'darwin' ? 4 : 1;
  const up = (file: string) => path.join(file, ...new Array<string>(depth).fill('..'));
  cpSync(up(built.shipped), up(built.driven), { recursive: true, verbatimSymlinks: true });
  await allowInspector(built.driven);
}

async function allowInspector(program: string): Promise<void> {
  await flipFuses(program, {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    resetAdHocDarwinSignature: process.platform === 'darwin',
  });
}

function uninstall(): void {
  rmSync(installedAt(place).driven, { force: true });
  rmSync(mark, { force: true });
  execFileSync('dpkg', ['--purge', name], { stdio: ['ignore', 'ignore', 'inherit'] });
  const left = [place, '/usr/bin/descry', '/usr/share/applications/descry.desktop'].filter((file) => existsSync(file));
  if (left.length > 0) throw new Error(`The Debian package was taken away, and left ${left.join(', ')}.`);
}

function isKnown(): boolean {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return status === 0 && stdout !== 'not-installed' && stdout !== 'config-files';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
