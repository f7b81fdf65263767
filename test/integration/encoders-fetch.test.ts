/** Fetching an encoder from a hub, with stand-ins and a server on the loopback. Its check is another test's. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { AddedEncoders } from '../../electron/services/encoders/added.ts';
import { Adding, type AddingOptions, type AddingState } from '../../electron/services/encoders/adding.ts';
import { bytesOf, filesOf, type OfferedEncoder } from '../../electron/services/encoders/catalogue.ts';
import { fetchFile } from '../../electron/services/encoders/hub.ts';
import { DescryError } from '../../models/errors.ts';
import { encodersAndHub, vocabulary } from '../fixtures/adding-encoders.ts';
import { namesOf, type FakeHub } from '../fixtures/hub.ts';

let base: string;
let hub: FakeHub;
let offered: OfferedEncoder;
let added: AddedEncoders;
let end: () => Promise<void>;
const warnings: string[] = [];
const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
const measured = { photosPerSecond: 12, peakBytes: 3e8 };

beforeEach(async () => {
  warnings.length = 0;
  ({ base, hub, offered, added, end } = await encodersAndHub(log));
});
afterEach(() => end());

const service = (options: Partial<AddingOptions> = {}) =>
  new Adding({
    added,
    log,
    offered: [offered],
    pauses: [10, 10],
    isTaken: () => false,
    environment: { DESCRY_ENCODERS_URL: hub.url },
    prove: () => Promise.resolve(measured),
    ...options,
  });
const folder = () => path.join(base, 'encoders', 'stand-in');
const downloads = () => path.join(base, 'encoders', 'downloads');
const kept = () => (existsSync(downloads()) ? readdirSync(downloads()) : []);
const nothingAdded = () => {
  expect(existsSync(folder())).toBe(false);
  expect(added.list()).toEqual([]);
};
const fetched = () => hub.requests.map((request) => path.basename(request.path));
const ranges = () => hub.requests.map((request) => request.range);

test('all files are fetched once, described and put in place, and the progress adds up', async () => {
  const seen: AddingState[] = [];
  const adding = service();
  expect(adding.state()).toBeNull();
  const encoder = await adding.add('stand-in', { onProgress: (state) => seen.push(state) });
  expect(fetched()).toEqual(namesOf(offered));
  expect(encoder).toMatchObject({
    id: 'stand-in',
    title: 'Stand-in stand-in',
    kind: 'clip',
    dimensions: 16,
    files: { vision: { sha256: offered.files.vision.sha256 }, tokenizer: { sha256: offered.files.tokenizer.sha256 } },
    preprocessing: offered.preprocessing,
    source: { kind: 'hub', repository: 'test/stand-in' },
    measured,
  });
  const bytes = bytesOf(filesOf(offered.files));
  expect(seen.at(-1)).toMatchObject({ step: 'checking', doneBytes: bytes, bytes });
  expect(seen.map(({ doneBytes }) => doneBytes).every((done, i, all) => i === 0 || done >= all[i - 1]!)).toBe(true);
  expect(adding.state()).toBeNull();
  expect(readdirSync(folder(), { recursive: true }).map(String).sort()).toEqual(
    ['encoder.json', 'manifest.json', 'onnx', path.join('onnx', 'model.onnx'), 'tokenizer.json'].sort(),
  );
  expect(kept()).toEqual([]);
  expect(added.list().map(({ id }) => id)).toEqual(['stand-in']);
  const weights = await added.weights(encoder);
  expect(Object.values(weights.files).every((file) => existsSync(file!))).toBe(true);
  expect(weights.ids['clip']).toMatch(/^stand-in@[0-9a-f]{12}$/);

  expect(await service().add('stand-in')).toEqual(encoder);
  expect(hub.requests).toHaveLength(2);
});

test('of two graphs each is fetched', async () => {
  offered = hub.offer('two', path.join(base, 'two'), { layout: 'two', vocabulary });
  const encoder = await service().add('two');
  expect(fetched()).toEqual(['vision_model.onnx', 'text_model.onnx', 'tokenizer.json']);
  expect(encoder.files.vision).not.toEqual(encoder.files.text);
  expect(encoder.tensors.mask).toBeNull();
});

test('only what is asked for is sent: no token, no cookie, and of the program its name', async () => {
  process.env['npm_config_//127.0.0.1/:_authToken'] = 'secret';
  await service().add('stand-in');
  expect(hub.requests.map(({ headers }) => Object.keys(headers).sort())).toEqual(
    Array.from({ length: 2 }, () => ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']),
  );
  expect(new Set(hub.requests.map(({ headers }) => headers['user-agent']))).toEqual(new Set(['Descry']));
});

describe('a connection that breaks', () => {
  it('is opened again at its last byte', async () => {
    hub.troubles = [
      { kind: 'cut', afterBytes: 5000 },
      { kind: 'cut', afterBytes: 3000 },
    ];
    await service().add('stand-in');
    expect(ranges().slice(0, 3)).toEqual([undefined, 'bytes=5000-', 'bytes=8000-']);
  });

  it('is gone on with by the next try, which fetches nothing twice', async () => {
    hub.troubles = [{ kind: 'cut', afterBytes: 3000 }];
    const adding = service({ pauses: [] });
    await expect(adding.add('stand-in')).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringMatching(
        /1 MB are kept.*fetch the files on another computer, from https:\/\/huggingface\.co\/test/,
      ) as string,
    });
    expect(adding.failure('stand-in')).toMatchObject({ code: 'offline', parameters: { encoder: 'stand-in' } });
    nothingAdded();
    await adding.add('stand-in');
    expect(adding.failure('stand-in')).toBeNull();
    expect(fetched()).toEqual(['model.onnx', 'model.onnx', 'tokenizer.json']);
    expect(ranges()).toEqual([undefined, 'bytes=3000-', undefined]);
  });

  it('to a server without ranges begins anew', async () => {
    hub.resumes = false;
    hub.troubles = [{ kind: 'cut', afterBytes: 5000 }];
    await service().add('stand-in');
    expect(added.list()).toHaveLength(1);
  });

  it('without an answer, and then without data, is closed and opened again', async () => {
    hub.troubles = [{ kind: 'silent' }, { kind: 'slow', ms: 20_000 }];
    const graph = offered.files.vision;
    const quick = { signal: new AbortController().signal, onBytes: () => undefined, pauses: [10], log, stallMs: 400 };
    const file = await fetchFile(offered, graph, downloads(), hub.url, quick);
    expect(statSync(file).size).toBe(graph.bytes);
    expect(ranges()).toEqual([undefined, undefined, 'bytes=1000-']);
  });

  it('whose range is refused begins anew', async () => {
    hub.troubles = [
      { kind: 'cut', afterBytes: 5000 },
      { kind: 'status', status: 416 },
    ];
    await service().add('stand-in');
    expect(ranges().slice(0, 3)).toEqual([undefined, 'bytes=5000-', undefined]);
  });
});

describe('a server', () => {
  it.each([500, 503, 429])('that answers %i is asked again', async (status) => {
    hub.troubles = [{ kind: 'status', status }];
    await service().add('stand-in');
    expect(hub.requests).toHaveLength(3);
  });

  it.each([401, 403, 404])('that answers %i is not asked again', async (status) => {
    hub.troubles = [{ kind: 'status', status }];
    await expect(service().add('stand-in')).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining(`HTTP ${status}`) as string,
    });
    expect(hub.requests).toHaveLength(1);
    nothingAdded();
  });

  it('that fails again and again is given up', async () => {
    hub.troubles = Array.from({ length: 9 }, () => ({ kind: 'status' as const, status: 500 }));
    await expect(service().add('stand-in')).rejects.toMatchObject({ code: 'offline' });
    expect(hub.requests).toHaveLength(3);
  });

  it('that cannot be reached: what to do is said', async () => {
    const adding = service();
    await hub.stop();
    await expect(adding.add('stand-in')).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringMatching(/cannot be reached.*Connect to the network.*add the folder with them/) as string,
    });
    await hub.start();
  });

  it('of large files on another host is followed there', async () => {
    hub.redirects = true;
    hub.troubles = [{ kind: 'cut', afterBytes: 5000 }];
    await service().add('stand-in');
    expect(ranges()[1]).toBe('bytes=5000-');
    expect(hub.requests[0]!.headers.host).toBe(`localhost:${hub.port}`);
  });

  it.each(['http://example.invalid/file', 'file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://'])(
    'that redirects to %s is not followed',
    async (to) => {
      hub.troubles = [{ kind: 'redirect', to }];
      await expect(service().add('stand-in')).rejects.toMatchObject({
        code: 'offline',
        message: expect.stringMatching(/was not fetched: .* redirects to .* which is no HTTPS address/) as string,
      });
      expect(hub.requests).toHaveLength(1);
      nothingAdded();
    },
  );

  it('that redirects in a circle is left', async () => {
    const { repository, revision, path: inside } = offered.files.vision;
    const to = `/${repository}/resolve/${revision}/${inside}`;
    hub.troubles = Array.from({ length: 20 }, () => ({ kind: 'redirect' as const, to }));
    await expect(service().add('stand-in')).rejects.toThrow(/redirects too often/);
    expect(hub.requests).toHaveLength(6);
  });

  it.each(['http://example.invalid', 'ftp://127.0.0.1', 'nonsense'])('named as %s is not asked', async (url) => {
    await expect(service({ environment: { DESCRY_ENCODERS_URL: url } }).add('stand-in')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no HTTPS address') as string,
    });
  });
});

describe('other bytes than the pinned ones', () => {
  it('are deleted, asked for once more, and never used', async () => {
    hub.troubles = [{ kind: 'garble' }];
    await service().add('stand-in');
    expect(warnings.join()).toContain('did not match its hash: deleted');
    expect(hub.requests).toHaveLength(3);
  });

  it('twice are an error, and nothing of them is kept', async () => {
    hub.troubles = [{ kind: 'garble' }, { kind: 'garble' }];
    await expect(service().add('stand-in')).rejects.toMatchObject({
      code: 'asset-corrupt',
      message: expect.stringMatching(/does not match its pinned hash, twice\. It was deleted/) as string,
    });
    nothingAdded();
    expect(kept()).toEqual([]);
  });

  it('of another size are not even fetched', async () => {
    hub.troubles = [{ kind: 'other-size' }];
    await expect(service().add('stand-in')).rejects.toMatchObject({ code: 'asset-corrupt' });
    expect(kept()).toEqual([]);
  });

  it('in what an earlier try left are found', async () => {
    hub.troubles = [{ kind: 'cut', afterBytes: 5000 }];
    await expect(service({ pauses: [] }).add('stand-in')).rejects.toMatchObject({ code: 'offline' });
    const [part] = kept();
    writeFileSync(path.join(downloads(), part!), Buffer.alloc(5000));
    await service().add('stand-in');
    expect(ranges().slice(0, 3)).toEqual([undefined, 'bytes=5000-', undefined]);
  });
});

describe('one that is stopped', () => {
  it('keeps what has arrived, and lets another be added', async () => {
    hub.troubles = [{ kind: 'slow', ms: 20_000 }];
    const adding = service();
    const running = adding.add('stand-in');
    running.catch(() => undefined);
    await expect
      .poll(() => kept().some((name) => statSync(path.join(downloads(), name)).size === 1000), { timeout: 20_000 })
      .toBe(true);
    await expect(service().add('stand-in', { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect(adding.add('stand-in')).rejects.toMatchObject({ code: 'asset-busy' });
    await adding.stop();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(adding.failure('stand-in')).toBeNull();
    expect(adding.state()).toBeNull();
    const [offered] = adding.offered;
    expect([adding.keptBytes(offered!), service().keptBytes(offered!)]).toEqual([1000, 1000]);
    await adding.add('stand-in');
    expect(adding.keptBytes(offered!)).toBe(0);
    expect(ranges().slice(0, 2)).toEqual([undefined, 'bytes=1000-']);
  });

  it('during its check keeps all files', async () => {
    const adding = service({
      prove: (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    });
    const running = adding.add('stand-in');
    running.catch(() => undefined);
    await expect.poll(() => adding.state()?.step, { timeout: 20_000 }).toBe('checking');
    await adding.stop();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    nothingAdded();
    await service().add('stand-in');
    expect(hub.requests).toHaveLength(2);
  });

  it('can be forgotten with all that was fetched', async () => {
    hub.troubles = [{ kind: 'cut', afterBytes: 3000 }];
    const adding = service({ pauses: [] });
    await expect(adding.add('stand-in')).rejects.toMatchObject({ code: 'offline' });
    expect(kept()).toHaveLength(1);
    await adding.forget('stand-in');
    expect(kept()).toEqual([]);
    expect(adding.failure('stand-in')).toBeNull();
  });
});

describe('one that its check refuses', () => {
  it('is not used, and nothing of it is kept', async () => {
    const reason = new DescryError('encoder-invalid', 'It cannot be used.');
    const adding = service({ prove: () => Promise.reject(reason) });
    await expect(adding.add('stand-in')).rejects.toBe(reason);
    expect(adding.failure('stand-in')).toEqual({ code: 'encoder-invalid', message: 'It cannot be used.' });
    nothingAdded();
    expect(readdirSync(path.join(base, 'encoders'))).toEqual(['downloads']);
    expect(kept()).toEqual([]);
  });
});

it('is refused before it is fetched where the disk has no room', async () => {
  const large = { ...offered.files.tokenizer, bytes: 1e18 };
  const adding = service({ offered: [{ ...offered, files: { ...offered.files, tokenizer: large } }] });
  await expect(adding.add('stand-in')).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringContaining('Stand-in stand-in needs') as string,
    parameters: { neededBytes: expect.any(Number) as number, freeBytes: expect.any(Number) as number },
  });
  expect(hub.requests).toEqual([]);
});

it('says where its folder cannot be made', async () => {
  writeFileSync(path.join(base, 'encoders'), 'a file');
  await expect(service().add('stand-in')).rejects.toMatchObject({ code: 'not-a-folder' });
});

describe('damage', () => {
  const damage = (file: string) => {
    const { atime, mtime } = statSync(file);
    const bytes = readFileSync(file);
    bytes[20]! ^= 255;
    writeFileSync(file, bytes);
    utimesSync(file, atime, mtime);
  };

  it('of a file is found when it is loaded, and only that file is fetched again', async () => {
    const damaged: string[] = [];
    added = new AddedEncoders({ folder: base, log, onDamaged: (_, { message }) => damaged.push(message) });
    const encoder = await service().add('stand-in');
    damage(path.join(folder(), 'onnx', 'model.onnx'));
    await expect(added.weights(encoder)).rejects.toMatchObject({ code: 'asset-corrupt' });
    expect(damaged).toEqual([expect.stringMatching(/model\.onnx is not as it was when it was added.*Add it again/)]);
    expect(added.list()).toEqual([]);
    expect(added.damaged().map(({ id }) => id)).toEqual(['stand-in']);
    hub.requests.length = 0;
    await service().add('stand-in');
    expect(fetched()).toEqual(['model.onnx']);
    expect(added.list()).toHaveLength(1);
    expect(added.damaged()).toEqual([]);
  });

  it('in a place that samples miss is found by the check of whole files', async () => {
    const encoder = await service().add('stand-in');
    const checks = added.filesOf(encoder);
    expect(await checks.check()).toEqual([]);
    damage(path.join(folder(), 'tokenizer.json'));
    expect(await checks.check()).toEqual([
      { name: 'clip', message: expect.stringContaining('tokenizer.json') as string },
    ]);
    expect(added.list()).toEqual([]);
  });

  it('by which a file is shorter, or away, is found', async () => {
    const encoder = await service().add('stand-in');
    truncateSync(path.join(folder(), 'onnx', 'model.onnx'), 100);
    await expect(added.weights(encoder)).rejects.toMatchObject({ code: 'asset-corrupt' });
  });

  it('of times alone is none', async () => {
    const encoder = await service().add('stand-in');
    const now = new Date();
    utimesSync(path.join(folder(), 'tokenizer.json'), now, now);
    expect((await added.weights(encoder)).ids['clip']).toContain('stand-in@');
  });

  it('of a description leaves the others', async () => {
    await service().add('stand-in');
    const other = path.join(base, 'encoders', 'other');
    mkdirSync(other);
    writeFileSync(path.join(other, 'manifest.json'), '{}');
    writeFileSync(path.join(other, 'encoder.json'), '{"format": 9}');
    added.refresh();
    expect(added.list().map(({ id }) => id)).toEqual(['stand-in']);
    expect(warnings.join()).toContain('other is no encoder');
  });
});
