/**
 * Updates, from a server of the test's own: what is refused, what is fetched, and that nothing but the two requests is sent.
 * electron-updater runs as in the program; only Electron's app is the test's.
 */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { signedFeed, writeFeed, feedName } from '../../build/scripts/update-feed.mjs';
import { readFeed, updateSource, type Feed } from '../../electron/services/update/feed.ts';
import { installation } from '../../electron/services/update/installation.ts';
import { update, type UpdateOptions } from '../../electron/services/update/update-program.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const { folder, remove } = scratch('updates');
afterAll(remove);

function keys() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}
const ours = keys();

/** What the server has, by path. */
const served = new Map<string, Buffer | string>();
const requests: { path: string; headers: http.IncomingHttpHeaders }[] = [];
let server: http.Server;
let base: string;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const asked = decodeURIComponent(request.url!);
    requests.push({ path: asked, headers: request.headers });
    const body = served.get(asked);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

let downloads: string;
let number = 0;
const ending: ((code: number) => void)[] = [];

beforeEach(() => {
  served.clear();
  requests.length = 0;
  ending.length = 0;
  downloads = path.join(folder, `downloads-${number++}`);
  process.env['APPIMAGE'] = path.join(downloads, 'Descry-1.0.0.AppImage');
});
afterEach(() => {
  delete process.env['APPIMAGE'];
});

const installer = randomBytes(300_000);

function feedOf(version: string, bytes = installer, name = `Descry-${version}.AppImage`): Feed {
  const sha512 = createHash('sha512').update(bytes).digest('base64');
  return {
    program: 'descry',
    version,
    releasedAt: new Date().toISOString(),
    files: [{ name, bytes: bytes.length, sha512 }],
  };
}

function serve(feed: unknown, { secret = ours.secret, file = installer, name = 'Descry-1.1.0.AppImage' } = {}) {
  served.set(`/${feedName}`, signedFeed(feed, secret));
  served.set(`/${name}`, file);
}

const options = (over: Partial<UpdateOptions> = {}): UpdateOptions => ({
  source: { url: `${base}/${feedName}`, publicKey: ours.publicKey },
  program: {
    version: '1.0.0',
    name: 'Descry',
    isPackaged: true,
    quit: () => undefined,
    relaunch: () => undefined,
    onQuit: (listener) => void ending.push(listener),
  },
  installation: 'appimage',
  folder: downloads,
  log: { info: () => undefined, warn: () => undefined },
  ...over,
});

/** Files that were fetched or left behind. */
const left = () =>
  existsSync(downloads)
    ? readdirSync(downloads, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => entry.name)
    : [];

it('a newer version is fetched, checked and put in the place of the AppImage when the program ends', async () => {
  serve(feedOf('1.1.0'));
  mkdirSync(downloads, { recursive: true });
  writeFileSync(process.env['APPIMAGE']!, 'the old one');
  expect(await update(options())).toEqual({ state: 'ready', version: '1.1.0' });
  expect(requests.map(({ path }) => path)).toEqual([`/${feedName}`, '/Descry-1.1.0.AppImage']);
  expect(readFileSync(process.env['APPIMAGE']!, 'utf8')).toBe('the old one');
  expect(ending).toHaveLength(1);
});

it('requests say nothing of the computer or its user, and no id is kept', async () => {
  serve(feedOf('1.1.0'));
  await update(options());
  for (const { headers } of requests) {
    const { host, connection, accept, 'user-agent': agent, 'cache-control': cache, ...others } = headers;
    expect(host).toBe(new URL(base).host);
    expect([connection, accept, agent, cache].filter((value) => value?.includes('staging'))).toEqual([]);
    expect(others).toEqual({});
  }
  expect(left().filter((name) => name.startsWith('.updater'))).toEqual([]);
});

it('the same version and an older one are no updates: a signed feed of the past takes nobody back', async () => {
  for (const version of ['1.0.0', '0.9.9', '1.0.0-beta.1']) {
    serve(feedOf(version));
    expect(await update(options())).toEqual({ state: 'none' });
  }
  expect(requests.every(({ path }) => path === `/${feedName}`)).toBe(true);
  expect(left()).toEqual([]);
});

it('a feed signed by another key is refused before anything is fetched', async () => {
  serve(feedOf('1.1.0'), { secret: keys().secret });
  await expect(update(options())).rejects.toMatchObject({
    code: 'update-refused',
    message: /not signed by the makers/,
  });
  expect(requests.map(({ path }) => path)).toEqual([`/${feedName}`]);
});

it('a feed that was changed after it was signed is refused', async () => {
  const text = signedFeed(feedOf('1.1.0'), ours.secret);
  served.set(`/${feedName}`, text.replace('1.1.0', '1.2.0'));
  await expect(update(options())).rejects.toMatchObject({ code: 'update-refused' });
});

it.each([
  ['no JSON', 'no JSON at all'],
  ['no signature', JSON.stringify({ signed: '{}' })],
  ['the unsigned feed of electron-updater', 'version: 1.1.0\nfiles: []\n'],
])('%s is refused', async (_, text) => {
  served.set(`/${feedName}`, text);
  await expect(update(options())).rejects.toMatchObject({ code: 'update-refused' });
});

it.each([
  ['of another program', { program: 'other' }],
  ['with a version that is none', { version: 'latest' }],
  ['with a file elsewhere', { files: [{ ...feedOf('1.1.0').files[0]!, name: '../Descry.AppImage' }] }],
  [
    'with a file of another server',
    { files: [{ ...feedOf('1.1.0').files[0]!, name: 'https://example.org/a.AppImage' }] },
  ],
  ['without hashes', { files: [{ name: 'Descry-1.1.0.AppImage', bytes: 3 }] }],
])('a signed feed %s is refused', (_, over) => {
  const text = signedFeed({ ...feedOf('1.1.0'), ...over }, ours.secret);
  expect(() => readFeed(text, ours.publicKey)).toThrow(/is not of the form/);
});

it('a file that was changed on the server is refused and not kept', async () => {
  const changed = Buffer.from(installer);
  changed[1000]! ^= 1;
  serve(feedOf('1.1.0'), { file: changed });
  await expect(update(options())).rejects.toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH' });
  expect(left()).toEqual([]);
  expect(ending).toEqual([]);
});

it('a package of the system is told of a new version, and fetches nothing', async () => {
  serve(feedOf('1.1.0', installer, 'descry_1.1.0_amd64.deb'));
  expect(await update(options({ installation: 'told' }))).toEqual({ state: 'newer', version: '1.1.0' });
  expect(requests.map(({ path }) => path)).toEqual([`/${feedName}`]);
  expect(ending).toEqual([]);
});

it('a checkout looks for nothing', async () => {
  serve(feedOf('1.1.0'));
  const { program } = options();
  expect(await update(options({ program: { ...program, isPackaged: false } }))).toEqual({ state: 'none' });
  expect(requests).toEqual([]);
});

it('how it was installed', () => {
  expect(installation('win32', {})).toBe('nsis');
  expect(installation('darwin', {})).toBe('mac');
  expect(installation('linux', { APPIMAGE: '/home/anna/Descry.AppImage' })).toBe('appimage');
  expect(installation('linux', {})).toBe('told');
});

it.each([
  ['https://example.org/descry-updates.json', true],
  ['http://127.0.0.1:8080/descry-updates.json', true],
  ['http://example.org/descry-updates.json', false],
  ['http://127.0.0.1.example.org/descry-updates.json', false],
  ['file:///tmp/descry-updates.json', false],
])('a feed at %s: %s', (url, allowed) => {
  expect(updateSource.safeParse({ url, publicKey: ours.publicKey }).success).toBe(allowed);
});

it('the release writes a feed that the program reads, with the hashes of the installers', async () => {
  const upload = path.join(folder, 'upload');
  mkdirSync(upload);
  writeFileSync(path.join(upload, 'Descry-1.1.0.AppImage'), installer);
  writeFileSync(path.join(upload, 'Descry Setup 1.1.0.exe'), 'an installer');
  writeFileSync(path.join(upload, 'Descry Setup 1.1.0.exe.blockmap'), 'not for it');
  expect(await writeFeed(upload, '1.1.0', '')).toMatch(/no feed/);
  expect(existsSync(path.join(upload, feedName))).toBe(false);
  await writeFeed(upload, '1.1.0', ours.secret);
  const feed = readFeed(readFileSync(path.join(upload, feedName), 'utf8'), ours.publicKey);
  expect(feed.files.map(({ name }) => name)).toEqual(['Descry Setup 1.1.0.exe', 'Descry-1.1.0.AppImage']);
  expect(feed.files[1]).toEqual(feedOf('1.1.0').files[0]);
});
