/** The main process's client of the library process, and its behaviour after crashes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LibraryMethods } from '../../electron/ipc/library.ts';
import { LibraryClient } from '../../electron/shell/library-client.ts';
import { forkWorker } from '../../electron/workers/fork.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';

const worker = path.resolve(import.meta.dirname, '../fixtures/library-worker.ts');
let clients: LibraryClient[];
let scratch: string;
let events: string[];
let logged: string[];
let starts: number;

beforeEach(() => {
  clients = [];
  events = [];
  logged = [];
  starts = 0;
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-client-'));
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  rmSync(scratch, { recursive: true });
});

const answers = () => path.join(scratch, 'answers');

function open(home = 'home', startAfter: Promise<unknown> = Promise.resolve()): LibraryClient {
  const log = (message: string) => void logged.push(message);
  const host = new WorkerSupervisor<LibraryMethods>({
    name: 'library',
    start: () => {
      starts++;
      return forkWorker(worker, { DESCRY_TEST_ANSWERS: answers() });
    },
    log,
    backOffMs: [0],
  });
  const client = new LibraryClient({
    host,
    environment: { home, builtInModel: '' },
    startAfter,
    log: { info: log, warn: log, error: log },
    onEvent: (name) => events.push(name),
    onOpened: (again) => events.push(again ? 'opened again' : 'opened'),
    onStopped: ({ message }) => events.push(`stopped: ${message}`),
  });
  clients.push(client);
  return client;
}

describe("the library's process", () => {
  test('is started when it is time, and requests wait for it', async () => {
    let begin: () => void = () => undefined;
    const client = open('home', new Promise<void>((resolve) => (begin = resolve)));
    const answer = client.request('search.recent', undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(starts).toBe(0);
    begin();
    expect(await answer).toMatchObject({ name: 'search.recent', ids: Int32Array.of(1, 2) });
    expect(starts).toBe(1);
    expect(events).toEqual(['models.changed', 'opened']);
    expect(logged).toContain('opening');
  });

  test('passes errors on whole', async () => {
    await expect(open().request('search.forget', {})).rejects.toMatchObject({
      code: 'query-empty',
      message: 'No.',
      parameters: { n: 1 },
    });
  });

  test('that cannot open the library says why to every request, and is not started again', async () => {
    const client = open('newer');
    for (let i = 0; i < 2; i++) {
      await expect(client.request('search.recent', undefined)).rejects.toMatchObject({ code: 'database-newer' });
    }
    expect(starts).toBe(1);
  });

  test('that dies says which request in flight can be sent again, opens again and goes on', async () => {
    const client = open();
    const before = await client.request('search.recent', undefined);
    const reads = client.request('library.timeline', undefined);
    const changes = client.request('library.rescanFolder', { id: 1 });
    const fatal = client.change('importModel', 'mine.safetensors');
    await expect(reads).rejects.toMatchObject({ code: 'library-restarting' });
    await expect(changes).rejects.toMatchObject({ code: 'library-interrupted' });
    await expect(fatal).rejects.toMatchObject({ code: 'library-interrupted' });
    expect(client.isOpen).toBe(false);
    const after = await client.request('search.recent', undefined);
    expect(after).not.toEqual(before);
    expect(events).toEqual(['models.changed', 'opened', 'models.changed', 'opened again']);
  });

  test('that is away when a request comes is waited for, also with one that has an effect', async () => {
    const client = open();
    await client.change('importModel', 'mine.safetensors').catch(() => undefined);
    expect(client.isOpen).toBe(false);
    expect(await client.request('settings.set', { theme: 'dark' })).toMatchObject({ name: 'settings.set' });
    expect(starts).toBe(2);
  });

  test('that dies is asked again for photos and their paths', async () => {
    const client = open();
    const photo = client.photos.thumbnail(7);
    const path = client.read('photoPath', 7);
    await client.request('search.recent', undefined);
    writeFileSync(answers(), '');
    await client.change('importModel', 'mine.safetensors').catch(() => undefined);
    expect(await path).toBe('7.jpg');
    expect(await photo).toEqual({ kind: 'bytes', bytes: Uint8Array.of(7), type: 'image/webp' });
    expect(starts).toBe(2);
  });

  test('that dies five times in a row is not started again, and every request says what to do', async () => {
    const client = open('dies');
    const waiting = client.request('search.recent', undefined);
    await expect(waiting).rejects.toThrow('Restart Descry');
    await expect(waiting).rejects.toMatchObject({ code: 'library-stopped' });
    await expect(client.request('search.recent', undefined)).rejects.toThrow('5 times in a row');
    await expect(client.photos.thumbnail(1)).rejects.toThrow('Restart Descry');
    expect(starts).toBe(5);
    expect(events).toEqual([expect.stringContaining('stopped: ')]);
  });

  test('is not started any more when it has been closed', async () => {
    const client = open();
    await client.request('search.recent', undefined);
    await client.close();
    await expect(client.request('search.recent', undefined)).rejects.toMatchObject({ code: 'cancelled' });
    expect(starts).toBe(1);
  });
});
