import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NewestFirst } from '../../electron/services/library/newest-first.ts';

/** Work that ends when it is told to, and the order in which it was begun. */
function gated(atOnce: number) {
  const queue = new NewestFirst<number, string>(atOnce);
  const begun: number[] = [];
  const gates = new Map<number, PromiseWithResolvers<string>>();
  const ask = (key: number, signal?: AbortSignal) => {
    const answer = queue.run(
      key,
      () => {
        begun.push(key);
        const gate = Promise.withResolvers<string>();
        gates.set(key, gate);
        return gate.promise;
      },
      signal,
    );
    answer.catch(() => undefined);
    return answer;
  };
  const end = async (key: number) => {
    gates.get(key)!.resolve(`picture ${key}`);
    await sleep(0);
  };
  return { queue, begun, gates, ask, end };
}

describe('pictures that are asked for', () => {
  it('are made a few at a time, those of the last view first, in its order', async () => {
    const { begun, ask, end } = gated(2);
    for (const key of [1, 2, 3, 4]) void ask(key);
    await sleep(60);
    for (const key of [5, 6]) void ask(key);
    expect(begun).toEqual([1, 2]);
    await end(1);
    await end(2);
    expect(begun).toEqual([1, 2, 5, 6]);
    await sleep(60);
    void ask(4); // seen again
    for (const key of [5, 6, 4]) await end(key);
    expect(begun).toEqual([1, 2, 5, 6, 4, 3]);
  });

  it('are not made where nobody waits for them any more', async () => {
    const { queue, begun, ask, end } = gated(1);
    const gone = new AbortController();
    const first = ask(1);
    const scrolledPast = Array.from({ length: 1000 }, (_, i) => ask(10 + i, gone.signal));
    const shown = ask(2);
    gone.abort();
    const outcomes = await Promise.allSettled(scrolledPast);
    expect(outcomes.every((one) => one.status === 'rejected' && one.reason.code === 'cancelled')).toBe(true);
    await end(1);
    await end(2);
    expect([await first, await shown]).toEqual(['picture 1', 'picture 2']);
    expect(begun).toEqual([1, 2]);
    expect(queue.size).toBe(0);
    await expect(ask(3, gone.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(begun).toEqual([1, 2]);
  });

  it('are made once for all who wait, as long as one of them does', async () => {
    const { begun, ask, end } = gated(1);
    void ask(1);
    const gone = new AbortController();
    const both = [ask(2, gone.signal), ask(2)];
    gone.abort();
    await end(1);
    await end(2);
    await expect(both[0]).rejects.toMatchObject({ code: 'cancelled' });
    expect(await both[1]).toBe('picture 2');
    expect(begun).toEqual([1, 2]);
  });

  it('that fail fail for all, and are made anew when they are asked for again', async () => {
    const { queue, gates, ask, end } = gated(1);
    const answers = [ask(1), ask(1), ask(2)];
    gates.get(1)!.reject(new Error('broken'));
    for (const answer of answers.slice(0, 2)) await expect(answer).rejects.toThrow('broken');
    await end(2);
    expect(await answers[2]).toBe('picture 2');
    const again = ask(1);
    await end(1);
    expect(await again).toBe('picture 1');
    expect(queue.size).toBe(0);
  });
});
