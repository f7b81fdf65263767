/**
 * Each asset has a folder: its files and, written last, a `manifest.json` that describes them.
 *
 * A folder is built under another name and then renamed, so that a folder with its final name is complete. At every start
 * sizes and times are compared with the manifest (under a millisecond); files are hashed again only if these differ.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { openRegularFile, readRegularFile, readRegularFileSync } from '../../../models/files/regular-file.ts';
import { writeAtomically } from '../shared/write-file.ts';

const manifestSchema = z.object({
  format: z.literal(1),
  /** identifies its source and its converter: a folder with another source is built again */
  source: z.string(),
  files: z.array(
    z.object({ path: z.string(), bytes: z.int(), mtimeMs: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});
export type Manifest = z.infer<typeof manifestSchema>;

const manifestName = 'manifest.json';
const manifestLimit = { largest: 2 ** 20 };

function parseManifest(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // incomplete or edited: treated as missing
  }
}

/** The quick check: the manifest names this source, and every file has the size and time that it had when hashed. */
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

/** The thorough check, for a folder whose files have other times: hashes every file and records the new times. */
export async function isIntact(folder: string, source: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (manifest?.source !== source) return false;
  const files: Manifest['files'] = [];
  for (const file of manifest.files) {
    const found = await stat(path.join(folder, file.path)).catch(() => undefined);
    if (found?.size !== file.bytes || (await sha256(path.join(folder, file.path))) !== file.sha256) return false;
    files.push({ ...file, mtimeMs: found.mtimeMs });
  }
  await writeManifest(folder, { ...manifest, files });
  return true;
}

export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readRegularFile(path.join(folder, manifestName), manifestLimit).catch(() => undefined);
  return text && parseManifest(String(text));
}

/** Hashes these files of `folder`, flushes them to the disk, and writes the folder's manifest. */
export async function addManifest(folder: string, source: string, paths: readonly string[]): Promise<void> {
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
    files.push({ path: inside, bytes: size, mtimeMs, sha256: await sha256(file) });
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

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  const { handle } = await openRegularFile(file);
  // the stream closes the file
  for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** In bytes; 0 where there is no such file. */
export async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    (error: unknown) => {
      if ((error as { code?: string }).code === 'ENOENT') return 0;
      throw error;
    },
  );
}
