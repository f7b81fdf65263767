/** Requests while the process of the library is started again. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../fixtures/contract-bridge.ts';
import { openWindow, pass } from './renderer-state.ts';

const away = () => new Failure({ code: 'library-restarting', message: 'The library is being started again.' });
const ask = async () => {
  const { request } = await import('../../renderer/base/api.ts');
  const outcome: { answer?: unknown; error?: unknown } = {};
  void request('search.recent').then(
    (answer) => (outcome.answer = answer),
    (error: unknown) => (outcome.error = error),
  );
  await pass();
  return outcome;
};

describe('a request that finds the library away', () => {
  it('is asked once more when it is back', async () => {
    let gone = true;
    const bridge = openWindow({
      'search.recent': () => {
        if (gone) throw away();
        return ['dog'];
      },
    });
    const outcome = await ask();
    await pass(20_000);
    expect(outcome).toEqual({});
    gone = false;
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(outcome).toEqual({ answer: ['dog'] });
  });

  it('need not wait where it came back before the answer arrived', async () => {
    let gone = true;
    const bridge = openWindow({
      'search.recent': () => {
        if (!gone) return ['dog'];
        gone = false;
        bridge.emit('library.restarted', undefined);
        throw away();
      },
    });
    expect(await ask()).toEqual({ answer: ['dog'] });
  });

  it('fails after half a minute', async () => {
    openWindow({
      'search.recent': () => {
        throw away();
      },
    });
    const outcome = await ask();
    await pass(29_999);
    expect(outcome).toEqual({});
    await pass(1);
    expect(outcome.error).toMatchObject({ code: 'library-restarting' });
  });

  it.each(['library-restarting', 'library-interrupted'] as const)(
    'is not asked again where it has an effect (%s): the error is shown, and that the library is away',
    async (code) => {
      const bridge = openWindow({
        'training.start': () => {
          throw new Failure({ code, message: 'The library died.' });
        },
      });
      const { request } = await import('../../renderer/base/api.ts');
      const { libraryProcess } = await import('../../renderer/state/library-process.svelte.ts');
      libraryProcess.start();
      const settings = { datasets: ['/d'], recipe: 'default' as const, name: null, init: null, seed: 1 };
      const outcome = request('training.start', settings).catch((error: unknown) => error);
      await pass();
      expect(await outcome).toMatchObject({ code });
      expect(libraryProcess.away).toBe(code === 'library-interrupted');
      bridge.emit('library.restarted', undefined);
      await pass();
      expect(bridge.count('training.start')).toBe(1);
    },
  );

  it('is told in a quiet line, and that it is back for a while', async () => {
    const bridge = openWindow({
      'search.recent': () => {
        throw away();
      },
    });
    const { libraryProcess } = await import('../../renderer/state/library-process.svelte.ts');
    libraryProcess.start();
    await ask();
    expect([libraryProcess.away, libraryProcess.returned]).toEqual([true, false]);
    bridge.emit('library.restarted', undefined);
    expect([libraryProcess.away, libraryProcess.returned, libraryProcess.returns]).toEqual([false, true, 1]);
    await pass(8000);
    expect(libraryProcess.returned).toBe(false);
  });
});
