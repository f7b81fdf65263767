/**
 * Builds the desktop app into dist/: `node build/build.ts`, with `--if-stale` only where a source is newer.
 */
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build as buildPage } from 'vite';
import { buildPrograms, root } from './bundles.ts';
import { writeLicences } from './licences.ts';
import { usesStandIn } from './scripts/electron.ts';

const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');
const sources = ['electron', 'models', 'renderer', 'build', 'package.json', 'package-lock.json'];

export async function buildApp(): Promise<void> {
  // The whole folder: files of earlier builds would be packaged.
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const [programs, page] = await Promise.all([
    buildPrograms(),
    buildPage({ configFile: path.join(root, 'build/vite.config.ts'), logLevel: 'warn' }),
    // Those that the program shows itself; the others are for electron-builder.
    cp(path.join(root, 'build/icons'), path.join(dist, 'icons'), {
      recursive: true,
      filter: (file) => file.endsWith('icons') || /^(tray.*|icon|drag)\.png$/.test(path.basename(file)),
    }),
  ]);
  const inputs = programs.flatMap((metafile) => Object.keys(metafile.inputs));
  await writeLicences(path.join(dist, 'licences'), [...inputs, ...modulesOf(page)]);
  await writeFile(stamp, target());
}

/** Files that the page is made of. */
function modulesOf(built: Awaited<ReturnType<typeof buildPage>>): string[] {
  const outputs = Array.isArray(built) ? built : 'output' in built ? [built] : [];
  return outputs.flatMap(({ output }) => output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])));
}

/** The Electron that a build is for: the real one or the stand-in. */
const target = () => (usesStandIn() ? 'stand-in' : 'electron');

/** Whether a source is newer than the last complete build, or that was for another Electron. */
export async function isStale(): Promise<boolean> {
  const built = await stat(stamp).catch(() => undefined);
  if (!built || (await readFile(stamp, 'utf8')) !== target()) return true;
  const newest = await Promise.all(sources.map((source) => newestChange(path.join(root, source))));
  return Math.max(...newest) > built.mtimeMs;
}

async function newestChange(place: string): Promise<number> {
  const found = await stat(place);
  if (!found.isDirectory()) return found.mtimeMs;
  const inside = await readdir(place);
  const times = await Promise.all(inside.map((name) => newestChange(path.join(place, name))));
  // The folder's own time changes when files are removed.
  return Math.max(found.mtimeMs, ...times);
}

if (import.meta.main) {
  if (!process.argv.includes('--if-stale') || (await isStale())) {
    const start = performance.now();
    await buildApp();
    process.stderr.write(`Built in ${((performance.now() - start) / 1000).toFixed(1)} s.\n`);
  }
}
