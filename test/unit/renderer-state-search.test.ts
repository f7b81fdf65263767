import { describe, expect, it } from 'vitest';
import type { Ranking } from '../../electron/ipc/contract.ts';
import { Failure } from '../fixtures/contract-bridge.ts';
import { deferred, openWindow, pass, photos } from './renderer-state.ts';

const ranking = (query: string, more: Partial<Ranking> = {}): Ranking => ({
  ...photos(10),
  query,
  model: 'default',
  understood: { description: query, filter: {}, not: [], parts: [] },
  order: 'relevance',
  unknownWords: [],
  hardlyKnownWords: [],
  tookMs: 3,
  ranked: 10,
  goodMatches: 4,
  sure: true,
  scores: new Float32Array(10),
  relevance: new Float32Array(10).fill(0.5),
  ...more,
});
const start = async () => {
  const { search } = await import('../../renderer/state/search.svelte.ts');
  await search.start();
  return search;
};
const away = () => new Failure({ code: 'library-restarting', message: 'The library is being started again.' });

describe('typing', () => {
  it('asks once for what is typed in one go, and shows good matches only', async () => {
    const bridge = openWindow({ 'search.query': ({ text }) => ranking(text) });
    const search = await start();
    for (const text of ['d', 'do', 'dog']) search.type(text);
    expect(search.pending).toBe(true);
    await pass(200);
    expect(bridge.count('search.query')).toBe(1);
    expect(search.ranking?.query).toBe('dog');
    expect([search.pending, search.divided, search.shown]).toEqual([false, true, 4]);
    search.expanded = true;
    expect(search.shown).toBe(10);
  });

  it('asks for the rest of a long answer when nothing was typed for a moment, and shows it where it is', async () => {
    const asked: (readonly [text: string, limit: number, first: boolean])[] = [];
    openWindow({
      'search.query': ({ text, limit, first }) => {
        asked.push([text, limit, first === true]);
        return ranking(text, { ...photos(Math.min(limit, 1500)), ranked: 1500 });
      },
    });
    const search = await start();
    search.type('do');
    await pass(200);
    expect(search.ranking?.ids).toHaveLength(1000);
    search.type('dog');
    await pass(1000);
    expect(search.ranking?.query).toBe('dog');
    expect(search.ranking?.ids).toHaveLength(1500);
    expect(search.pending).toBe(false);
    await pass(1000);
    expect(asked).toEqual([
      ['do', 1000, true],
      ['dog', 1000, true],
      ['dog', 10_000, false],
    ]);
  });

  it('shows no older answer after a newer one', async () => {
    const answers = new Map([
      ['do', deferred<Ranking>()],
      ['dog', deferred<Ranking>()],
    ]);
    openWindow({ 'search.query': ({ text }) => answers.get(text)!.promise });
    const search = await start();
    search.searchNow('do');
    search.searchNow('dog');
    answers.get('dog')!.resolve(ranking('dog'));
    await pass();
    answers.get('do')!.resolve(ranking('do'));
    await pass();
    expect(search.ranking?.query).toBe('dog');
    expect(search.pending).toBe(false);
  });

  it('shows an older answer while the newer one is awaited', async () => {
    const answers = new Map([
      ['do', deferred<Ranking>()],
      ['dog', deferred<Ranking>()],
    ]);
    openWindow({ 'search.query': ({ text }) => answers.get(text)!.promise });
    const search = await start();
    search.searchNow('do');
    search.searchNow('dog');
    answers.get('do')!.resolve(ranking('do'));
    await pass();
    expect(search.ranking?.query).toBe('do');
    expect(search.pending).toBe(true);
  });

  it('an emptied field shows all photos, whatever is still on its way', async () => {
    const answer = deferred<Ranking>();
    openWindow({ 'search.query': () => answer.promise, 'library.timeline': () => photos(7) });
    const search = await start();
    search.searchNow('dog');
    search.type('');
    answer.resolve(ranking('dog'));
    await pass();
    expect(search.ranking).toBeNull();
    expect(search.photos?.ids.length).toBe(7);
  });
});

describe('remembering', () => {
  it('a sentence that stayed for a while, and none that was passed on the way', async () => {
    const bridge = openWindow({ 'search.query': ({ text }) => ranking(text) });
    const search = await start();
    search.type('dog');
    await pass(1000);
    search.type('dogs on a beach');
    await pass(1000);
    expect(bridge.count('search.remember')).toBe(0);
    await pass(4000);
    expect(bridge.asked.filter(({ name }) => name === 'search.remember')).toEqual([
      { name: 'search.remember', argument: { text: 'dogs on a beach' } },
    ]);
  });
});

describe('a failure', () => {
  it('takes the place of the photos until the search is tried again', async () => {
    let broken = true;
    openWindow({
      'library.timeline': () => photos(3),
      'search.query': ({ text }) => {
        if (broken) throw new Failure({ code: 'internal', message: 'It did not work.' });
        return ranking(text);
      },
    });
    const search = await start();
    search.searchNow('dog');
    await pass();
    expect(search.error?.message).toBe('It did not work.');
    expect(search.photos).toBeNull();
    broken = false;
    search.retry();
    await pass();
    expect(search.error).toBeNull();
    expect(search.ranking?.query).toBe('dog');
  });
});

describe('new photos', () => {
  it('refresh what is shown, at most once in two seconds, and keep the place in the grid', async () => {
    const bridge = openWindow({ 'search.query': ({ text }) => ranking(text) });
    const search = await start();
    search.searchNow('dog');
    await pass();
    search.expanded = true;
    search.active = 7;
    for (let i = 0; i < 5; i++) bridge.emit('library.changed', { photosChanged: true });
    await pass(1999);
    expect(bridge.count('search.query')).toBe(1);
    await pass(1);
    expect(bridge.count('search.query')).toBe(2);
    expect([search.expanded, search.active]).toEqual([true, 7]);
  });
});

describe('another model', () => {
  it('answers the present search at once, and until then what is shown is marked', async () => {
    const answers = [ranking('dog'), deferred<Ranking>()] as const;
    const bridge = openWindow({
      'search.query': () => (bridge.count('search.query') === 1 ? answers[0] : answers[1].promise),
    });
    const search = await start();
    search.searchNow('dog');
    await pass();
    search.active = 3;
    expect(search.renewing).toBe(false);
    bridge.emit('models.changed', undefined);
    expect(bridge.count('search.query')).toBe(2);
    expect(search.renewing).toBe(true);
    answers[1].resolve(ranking('dog', { model: 'other' }));
    await pass();
    expect([search.ranking?.model, search.renewing, search.active]).toEqual(['other', false, 3]);
  });

  it('answers in place of the one before also where its answer is still awaited', async () => {
    const answers = [deferred<Ranking>(), deferred<Ranking>()] as const;
    const bridge = openWindow({ 'search.query': () => answers[bridge.count('search.query') - 1]!.promise });
    const search = await start();
    search.searchNow('dog');
    bridge.emit('models.changed', undefined);
    answers[1].resolve(ranking('dog', { model: 'other' }));
    await pass();
    answers[0].resolve(ranking('dog'));
    await pass();
    expect([search.ranking?.model, search.pending, search.renewing]).toEqual(['other', false, false]);
  });
});

describe('the timeline', () => {
  it('is stale from a change until it was asked for after it', async () => {
    let answer = deferred<ReturnType<typeof photos>>();
    const bridge = openWindow({ 'library.timeline': () => answer.promise });
    const starting = start();
    await pass();
    answer.resolve(photos(0));
    const search = await starting;
    expect(search.timelineStale).toBe(false);
    answer = deferred();
    bridge.emit('library.restarted', undefined);
    await pass();
    bridge.emit('library.changed', { photosChanged: true });
    answer.resolve(photos(0));
    await pass();
    expect(search.timelineStale, 'the answer is older than the change').toBe(true);
    answer = deferred();
    answer.resolve(photos(3));
    await pass(2000);
    expect([search.timelineStale, search.photos?.ids.length]).toEqual([false, 3]);
  });
});

describe('while the library is started again', () => {
  it('a query waits and is asked again, without an error', async () => {
    let gone = true;
    const bridge = openWindow({
      'search.query': ({ text }) => {
        if (gone) throw away();
        return ranking(text);
      },
    });
    const search = await start();
    search.searchNow('dog');
    await pass(5000);
    expect([search.error, search.pending]).toEqual([null, true]);
    gone = false;
    bridge.emit('library.restarted', undefined);
    await pass();
    expect(search.ranking?.query).toBe('dog');
    expect([search.error, search.pending]).toEqual([null, false]);
    expect(bridge.count('search.query')).toBe(2);
  });

  it('a query that ends the process each time is asked twice, then its error is shown', async () => {
    const bridge = openWindow({
      'search.query': () => {
        throw away();
      },
    });
    const search = await start();
    search.searchNow('dog');
    for (let i = 0; i < 5; i++) {
      await pass(100);
      bridge.emit('library.restarted', undefined);
    }
    await pass(40_000);
    expect(bridge.count('search.query')).toBe(2);
    expect(search.error?.code).toBe('library-restarting');
  });

  it('what is shown is asked for anew', async () => {
    const bridge = openWindow({ 'search.query': ({ text }) => ranking(text) });
    const search = await start();
    search.searchNow('dog');
    await pass();
    bridge.emit('library.restarted', undefined);
    await pass();
    expect([bridge.count('search.query'), bridge.count('library.timeline')]).toEqual([2, 2]);
  });
});
