/**
 * Writes and signs the feed of updates (electron/services/update/feed.ts reads it).
 *
 *     node build/scripts/update-feed.mjs new-key    a new pair of keys: one for the secret UPDATE_SIGNING_KEY, one for UPDATE_PUBLIC_KEY
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { createReadStream, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const feedName = 'descry-updates.json';

/** What a program can be updated with; blockmaps and checksums are for others. */
const installers = /\.(AppImage|deb|exe|dmg|zip)$/;

/** @param key Ed25519, PKCS 8, DER in base64 @returns the text of the feed's file */
export function signedFeed(feed, key) {
  const signed = JSON.stringify(feed);
  const privateKey = createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' });
  return JSON.stringify({ signed, signature: sign(null, Buffer.from(signed), privateKey).toString('base64') });
}

/** @returns what feed.ts has as `files` */
export async function feedFiles(folder) {
  const files = [];
  for (const name of readdirSync(folder).sort()) {
    if (!installers.test(name)) continue;
    const hash = createHash('sha512');
    for await (const piece of createReadStream(path.join(folder, name))) hash.update(piece);
    files.push({ name, bytes: statSync(path.join(folder, name)).size, sha512: hash.digest('base64') });
  }
  return files;
}

/** @param key absent or empty: there is no feed @returns a sentence for the notes of the release */
export async function writeFeed(folder, version, key) {
  if (!key) return 'This release has no feed of updates: installed programs do not learn of it by themselves.';
  const files = await feedFiles(folder);
  const feed = { program: 'descry', version, releasedAt: new Date().toISOString(), files };
  writeFileSync(path.join(folder, feedName), signedFeed(feed, key));
  return 'Installed programs whose users want that learn of this release by its signed feed.';
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'new-key') {
  const { privateKey } = generateKeyPairSync('ed25519');
  const text = (key, type) => key.export({ type, format: 'der' }).toString('base64');
  process.stdout.write(`UPDATE_SIGNING_KEY (a secret): ${text(privateKey, 'pkcs8')}\n`);
  process.stdout.write(`UPDATE_PUBLIC_KEY (a variable): ${text(createPublicKey(privateKey), 'spki')}\n`);
}
