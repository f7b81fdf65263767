/** A search of more than words: parts that are taken back or set by hand, photos like others, order, saved searches. */
import { describe, expect, it } from 'vitest';
import type { Ranking, SavedSearch, SearchForm, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { Failure, type Answers } from '../fixtures/contract-bridge.ts';
import { deferred, openWindow, pass, photos } from './renderer-state.ts';

const paris = { id: 2988507, name: 'Paris', region: 'Île-de-France', country: 'FR' };
const inParis: UnderstoodPart = { aspect: 'where', at: null, filter: { place: paris }, not: null, without: null };

/** Understands “in Paris” and nothing else, and that only where it was not taken back. */
function answer({ text, filter, literal, order }: SearchForm, more: Partial<Ranking> = {}): Ranking {
  const start = text.indexOf('in Paris');
  const parts: UnderstoodPart[] = [];
  if (filter.place) parts.push({ ...inParis, filter: { place: filter.place } });
  else if (start !== -1 && !literal.includes('in Paris')) parts.push({ ...inParis, at: [start, start + 8] });
  if (filter.camera) parts.push({ ...inParis, aspect: 'camera', filter: { camera: filter.camera } });
  return {
    ...photos(10),
    query: text,
    model: 'default',
    understood: { description: text, filter, not: [], parts },
    order,
    unknownWords: [],
    hardlyKnownWords: [],
    tookMs: 3,
    ranked: 10,
    goodMatches: 4,
    sure: true,
    scores: new Float32Array(10),
    relevance: new Float32Array(10).fill(0.5),
    ...more,
  };
}
const open = async (answers: Answers = {}) => {
  const bridge = openWindow({ 'search.query': (form) => answer(form), ...answers });
  const { search } = await import('../../renderer/state/search.svelte.ts');
  await search.start();
  const last = () => bridge.asked.filter(({ name }) => name === 'search.query').at(-1)?.argument as SearchForm;
  return { bridge, search, last };
};

describe('a part of the sentence', () => {
  it('that is taken back is a description, until the sentence has its words no more', async () => {
    const { search, last } = await open();
    search.searchNow(' a dog in Paris');
    await pass();
    expect(search.parts).toHaveLength(1);
    search.takeBack(search.parts[0]!);
    expect(search.parts, 'at once').toEqual([]);
    await pass();
    expect(last()).toMatchObject({ text: 'a dog in Paris', literal: ['in Paris'], filter: {} });
    expect(search.parts).toEqual([]);
    search.type('a dog');
    await pass(200);
    expect(last().literal).toEqual([]);
    search.type('a dog in Paris');
    await pass(200);
    expect(search.parts).toHaveLength(1);
  });

  it('loses its words where its aspect is set by hand', async () => {
    const { search, last } = await open();
    search.searchNow('a dog in Paris, asleep');
    await pass();
    search.setLimit('where', { country: 'FR' });
    expect(search.text).toBe('a dog, asleep');
    expect(search.limits).toEqual({ country: 'FR' });
    await pass();
    expect(last()).toMatchObject({ text: 'a dog, asleep', filter: { country: 'FR' }, literal: [] });
  });

  it('has its words found again where more was typed meanwhile', async () => {
    const { search } = await open();
    search.searchNow('in Paris');
    await pass();
    search.type('two dogs in Paris');
    expect(search.wordsOf(search.parts[0]!)).toEqual([9, 17]);
    search.setLimit('where', {});
    expect(search.text).toBe('two dogs');
  });

  it('is not brought back by an answer to an earlier question', async () => {
    const late = deferred<null>();
    const { search } = await open({
      'search.query': async (form) => {
        if (form.text === 'a dog in Paris' && form.literal.length === 0) await late.promise;
        return answer(form);
      },
    });
    search.searchNow('in Paris');
    await pass();
    const [part] = search.parts;
    search.type('a dog in Paris');
    await pass(200);
    search.takeBack(part!);
    late.resolve(null);
    await pass();
    expect(search.parts).toEqual([]);
  });
});

describe('what is set by hand', () => {
  it('is a search without a sentence, and all photos are shown once it is taken back', async () => {
    const { bridge, search, last } = await open({ 'library.timeline': () => photos(7) });
    search.setLimit('camera', { camera: 'Nikon' });
    await pass();
    expect(last()).toMatchObject({ text: '', filter: { camera: 'Nikon' } });
    expect(search.empty).toBe(false);
    search.takeBack(search.parts[0]!);
    await pass();
    expect([search.ranking, search.photos?.ids.length, search.empty]).toEqual([null, 7, true]);
    expect(bridge.count('search.query')).toBe(1);
  });

  it('stays to be taken back where the search fails', async () => {
    const { search } = await open({
      'search.query': () => {
        throw new Failure({ code: 'query-unknown', message: 'No word is known.' });
      },
    });
    search.setLimit('camera', { camera: 'Nikon' });
    search.searchNow('flurb');
    await pass();
    expect(search.parts.map(({ aspect }) => aspect)).toEqual(['camera']);
  });

  it('asks once for what a slider sends in one go', async () => {
    const { bridge, search } = await open();
    for (let day = 10; day < 20; day++) search.setLimit('when', { from: `2014-01-${day}` }, true);
    await pass(200);
    expect(bridge.count('search.query')).toBe(1);
  });
});

describe('photos like others', () => {
  it('are a new search; more of them, words and an order can follow', async () => {
    const { search, last } = await open();
    search.searchNow('a dog');
    search.setLimit('camera', { camera: 'Nikon' });
    await pass();
    search.like([1001]);
    await pass();
    expect(last()).toMatchObject({ text: '', filter: {}, like: [{ content: 1001 }] });
    search.addExamples([
      { example: { content: 1001 }, picture: null },
      { example: { picture: 1 }, picture: null },
    ]);
    search.type('snow');
    search.setOrder('date');
    await pass(200);
    expect(last()).toMatchObject({ text: 'snow', like: [{ content: 1001 }, { picture: 1 }], order: 'date' });
    search.takeBackExample(search.examples[0]!, 'like photo 1');
    await pass();
    expect(last().like).toEqual([{ picture: 1 }]);
  });

  it('are as many as a search takes', async () => {
    const { search, last } = await open();
    search.like(Array.from({ length: 25 }, (_, i) => i + 1));
    await pass();
    expect(last().like).toHaveLength(20);
  });
});

describe('words that are not known', () => {
  it('are all corrected at once', async () => {
    const { search, last } = await open({
      'search.query': (form) =>
        answer(form, {
          unknownWords: [
            { word: 'dgo', suggestion: 'dog' },
            { word: 'flurb', suggestion: null },
            { word: 'teh', suggestion: 'the' },
          ],
        }),
    });
    search.searchNow('Dgo on teh flurb');
    await pass();
    expect(search.corrected).toBe('dog on the flurb');
    search.acceptAll();
    await pass();
    expect(last().text).toBe('dog on the flurb');
  });

  it('are told from parts that leave no photo', async () => {
    let without: number | null = null;
    const none = { ids: new Int32Array(), goodMatches: 0, ranked: 0, sure: false };
    const { search } = await open({
      'search.query': (form) => {
        const found = answer(form, { ...photos(0), ...none, unknownWords: [{ word: 'flurb', suggestion: null }] });
        const parts = found.understood.parts.map((part) => ({ ...part, without }));
        return { ...found, understood: { ...found.understood, parts } };
      },
    });
    search.searchNow('flurb in Paris');
    await pass();
    expect([search.nothingKnown, search.nothingLeft]).toEqual([true, false]);
    without = 312;
    search.searchNow('flurbs in Paris');
    await pass();
    expect([search.nothingKnown, search.nothingLeft]).toEqual([false, true]);
  });
});

describe('saved searches', () => {
  it('ask as they were saved, again each time, and are known for what they are', async () => {
    const form: SearchForm = {
      text: 'a dog in Paris',
      filter: { camera: 'Nikon' },
      literal: ['in Paris'],
      like: [{ content: 4 }],
      order: 'date',
    };
    let list: SavedSearch[] = [];
    const { bridge, search, last } = await open({
      'search.saved': () => list,
      'search.save': ({ name, search }) => {
        list = [{ id: 1, name, search }];
        return list[0]!;
      },
    });
    const { savedSearches } = await import('../../renderer/state/saved-searches.svelte.ts');
    await savedSearches.start();
    expect(await savedSearches.save('Dogs', form)).toBe(true);
    search.run(savedSearches.list[0]!.search);
    await pass();
    expect(last()).toMatchObject(form);
    expect(savedSearches.find(search.form)?.name).toBe('Dogs');
    search.run(savedSearches.list[0]!.search);
    await pass();
    expect(bridge.count('search.query')).toBe(2);
    search.setOrder('relevance');
    expect(savedSearches.find(search.form)).toBeUndefined();
  });
});
