/**
 * Whether the dependencies of this checkout are installed as package-lock.json names them. It must run on any Node since 18 and
 * without any dependency.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const modules = path.join(root, 'node_modules');
/** npm's own list of what it installed */
export const installedList = path.join(modules, '.package-lock.json');

const lockFile = path.join(root, 'package-lock.json');
const stamp = path.join(modules, '.descry-setup');
const lockHash = () => createHash('sha256').update(readFileSync(lockFile)).digest('hex');

/** @returns `absent`, `older` than package-lock.json, or `current` */
export function installedState() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()) return 'current';
  if (!existsSync(installedList)) return 'absent';
  return statSync(installedList).mtimeMs < statSync(lockFile).mtimeMs ? 'older' : 'current';
}

/** Notes that what is installed is what package-lock.json names now: its time may change later, as git writes it again. */
export function noteInstalled() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()) return;
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, lockHash());
}
