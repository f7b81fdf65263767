import { describe, expect, it } from 'vitest';
import { earlyRequests } from '../../electron/shell/early-requests.ts';

type Listener = (event: string, argument: unknown) => Promise<unknown>;

function port() {
  const listeners = new Map<string, Listener>();
  return {
    handle: (channel: string, listener: Listener) => void listeners.set(channel, listener),
    ask: (channel: string, argument: unknown) => listeners.get(channel)!('sender', argument),
  };
}

describe('requests of the page', () => {
  it('that come before their handlers wait for them, and are answered in their order', async () => {
    const main = port();
    const early = earlyRequests<string>(main, ['a', 'b']);
    const answers: unknown[] = [];
    const first = main.ask('a', 1).then((answer) => answers.push(answer));
    const second = main.ask('b', 2).then((answer) => answers.push(answer));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answers).toEqual([]);
    for (const channel of ['b', 'a']) {
      early.handle(channel, async (event, argument) => `${channel} ${event} ${String(argument)}`);
    }
    early.open();
    await Promise.all([first, second]);
    expect(answers).toEqual(['a sender 1', 'b sender 2']);
    expect(await main.ask('b', 3)).toBe('b sender 3');
  });

  it('whose handler fails fail as it does', async () => {
    const main = port();
    const early = earlyRequests<string>(main, ['a']);
    const asked = main.ask('a', undefined);
    early.handle('a', () => Promise.reject(new Error('no')));
    early.open();
    await expect(asked).rejects.toThrow('no');
  });
});
