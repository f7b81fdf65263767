/** Whose npm configuration counts when weights are fetched: the user's and the global one, and no other. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeRegistry, tinyAssets } from '../fixtures/registry.ts';

const script = path.resolve(import.meta.dirname, '../fixtures/ensure-assets.ts');
let scratch: string;
let registry: FakeRegistry;
let untrusted: Server;
/** what reached the registry that the user never named: its requests' lines and headers */
let received: unknown[];

const at = (...names: string[]) => path.join(scratch, ...names);
function write(file: string, ...lines: string[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, lines.join('\n'));
}

beforeEach(async () => {
  scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'descry-npmrc-')));
  for (const folder of ['home', 'downloaded']) mkdirSync(at(folder));
  registry = new FakeRegistry();
  await registry.start();
  received = [];
  untrusted = createServer(({ method, url, headers }, response) => {
    received.push({ method, url, headers });
    response.writeHead(404).end();
  });
  untrusted.on('connect', ({ url, headers }, socket) => {
    received.push({ method: 'CONNECT', url, headers });
    socket.destroy();
  });
  await new Promise<void>((resolve) => untrusted.listen(0, '127.0.0.1', resolve));
  const { port } = untrusted.address() as AddressInfo;
  const hostile = [
    `registry=http://127.0.0.1:${port}/`,
    `//127.0.0.1:${port}/:_authToken=\${SECRET}`,
    `proxy=http://127.0.0.1:${port}/`,
    `https-proxy=http://127.0.0.1:${port}/`,
    'noproxy=',
  ];
  // the current folder: with and without a package.json npm takes it for a project
  write(at('downloaded', '.npmrc'), ...hostile);
  write(at('downloaded', 'package.json'), '{ "name": "downloaded", "workspaces": ["inner"] }');
  write(at('downloaded', 'inner', 'package.json'), '{ "name": "inner" }');
  write(at('downloaded', 'inner', '.npmrc'), ...hostile);
  write(at('downloaded', 'plain', '.npmrc'), ...hostile);
  // what lies beside the program of an AppImage, which is mounted in the folder for temporary files
  write(at('tmp', 'etc', 'npmrc'), ...hostile);
});

afterEach(async () => {
  await registry.stop();
  untrusted.closeAllConnections();
  await new Promise((resolve) => untrusted.close(resolve));
  rmSync(scratch, { recursive: true, force: true });
});

/** Fetches in a process of its own, whose environment holds nothing of npm's. */
function ensure(
  folder: string,
  { cwd, node = [], environment = {} }: { cwd: string; node?: string[]; environment?: Record<string, string> },
): Promise<unknown> {
  const assets = JSON.stringify(tinyAssets(registry, at('registry')));
  const child = spawn(process.execPath, [...node, script, folder, assets], {
    cwd,
    env: { PATH: '', HOME: at('home'), USERPROFILE: at('home'), SECRET: 'a token of the user', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => (text += String(data)));
  return new Promise((resolve) =>
    child.on('close', () => resolve(JSON.parse(text.trim().split('\n').at(-1) || 'null'))),
  );
}

const finished = { files: expect.objectContaining({ wordVectors: expect.any(String) as string }) as object };

test.each(['downloaded', 'downloaded/inner', 'downloaded/plain'])(
  "started in %s, nothing is sent where that folder's .npmrc wants it; the user's own one counts",
  async (folder) => {
    write(at('home', '.npmrc'), `registry=${registry.url}`);
    expect(await ensure(at('assets'), { cwd: at(folder) })).toMatchObject(finished);
    expect(received).toEqual([]);
    expect(registry.requests).toHaveLength(2);
    // nor does npm keep a cache or a log there
    expect(readdirSync(at('home'))).toEqual(['.npmrc']);
  },
);

/** As in Electron: a program that is not Node, beside which something lies that looks like npm's configuration. */
const asElectron = (program: string) => [
  '--import',
  `data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process.versions, 'electron', { value: '45.0.0' });
     Object.defineProperty(process, 'execPath', { value: ${JSON.stringify(program)} });`,
  )}`,
];

test('the global configuration is that of the npm on the path, not what lies beside our program', async () => {
  const program = at('tmp', '.mount_descry', 'descry');
  write(at('home', '.npmrc'), `registry=${registry.url}`);
  // no npm on the path: there is no global configuration
  expect(await ensure(at('one'), { cwd: scratch, node: asElectron(program) })).toMatchObject(finished);
  expect(received).toEqual([]);

  rmSync(at('home', '.npmrc'));
  const names = process.platform === 'win32' ? ['node.exe', 'npm.cmd'] : ['node', 'npm'];
  for (const name of names) write(at('prefix', 'bin', name));
  const folder = process.platform === 'win32' ? at('prefix', 'bin', 'etc') : at('prefix', 'etc');
  write(path.join(folder, 'npmrc'), `registry=${registry.url}`);
  const environment = { PATH: ['.', at('prefix', 'bin')].join(path.delimiter) };
  for (const node of [[], asElectron(program)]) {
    expect(await ensure(at(`two-${node.length}`), { cwd: scratch, node, environment })).toMatchObject(finished);
  }
  expect(received).toEqual([]);
  expect(registry.requests).toHaveLength(6);
});
