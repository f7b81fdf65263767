import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pack } from '../../electron/ipc/picture-form.ts';
import { Previews } from '../../renderer/search/previews.ts';

describe('the previews of photos', () => {
  const asked: number[][] = [];
  let answer: (contents: number[]) => (Uint8Array | null)[];
  beforeEach(() => {
    asked.length = 0;
    answer = (contents) => contents.map((content) => Uint8Array.of(content % 256, 1, 2));
    const invoke = async (_name: string, { contents }: { contents: Int32Array }) => {
      asked.push([...contents]);
      await Promise.resolve();
      return { ok: true, value: pack(answer([...contents])) };
    };
    vi.stubGlobal('window', { descry: { invoke, on: () => () => undefined } });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('are asked for once, and told of', async () => {
    const onNew = vi.fn();
    const previews = new Previews(onNew);
    expect(previews.of(7)).toBeNull();
    await previews.fetch(Int32Array.of(7, 8));
    expect(previews.of(7)).toEqual(Uint8Array.of(7, 1, 2));
    expect(onNew).toHaveBeenCalledTimes(1);
    await previews.fetch(Int32Array.of(7, 8, 9));
    expect(asked).toEqual([[7, 8], [9]]);
  });

  it('that do not exist yet are asked for again only when the list has changed', async () => {
    answer = (contents) => contents.map(() => null);
    const previews = new Previews(() => undefined);
    await previews.fetch(Int32Array.of(7));
    await previews.fetch(Int32Array.of(7));
    expect(asked).toEqual([[7]]);
    previews.forgetMissing();
    await previews.fetch(Int32Array.of(7));
    expect(asked).toEqual([[7], [7]]);
  });

  it('are asked for in one request at a time, of which the last one wanted follows', async () => {
    const previews = new Previews(() => undefined);
    const first = previews.fetch(Int32Array.of(1));
    void previews.fetch(Int32Array.of(2));
    void previews.fetch(Int32Array.of(3));
    await first;
    expect(asked).toEqual([[1], [3]]);
  });

  it('are kept of a limited number of photos: the first ones go', async () => {
    const previews = new Previews(() => undefined);
    for (let from = 1; from < 40_000; from += 4000) {
      await previews.fetch(Int32Array.from({ length: 4000 }, (_, i) => from + i));
    }
    expect(previews.of(1)).toBeNull();
    expect(previews.of(39_999)).toEqual(Uint8Array.of(39_999 % 256, 1, 2));
    await previews.fetch(Int32Array.of(1));
    expect(previews.of(1)).toEqual(Uint8Array.of(1, 1, 2));
  });
});
