import { expect, it } from 'vitest';
import { Retryable } from '../../models/retryable.ts';

it('is computed once for all callers', async () => {
  let made = 0;
  const value = new Retryable(async () => ++made);
  expect(value.current).toBeUndefined();
  expect(await Promise.all([value.get(), value.get()])).toEqual([1, 1]);
  expect([await value.get(), await value.current]).toEqual([1, 1]);
  value.reset();
  expect(await value.get()).toBe(2);
});

it('is computed again after a failure, which all waiting callers get', async () => {
  let tries = 0;
  const value = new Retryable(async () => {
    if (++tries === 1) throw new Error('no network');
    return tries;
  });
  const both = await Promise.allSettled([value.get(), value.get()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await value.get()).toBe(2);
});

it('a failure of a value that was replaced meanwhile leaves the new one', async () => {
  const outcomes: ((ok: boolean) => void)[] = [];
  const value = new Retryable(
    () =>
      new Promise<number>((resolve, reject) => outcomes.push((ok) => (ok ? resolve(1) : reject(new Error('late'))))),
  );
  const first = value.get();
  value.reset();
  const second = value.get();
  outcomes[0]!(false);
  await expect(first).rejects.toThrow('late');
  outcomes[1]!(true);
  expect(await second).toBe(1);
  expect(value.current).toBe(second);
});
