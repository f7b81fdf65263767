/** Encoders that several processes add, list and remove at a time, with stand-ins and a server on the loopback. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { AddedEncoders } from '../../electron/services/encoders/added.ts';
import { Adding } from '../../electron/services/encoders/adding.ts';
import type { OfferedEncoder } from '../../electron/services/encoders/catalogue.ts';
import { silentLog as log } from '../../electron/services/shared/log.ts';
import { encodersAndHub } from '../fixtures/adding-encoders.ts';
import { makeClipFolder } from '../fixtures/clip-stand-in.ts';
import { namesOf, type FakeHub } from '../fixtures/hub.ts';

let base: string;
let hub: FakeHub;
let offered: OfferedEncoder;
let added: AddedEncoders;
let end: () => Promise<void>;

beforeEach(async () => {
  ({ base, hub, offered, added, end } = await encodersAndHub(log));
});
afterEach(() => end());

const service = () =>
  new Adding({
    ...{ added, log, offered: [offered], pauses: [10, 10], isTaken: () => false },
    environment: { DESCRY_ENCODERS_URL: hub.url },
    prove: () => Promise.resolve({ photosPerSecond: 12, peakBytes: 3e8 }),
  });
const folder = () => path.join(base, 'encoders', 'stand-in');
const nothingAdded = () => {
  expect(existsSync(folder())).toBe(false);
  expect(added.list()).toEqual([]);
};
const fetched = () => hub.requests.map((request) => path.basename(request.path));

it('is in the list of another process at once, and taken from it when it is removed', async () => {
  const other = new AddedEncoders({ folder: base, log });
  expect(other.list()).toEqual([]);
  await service().add('stand-in');
  await expect.poll(() => other.list().map(({ id }) => id), { timeout: 5000 }).toEqual(['stand-in']);
  expect(other.list()).toBe(other.list());
  await other.remove('stand-in');
  await expect.poll(() => added.list(), { timeout: 5000 }).toEqual([]);
  expect(existsSync(folder())).toBe(false);
  await other.remove('stand-in');
});

function spawnAdd(mode = ''): Promise<{ lines: Record<string, unknown>[]; signal: string | null }> {
  const script = path.resolve(import.meta.dirname, '../fixtures/add-encoder.ts');
  const child = spawn(process.execPath, [script, base, JSON.stringify(offered), hub.url, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data) => (text += String(data)));
  return new Promise((resolve) =>
    child.on('close', (_code, signal) => {
      const lines = text.split('\n').filter(Boolean);
      resolve({ lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), signal });
    }),
  );
}

test('of two processes one fetches; the other waits, says so, and then finds it', async () => {
  hub.troubles = [{ kind: 'slow', ms: 4000 }];
  const both = await Promise.all([spawnAdd(), spawnAdd()]);
  expect(fetched()).toEqual(namesOf(offered));
  expect(both.map(({ lines }) => lines.at(-1))).toEqual([{ added: 'stand-in' }, { added: 'stand-in' }]);
  expect(both.map(({ lines }) => lines.some(({ step }) => step === 'waiting')).sort()).toEqual([false, true]);
});

test('a process killed in the middle of its check: nothing of it is used, and nothing is fetched twice', async () => {
  expect((await spawnAdd('kill')).signal).toBe('SIGKILL');
  nothingAdded();
  const lock = path.join(base, 'encoders', 'lock');
  expect(existsSync(lock)).toBe(true);
  utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
  await service().add('stand-in');
  expect(hub.requests).toHaveLength(2);
  expect(readdirSync(path.join(base, 'encoders')).sort()).toEqual(['downloads', 'stand-in']);
});

test('two folders of the same name, added at once, become two encoders', async () => {
  const folders = ['one', 'other'].map((parent, i) => {
    const folder = path.join(base, parent, 'same');
    makeClipFolder(folder, { seed: i + 1 });
    return folder;
  });
  const [one, other] = await Promise.all(folders.map((folder) => service().addFolder(folder)));
  expect([one!.id, other!.id].sort()).toEqual(['same', 'same-2']);
  expect([one!.title, other!.title].sort()).toEqual(['same', 'same (2)']);
  expect(added.list()).toHaveLength(2);
});
