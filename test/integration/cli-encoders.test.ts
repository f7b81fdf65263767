/** `descry encoders` as a process of its own, and what it asks of the operating system. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '../../electron/store/store.ts';
import { assetsFolder } from '../../electron/services/assets/place.ts';
import { testAssets } from '../fixtures/assets.ts';
import { makeClipFolder } from '../fixtures/clip-stand-in.ts';
import { FakeHub } from '../fixtures/hub.ts';
import { runCli } from '../fixtures/run-cli.ts';
import { drawDataset, plainEnvironment, straceArguments, violations, whyNoStrace } from '../fixtures/strace.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const { folder: base, remove } = scratch('cli-encoders');
const at = (...names: string[]) => path.join(base, ...names);
const hub = new FakeHub();
let images: string;
let environment: Record<string, string>;

beforeAll(async () => {
  await testAssets();
  mkdirSync(at('assets'));
  const real = assetsFolder();
  for (const name of readdirSync(real)) {
    if (!['encoders', 'lock', 'downloads'].includes(name)) symlinkSync(path.join(real, name), at('assets', name));
  }
  await hub.start();
  ({ images } = await drawDataset(at('dataset'), 4));
  makeClipFolder(at('My model'), { layout: 'one' });
  makeClipFolder(at('bad'), { ranks: false });
  environment = {
    ...plainEnvironment({ home: at('home'), temporary: at('tmp') }),
    DESCRY_HOME: at('library'),
    DESCRY_ASSETS: at('assets'),
    DESCRY_ENCODERS_URL: hub.url,
    npm_config_noproxy: '127.0.0.1',
  };
});
afterAll(async () => {
  await hub.stop();
  remove();
});

const run = async (...args: string[]) => {
  const { code, out, err } = await runCli(['encoders', ...args], { environment, cwd: base });
  return { code, out, err, json: args.includes('--json') ? (JSON.parse(out) as unknown) : undefined };
};
const failed = (code: string, message: RegExp) => ({
  code: 1,
  json: { error: { code, message: expect.stringMatching(message) as string } },
});

describe('descry encoders', () => {
  it('lists what there is and what can be added', async () => {
    const { code, out } = await run();
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ +id +state +size +memory +photos a second +name$/);
    expect(lines[1]).toMatch(/^\* +resnet50-glove +built in +213 MB +– +– +ResNet50 and GloVe$/);
    expect(lines[2]).toMatch(/^ +clip-vit-b32 +can be added +608 MB +– +– +CLIP ViT-B\/32$/);
    expect(lines).toHaveLength(7);
  });

  it('adds one from a folder, uses it, refuses to remove it then, and removes it', async () => {
    const added = await run('add', 'My model', '--json');
    expect(added).toMatchObject({
      code: 0,
      json: {
        id: 'my-model',
        state: 'added',
        source: 'folder',
        origin: at('My model'),
        inUse: false,
        zeroShot: 'my-model',
      },
    });
    expect(added.err).toContain('Trying out My model');
    expect((await run()).out).toMatch(/my-model +added +[\d.]+ (kB|MB) +\d+ MB +[\d,.]+ +My model/);
    expect(await run('use', 'my-model', '--json')).toMatchObject({ code: 0, json: { model: 'my-model' } });
    expect(await run('remove', 'my-model', '--json')).toMatchObject(failed('model-in-use', /My model is in use/));
    expect(await run('use', 'resnet50-glove', '--json')).toMatchObject({ code: 0, json: { model: 'default' } });
    const store = new Store(at('library', 'library.db'));
    store.preferences.set('wanted-model', 'my-model');
    store.close();
    expect(await run('remove', 'my-model', '--json')).toMatchObject({
      ...{
        code: 2,
        out: expect.stringMatching(/also ends the change to My model.*encoders remove my-model --yes/) as string,
      },
    });
    expect(existsSync(at('assets', 'encoders', 'my-model'))).toBe(true);
    expect(await run('remove', 'my-model', '--yes', '--json')).toMatchObject({
      code: 0,
      json: { removed: 'my-model', models: [] },
    });
    expect(existsSync(at('assets', 'encoders', 'my-model'))).toBe(false);
  });

  it('refuses what cannot be used, with the reason', async () => {
    expect(await run('add', 'bad', '--json')).toMatchObject(
      failed('encoder-invalid', /do not find the drawn pictures/),
    );
    expect(await run('add', 'images-of-nobody', '--json')).toMatchObject(
      failed('not-found', /neither an encoder that is offered \(clip-vit-b32, .*tinyclip-full\) nor a folder/),
    );
    expect(await run('use', 'tinyclip', '--json')).toMatchObject(
      failed('not-found', /Add it first: descry encoders add tinyclip/),
    );
    expect(await run('remove', 'resnet50-glove', '--json')).toMatchObject(failed('model-in-use', /comes with Descry/));
  });

  it('says what to do where it cannot be fetched', async () => {
    const { code, json } = await run('add', 'tinyclip', '--json');
    expect({ code, json }).toMatchObject(
      failed(
        'offline',
        /127\.0\.0\.1:\d+ refused it \(HTTP 404\).*huggingface\.co\/onnx-community\/TinyCLIP.*descry encoders add FOLDER.*DESCRY_ENCODERS_URL/,
      ),
    );
  });
});

const reason = whyNoStrace();
describe.skipIf(reason !== undefined)(`watched by strace${reason ? ` (${reason})` : ''}`, () => {
  const watched = async (name: string, ...args: string[]) => {
    const trace = at(`${name}.trace`);
    const child = spawn('strace', [...straceArguments(trace), process.execPath, cli, ...args, '--json'], {
      ...{ cwd: base, env: environment, stdio: 'ignore' },
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    const writable = [at('library'), at('assets', 'encoders'), at('tmp')];
    return { code, found: violations(trace, { writable, home: at('home'), cwd: base }) };
  };

  it('a folder is added, used, searched with and listed without any connection', async () => {
    expect(await watched('add', 'encoders', 'add', 'My model')).toEqual({ code: 0, found: [] });
    expect(await watched('use', 'encoders', 'use', 'my-model')).toEqual({ code: 0, found: [] });
    expect(await watched('index', 'index', images)).toEqual({ code: 0, found: [] });
    expect(await watched('search', 'search', 'a red picture')).toEqual({ code: 0, found: [] });
    expect(await watched('list', 'encoders')).toEqual({ code: 0, found: [] });
  }, 600_000); // five programs, each slowed down by strace

  it('one that is fetched: the address that was asked for is the only one', async () => {
    const { code, found } = await watched('fetch', 'encoders', 'add', 'tinyclip');
    expect(code).toBe(1); // the server does not have it
    expect(found.some((call) => call.startsWith('connect('))).toBe(true);
    // Node reads the resolver's configuration when its module for names is loaded; a name that is asked for would be a connection.
    const allowed = (call: string) =>
      /^socket\(AF_INET, SOCK_STREAM/.test(call) ||
      /^openat\(.*"\/etc\/resolv\.conf", O_RDONLY/.test(call) ||
      (call.includes(`htons(${hub.port})`) && call.includes('"127.0.0.1"'));
    const elsewhere = found.filter((call) => !allowed(call));
    expect(elsewhere).toEqual([]);
  });
});
