/**
 * The feed of updates: which version is the newest, and the hashes of its files, signed.
 *
 * electron-updater trusts its server: a Windows installer and a macOS program are checked by their own signatures, but an
 * AppImage has none, and unsigned installers exist, too. So the feed is signed (Ed25519, RFC 8032) by a key that only the
 * release has; its public half comes with the program. The files' SHA-512 stand in the feed, and electron-updater compares them.
 */
import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { DescryError } from '../../../models/errors.ts';

/** Where a build of Descry looks for updates; in its package.json, if it was made for releases. */
export const updateSource = z.object({
  /** of the feed: https, or this computer (for tests) */
  url: z
    .url()
    .max(2000)
    .refine((url) => /^https:\/\/|^http:\/\/127\.0\.0\.1[:/]/.test(url)),
  /** Ed25519, SPKI, DER in base64 */
  publicKey: z.string().max(200),
  /** whom a signed installer of Windows must be signed by, too; absent: installers are not signed there */
  publisher: z.string().max(200).exactOptional(),
});
export type UpdateSource = z.infer<typeof updateSource>;

const feedFile = z.object({
  /** a file beside the feed */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,150}$/),
  bytes: z.int().positive(),
  /** base64 */
  sha512: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});

const feed = z.object({
  /** so that no other signature of the same key counts */
  program: z.literal('descry'),
  version: z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,50})?$/),
  /** ISO 8601 */
  releasedAt: z.iso.datetime(),
  files: z.array(feedFile).min(1).max(100),
});
export type Feed = z.infer<typeof feed>;

const envelope = z.object({
  /** the feed, as JSON in text: these bytes are signed */
  signed: z.string().max(100_000),
  /** base64 */
  signature: z.string().max(200),
});

/** bytes of a feed at most */
export const longestFeed = 200_000;

/**
 * @param text of the feed's file
 * @throws DescryError `update-refused`
 */
export function readFeed(text: string, publicKey: string): Feed {
  const { signed, signature } = parsed(envelope, text);
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  if (!verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64')))
    throw refused('its list of versions is not signed by the makers of this Descry');
  return parsed(feed, signed);
}

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('its list of versions is no JSON');
  }
  const { success, data } = schema.safeParse(value);
  if (!success) throw refused('its list of versions is not of the form that this Descry reads');
  return data;
}

export const refused = (why: string) =>
  new DescryError('update-refused', `The update was refused: ${why}. Nothing was changed.`);
