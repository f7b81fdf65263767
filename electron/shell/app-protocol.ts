/**
 * Serves the window's own page over app://descry/ from dist/renderer: a scheme of its own has an origin, takes a policy
 * header and sees no other file, unlike file:// (security checklist, item 18).
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { headerPolicy } from './csp.ts';
import { isBelow } from '../services/shared/paths.ts';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export async function answerPage(url: string, folder: string): Promise<Response> {
  const { host, pathname } = new URL(url);
  // The build names its files with letters, digits, dots and dashes; nothing else needs to be understood.
  if (host !== 'descry' || !/^(\/[\w.-]+)+$/.test(pathname)) return missing();
  const file = path.join(folder, pathname);
  const type = types[path.extname(file)];
  const body = type && isBelow(file, folder) ? await readFile(file).catch(() => undefined) : undefined;
  if (!type || !body) return missing();
  return new Response(body, {
    headers: {
      'content-type': type,
      'content-security-policy': headerPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), display-capture=()',
    },
  });
}

const missing = () => new Response(null, { status: 404 });
