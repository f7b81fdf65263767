/** Threads that read folders are kept for the next folder: to start one costs more than to read a folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ReadingThreads } from '../../electron/services/library/folder-reader.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-threads-'));
writeFileSync(path.join(folder, 'a.jpg'), 'a');
afterAll(() => rmSync(folder, { recursive: true }));

const threads = () => new ReadingThreads(['.jpg']);

it('one that was given back reads the next folder', async () => {
  const lent = threads();
  const first = lent.take();
  await first.read(folder);
  lent.giveBack(first);
  const second = lent.take();
  expect(second).toBe(first);
  expect((await second.read(folder)).names).toEqual(['a.jpg']);
  second.close();
});

it('two callers at a time have one each, and one of both is kept', async () => {
  const lent = threads();
  const both = [lent.take(), lent.take()];
  expect(both[0]).not.toBe(both[1]);
  for (const thread of both) await thread.read(folder);
  for (const thread of both) lent.giveBack(thread);
  expect(both.map((thread) => thread.closed)).toEqual([false, true]);
  expect(lent.take()).toBe(both[0]);
  both[0]!.close();
});

it('one that was closed, before or after it was given back, is not lent again', async () => {
  const lent = threads();
  const first = lent.take();
  first.close();
  lent.giveBack(first);
  const second = lent.take();
  expect(second).not.toBe(first);
  lent.giveBack(second);
  second.close();
  const third = lent.take();
  expect((await third.read(folder)).names).toEqual(['a.jpg']);
  third.close();
});

it('a folder that cannot be read says so, and the thread reads others after it', async () => {
  const lent = threads();
  const thread = lent.take();
  await expect(thread.read(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await thread.read(folder)).names).toEqual(['a.jpg']);
  thread.close();
});
