/**
 * Each asset has a folder: its files and, written last, a `manifest.json` that describes them.
 *
 * A folder is built under another name and then renamed, so that a folder with its final name is complete. Whenever the files
 * are loaded, their sizes, times and samples are compared with the manifest (about 10 ms); whole files are hashed if these
 * differ, and now and then in the background (weights-check.ts).
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isNotThere } from '../../../models/errors.ts';
import { openRegularFile, readRegularFile, readRegularFileSync } from '../../../models/files/regular-file.ts';
import { writeAtomically } from '../shared/write-file.ts';
import { sampleHash } from './samples.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.object({
  format: z.literal(1),
  /** identifies its source and its converter: a folder with another source is built again */
  source: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.int(),
      mtimeMs: z.number(),
      sha256: hash,
      /** see samples.ts; absent: written by an earlier version */
      samples: hash.exactOptional(),
    }),
  ),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const manifestName = 'manifest.json';
const manifestLimit = { largest: 2 ** 20 };

function parseManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // incomplete or edited: treated as missing
  }
}

/** The check that opens no file: the manifest names this source, and every file has the size and time that it had when hashed. */
export function looksIntact(folder: string, source: string): boolean {
  try {
    const manifest = parseManifest(String(readRegularFileSync(path.join(folder, manifestName), manifestLimit)));
    if (manifest?.source !== source) return false;
    return manifest.files.every((file) => {
      const found = statSync(path.join(folder, file.path));
      return found.size === file.bytes && found.mtimeMs === file.mtimeMs;
    });
  } catch {
    return false; // something is missing or unreadable: the thorough check reports it
  }
}

/**
 * The check when the files are loaded: as `looksIntact`, and the samples of every file are as they were. For the manifest of an
 * earlier version, which has none, the whole files are hashed once.
 */
export async function samplesMatch(folder: string, source: string): Promise<boolean> {
  if (!looksIntact(folder, source)) return false;
  const manifest = await readManifest(folder);
  const samples = await Promise.all(
    manifest!.files.map(async ({ path: inside, samples }) =>
      samples === undefined ? undefined : (await samplesOf(path.join(folder, inside))) === samples,
    ),
  );
  if (samples.includes(false)) return false;
  return samples.includes(undefined) ? isIntact(folder, source) : true;
}

/** The thorough check: hashes every file whole, and records new times. */
export async function isIntact(folder: string, source: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (manifest?.source !== source || (await firstDamaged(folder, manifest)) !== undefined) return false;
  const files = await Promise.all(
    manifest.files.map(async (file) => {
      const { mtimeMs } = await stat(path.join(folder, file.path));
      return { ...file, mtimeMs, samples: await sampleHash(path.join(folder, file.path)) };
    }),
  );
  if (isDeepStrictEqual(files, manifest.files)) return true;
  // The files are good. Where the folder cannot be written, the next start hashes them again.
  await writeManifest(folder, { ...manifest, files }).catch(() => undefined);
  return true;
}

/** @returns the path, inside the folder, of a file that is not as its manifest says; undefined: all are */
export async function firstDamaged(
  folder: string,
  { files }: Pick<Manifest, 'files'>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (const file of files) {
    signal?.throwIfAborted();
    const found = await stat(path.join(folder, file.path)).catch(() => undefined);
    if (found?.size !== file.bytes) return file.path;
    if ((await sha256(path.join(folder, file.path)).catch(() => undefined)) !== file.sha256) return file.path;
  }
  return undefined;
}

/** Marks a folder whose files are damaged: it is not used any more, and is made again before the next use. */
export async function setAside(folder: string): Promise<void> {
  await rename(path.join(folder, manifestName), path.join(folder, `damaged-${manifestName}`));
}

/** @returns undefined where the disk cannot read it, or it is no file */
const samplesOf = (file: string): Promise<string | undefined> => sampleHash(file).catch(() => undefined);

export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readRegularFile(path.join(folder, manifestName), manifestLimit).catch(() => undefined);
  return text && parseManifest(String(text));
}

/** Hashes these files of `folder`, flushes them to the disk, and writes the folder's manifest. */
export async function addManifest(
  folder: string,
  source: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const files: Manifest['files'] = [];
  for (const inside of paths) {
    const file = path.join(folder, inside);
    const handle = await open(file, 'r+');
    await handle.sync();
    await handle.close();
    // whole milliseconds: finer times do not survive every file system and archive
    const at = new Date(Math.floor((await stat(file)).mtimeMs));
    await utimes(file, at, at);
    const { size, mtimeMs } = await stat(file);
    files.push({
      path: inside,
      bytes: size,
      mtimeMs,
      sha256: await sha256(file, signal),
      samples: await sampleHash(file),
    });
  }
  await writeManifest(folder, { format: 1, source, files });
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeAtomically(path.join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Renames a folder with a manifest to its final name. */
export async function moveIntoPlace(built: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await rename(built, folder);
}

/** @throws the signal's reason */
export async function sha256(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const { handle } = await openRegularFile(file);
  // the stream closes the file
  for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}

/** In bytes; 0 where there is no such file. */
export async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    (error: unknown) => {
      if (isNotThere(error)) return 0;
      throw error;
    },
  );
}
