import { describe, expect, test, vi } from 'vitest';
import { createBridge, type RendererPort } from '../../electron/ipc/bridge.ts';
import { eventChannel, requestChannel } from '../../electron/ipc/channels.ts';
import { events, requests, type EventName, type Handlers, type RequestName } from '../../electron/ipc/contract.ts';
import { eventSender, serveRequests } from '../../electron/ipc/serve.ts';
import { DescryError } from '../../models/errors.ts';

type Answer = { ok: boolean; value?: unknown; error?: { code: string; message: string } };
const page = { from: 'page' };

function serve(handlers: Partial<Handlers>) {
  const channels = new Map<string, (event: object, argument: unknown) => Promise<unknown>>();
  const log = vi.fn();
  serveRequests<object>({ handle: (channel, listener) => void channels.set(channel, listener) }, handlers as Handlers, {
    trusted: (event) => event === page,
    log,
  });
  const ask = (name: string, argument?: unknown, sender: object = page) =>
    channels.get(requestChannel(name))!(sender, argument) as Promise<Answer>;
  return { ask, log, channels };
}

describe('the served contract', () => {
  test('has one channel for each request and no other', () => {
    const { channels } = serve({});
    expect([...channels.keys()].sort()).toEqual(Object.keys(requests).map(requestChannel).sort());
  });

  test('hands the parsed argument over, defaults filled in, and the answer back', async () => {
    const query = vi.fn(() => {
      throw new DescryError('query-empty', 'Type a sentence.');
    });
    const { ask } = serve({ 'search.query': query, 'search.recent': () => ['a dog'] });
    await ask('search.query', { text: 'a dog' });
    expect(query).toHaveBeenCalledWith({
      text: 'a dog',
      filter: {},
      literal: [],
      like: [],
      order: 'relevance',
      limit: 1000,
    });
    expect(await ask('search.recent')).toEqual({ ok: true, value: ['a dog'] });
  });

  test.each<[RequestName, unknown]>([
    ['library.removeFolder', undefined],
    ['library.removeFolder', { id: '1' }],
    ['library.removeFolder', { id: 1.5 }],
    ['library.addFolders', { paths: [] }],
    ['library.addFolders', { paths: [''] }],
    ['photo.startDrag', { ids: new Array(501).fill(1) }],
    ['search.remember', { text: 'x'.repeat(1001) }],
    ['models.use', { id: '../../etc' }],
    ['settings.set', { theme: 'pink' }],
    ['search.recent', { anything: 1 }],
  ])('refuses %s with %j', async (name, argument) => {
    const handler = vi.fn();
    const { ask, log } = serve({ [name]: handler });
    expect((await ask(name, argument)).error?.code).toBe('usage');
    expect(handler).not.toHaveBeenCalled();
    expect(log).toHaveBeenCalledOnce();
  });

  test('refuses every other sender', async () => {
    const handler = vi.fn(() => []);
    const { ask } = serve({ 'search.recent': handler });
    expect(await ask('search.recent', undefined, { from: 'elsewhere' })).toMatchObject({ error: { code: 'usage' } });
    expect(handler).not.toHaveBeenCalled();
  });

  test('passes a known error on by code and message, and logs it', async () => {
    const { ask, log } = serve({
      'models.use': () => Promise.reject(new DescryError('model-unknown', 'There is no model x.')),
      'assets.fetch': () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
      'search.recent': () => Promise.reject(new Error('odd')),
    });
    expect(await ask('models.use', { id: 'x' })).toEqual({
      ok: false,
      error: { code: 'model-unknown', message: 'There is no model x.' },
    });
    expect((await ask('assets.fetch')).error?.code).toBe('disk-full');
    expect((await ask('search.recent')).error?.code).toBe('internal');
    expect(log).toHaveBeenCalledTimes(3);
  });

  test('does not let an answer through that breaks the contract', async () => {
    const { ask, log } = serve({ 'search.recent': () => [1] as never });
    expect(await ask('search.recent')).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(log).toHaveBeenCalledWith(expect.stringContaining('search.recent'), expect.anything());
  });

  test('keeps typed arrays as they are', async () => {
    const list = {
      ids: Int32Array.of(1, 2),
      contents: Int32Array.of(7, 8),
      aspects: Float32Array.of(1.5, 0.75),
      days: Int32Array.of(20260514, 20260513),
      stacks: Int32Array.of(0, 3),
      favourites: Uint8Array.of(1, 0),
      damaged: Uint8Array.of(0, 1),
    };
    const { ask } = serve({ 'library.timeline': () => list });
    expect(await ask('library.timeline')).toEqual({ ok: true, value: list });
  });
});

describe('an event', () => {
  test('is sent on its channel without what does not belong to it', () => {
    const send = vi.fn();
    const emit = eventSender(send, vi.fn());
    emit('search.requested', { text: 'a dog', secret: 1 } as never);
    expect(send).toHaveBeenCalledWith(eventChannel('search.requested'), { text: 'a dog' });
  });

  test('that breaks the contract is logged and not sent', () => {
    const [send, log] = [vi.fn(), vi.fn()];
    eventSender(send, log)('menu.command', 'format-disk' as never);
    expect(send).not.toHaveBeenCalled();
    expect(log).toHaveBeenCalledOnce();
  });
});

describe('the bridge', () => {
  const names = {
    requests: Object.keys(requests) as RequestName[],
    events: Object.keys(events) as EventName[],
  };

  function open() {
    const port = {
      invoke: vi.fn(() => Promise.resolve({ ok: true, value: [] })),
      on: vi.fn<RendererPort['on']>(),
      removeListener: vi.fn(),
    };
    return { port, bridge: createBridge(port, names, () => '/dropped.jpg') };
  }

  test('invokes a request of the contract', async () => {
    const { port, bridge } = open();
    expect(await bridge.invoke('search.recent')).toEqual({ ok: true, value: [] });
    expect(port.invoke).toHaveBeenCalledWith(requestChannel('search.recent'), undefined);
  });

  test.each(['app.quit', 'constructor', '__proto__', 'toString', '', 'SEARCH.RECENT'])(
    'refuses the request %j before it leaves the page',
    async (name) => {
      const { port, bridge } = open();
      expect(await bridge.invoke(name as never)).toMatchObject({ ok: false, error: { code: 'usage' } });
      expect(port.invoke).not.toHaveBeenCalled();
    },
  );

  test('hands a listener the payload alone, and takes it away again', () => {
    const { port, bridge } = open();
    const listener = vi.fn();
    const stop = bridge.on('models.changed', listener);
    const received = port.on.mock.calls[0]![1];
    received({ sender: 'the port itself' }, undefined);
    expect(listener).toHaveBeenCalledExactlyOnceWith(undefined);
    stop();
    expect(port.removeListener).toHaveBeenCalledWith(eventChannel('models.changed'), received);
  });

  test('refuses an unknown event', () => {
    const { port, bridge } = open();
    expect(() => bridge.on('anything' as never, () => undefined)).toThrow(TypeError);
    expect(port.on).not.toHaveBeenCalled();
  });
});
