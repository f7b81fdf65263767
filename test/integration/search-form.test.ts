/** Searches with all their parts: filters, what must not be seen, photos that others should be like, orders, counts. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchForm, type SearchForm, type Understood } from '../../electron/ipc/contract.ts';
import { outOfAll, outOfDescribed } from '../../electron/services/search/negation.ts';
import { DescryError } from '../../models/errors.ts';
import { encodeModel } from '../../models/two-branch/model-file.ts';
import { indexFiles, scratch, tinyLibrary, tinyModel, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let base: string;
let remove: () => void;

/** Understands "all my photos", and "in YEAR" and "not WORD" at the end of a sentence. */
function understand(sentence: string): Understood {
  const parts: Understood['parts'] = [];
  if (sentence === 'all my photos') return { description: '', filter: {}, not: [], parts };
  let description = sentence;
  const not = /\s*\bnot (\w+)$/.exec(description);
  if (not) {
    parts.push({ aspect: 'not', at: [not.index, sentence.length], filter: {}, not: not[1]!, without: null });
    description = description.slice(0, not.index);
  }
  const year = /\s*\bin (\d{4})$/.exec(description);
  if (year) {
    const filter = { from: `${year[1]}-01-01`, to: `${year[1]}-12-31` };
    parts.unshift({ aspect: 'when', at: [year.index, description.length], filter, not: null, without: null });
    description = description.slice(0, year.index);
  }
  return {
    description: description.trim(),
    filter: year ? parts[0]!.filter : {},
    not: not ? [not[1]!] : [],
    parts,
  };
}

const years = ['2011', '2012', '2013'];
const files = Object.fromEntries(
  years.flatMap((year, y) =>
    Array.from({ length: 40 + y }, (_, i) => {
      const day = `${year}${String(1 + (i % 12)).padStart(2, '0')}${String(10 + (i % 9)).padStart(2, '0')}`;
      return [`${year}/IMG_${day}_1015${String(i).padStart(2, '0')}.jpg`, `photo ${year} ${i}`];
    }),
  ),
);
const total = 40 + 41 + 42;

beforeAll(async () => {
  ({ folder: base, remove } = scratch('search-form'));
  const builtInModel = path.join(base, 'calibrated.safetensors');
  const model = await tinyModel();
  // Relevance grows with the score; the photos are spread over all of it.
  const calibration = { bias: -2, score: 14, expected: 0, surprise: 0, scoreBySurprise: 0, largestLibrary: 1000 };
  writeFileSync(builtInModel, encodeModel({ ...model, metadata: { ...model.metadata, calibration } }));
  tiny = await tinyLibrary(base, { builtInModel, understanding: { understand } });
  await indexFiles(tiny, files);
});
afterAll(async () => {
  await tiny.descry.close();
  remove();
});

const query = (form: Partial<SearchForm> & { text: string }, limit = 1000) =>
  tiny.descry.search.queryOrUnknownWords(searchForm.parse(form), { limit });
const nameOf = (id: number) => path.basename(tiny.descry.store.photos.get(id)!.path);
const idOf = (name: string) => tiny.descry.store.photos.byPath(path.join(tiny.photos, name))!.id;
const contentOf = (photo: number) => tiny.descry.store.photos.get(photo)!.content!;
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const byName = (a: string, b: string) => (a < b ? 1 : -1);

/** Of all photos: the inner product with a sentence. */
async function scoresOf(sentence: string): Promise<Map<number, number>> {
  const { store, models } = tiny.descry;
  const model = await models.current();
  const query = await model.embedSentences([sentence]);
  const ids = Object.keys(files).map(idOf);
  return new Map(ids.map((id) => [id, dot(store.contents.embedding(contentOf(id), model.id)!, query)]));
}
async function relevanceOf(sentence: string): Promise<Map<number, number>> {
  const scores = await scoresOf(sentence);
  const { judge } = await tiny.descry.models.current();
  const { relevance } = judge!(sentence, Float32Array.from(scores.values()), scores.size);
  return new Map([...scores.keys()].map((id, i) => [id, relevance[i]!]));
}

describe('filters', () => {
  it('of a sentence leave its photos, ranked by the description', async () => {
    const all = await query({ text: 'a dog' });
    const some = await query({ text: 'a dog in 2012' });
    expect(some.ranked).toBe(41);
    expect([...some.ids]).toEqual([...all.ids].filter((id) => nameOf(id).includes('_2012')));
    expect(some.understood).toMatchObject({ description: 'a dog', filter: { from: '2012-01-01', to: '2012-12-31' } });
    expect(some.understood.parts).toMatchObject([{ aspect: 'when', at: [5, 13], without: null }]);
    expect(some.days.every((day) => Math.floor(day / 10_000) === 2012)).toBe(true);
    expect(some.order).toBe('relevance');
  });

  it('alone list their photos newest first, without scores', async () => {
    const { ids, ...rest } = await query({ text: 'in 2012' });
    expect([...ids].map(nameOf)).toEqual(
      Object.keys(files)
        .filter((name) => name.startsWith('2012'))
        .map((name) => path.basename(name))
        .sort(byName),
    );
    expect(rest).toMatchObject({ order: 'date', ranked: 41, goodMatches: 41, sure: true, scores: new Float32Array() });
    expect(rest.relevance).toHaveLength(0);
    expect((await query({ text: 'in 2012' }, 5)).ids).toEqual(ids.slice(0, 5));
    const whole = await tiny.descry.search.queryOrUnknownWords('in 2012', { limit: 5, listLimit: Infinity });
    expect(whole.ids).toEqual(ids);
  });

  it('of a first answer leave all good matches, however few photos are asked for, and it begins as the whole one does', async () => {
    const whole = await query({ text: 'a dog' }, 1000);
    expect(whole.goodMatches).toBeGreaterThan(2);
    for (const limit of [1, whole.goodMatches - 1, whole.goodMatches, whole.goodMatches + 1]) {
      const first = await tiny.descry.search.queryOrUnknownWords('a dog', { limit, allGood: true });
      const { goodMatches, ranked } = whole;
      expect(first).toMatchObject({ goodMatches, ranked, ids: whole.ids.slice(0, Math.max(limit, goodMatches)) });
    }
    const list = await tiny.descry.search.queryOrUnknownWords('in 2012', { limit: 5, allGood: true });
    expect([list.ids.length, list.ranked]).toEqual([5, 41]);
  });

  it('by hand replace those of the sentence, and work with none', async () => {
    const { ranked, understood } = await query({
      text: 'a dog in 2012',
      filter: { months: [1, 2], from: '2013-01-01' },
    });
    expect(ranked).toBe(8);
    expect(understood.parts).toEqual([
      { aspect: 'when', at: null, filter: { months: [1, 2], from: '2013-01-01' }, not: null, without: null },
    ]);
    const { ids } = await query({ text: '', filter: { folder: path.join(tiny.photos, '2011') } });
    expect(ids).toHaveLength(40);
    await expect(query({ text: '' })).rejects.toMatchObject({ code: 'query-empty' });
  });

  it('of a sentence that names only the photos are none: it lists all, and a blank one is refused', async () => {
    const all = await query({ text: 'all my photos' });
    expect(all).toMatchObject({ ranked: total, order: 'date', unknownWords: [], understood: { description: '' } });
    expect(all.ids).toHaveLength(total);
    for (const text of ['', '  ']) await expect(query({ text })).rejects.toMatchObject({ code: 'query-empty' });
    await expect(tiny.descry.search.query('all my photos', { limit: 1 })).resolves.toMatchObject({ ranked: total });
  });

  it('beside words that say nothing about a photo are searched by, and the words are named', async () => {
    expect(await query({ text: 'me in 2012' })).toMatchObject({
      ...{ ranked: 41, order: 'date' },
      unknownWords: [{ word: 'me', suggestion: null }],
    });
    await expect(query({ text: 'me' })).rejects.toMatchObject({ code: 'query-unknown' });
    expect(await query({ text: 'graass in 2012' })).toMatchObject({
      ...{ ranked: 0, ids: new Int32Array() },
      unknownWords: [{ word: 'graass', suggestion: 'grass' }],
    });
  });

  it('that leave nothing say what would be left without each part', async () => {
    const { ranked, ids, understood, sure } = await query({
      text: 'a dog in 2012 not cat',
      filter: { favourite: true },
    });
    expect({ ranked, ids, sure }).toEqual({ ranked: 0, ids: new Int32Array(), sure: false });
    expect(understood.parts.map(({ aspect, without }) => [aspect, without])).toEqual([
      ['when', 0],
      ['not', 0],
      ['favourite', (await query({ text: 'a dog in 2012 not cat' })).ranked],
    ]);
  });

  it('follow favourites, of copies too, and removed photos', async () => {
    const [first, second] = ['2013/IMG_20130110_101500.jpg', '2011/IMG_20110110_101500.jpg'].map(idOf);
    const favourites = async () => [...(await query({ text: '', filter: { favourite: true } })).ids];
    const set = (ids: number[], favourite: boolean) => {
      tiny.descry.store.favourites.set(ids, favourite);
      tiny.descry.search.changed(ids);
    };
    set([second!, first!], true);
    expect(await favourites()).toEqual([first, second]);
    const marked = await query({ text: 'a dog' });
    expect([...marked.ids].filter((_, i) => marked.favourites[i] === 1).sort()).toEqual([first, second].sort());
    set([first!, second!], false);
    expect(await favourites()).toEqual([]);
  });
});

describe('what must not be seen', () => {
  it('is out, and what may show it is pushed down, by calibrated relevance', async () => {
    const [dog, cat] = [await scoresOf('dog'), await scoresOf('cat')];
    const shown = await relevanceOf('cat');
    const { judge } = await tiny.descry.models.current();
    const left = [...dog.keys()].filter((id) => shown.get(id)! < outOfDescribed);
    expect(left.length).toBeGreaterThan(10);
    expect(left.length).toBeLessThan(total - 10);
    const scores = Float32Array.from(left, (id) => dog.get(id)!);
    const negated = [{ sentence: 'cat', scores: Float32Array.from(left, (id) => cat.get(id)!) }];
    const { relevance } = judge!('dog', scores, total, negated);
    const order = left.map((_, i) => i).sort((a, b) => relevance[b]! - relevance[a]!);
    const answer = await query({ text: 'dog not cat' });
    expect([...answer.ids]).toEqual(order.map((i) => left[i]));
    answer.relevance.forEach((value, i) => expect(value).toBeCloseTo(relevance[order[i]!]!, 4));
    expect(answer.ranked).toBe(left.length);
    // a short page is the start of the long one
    expect((await query({ text: 'dog not cat' }, 3)).ids).toEqual(answer.ids.slice(0, 3));
    expect(answer.ids).not.toEqual((await query({ text: 'dog' })).ids.filter((id) => left.includes(id)));
  });

  it('alone leaves all other photos, newest first', async () => {
    const shown = await relevanceOf('dog');
    const expected = [...shown].filter(([, relevance]) => relevance < outOfAll).map(([id]) => nameOf(id));
    expect(expected.length).toBeGreaterThan(5);
    const { ids, order, ranked, understood } = await query({ text: 'not dog' });
    expect([...ids].map(nameOf)).toEqual(expected.sort(byName));
    expect({ order, ranked }).toEqual({ order: 'date', ranked: expected.length });
    expect(understood).toMatchObject({ description: '', not: ['dog'] });
  });

  it('and is a time or a place leaves out the photos of it, with a description and without', async () => {
    const all = await query({ text: 'a dog' });
    const rest = await query({ text: 'a dog', not: ['in 2012'] });
    expect([...rest.ids]).toEqual([...all.ids].filter((id) => !nameOf(id).includes('_2012')));
    expect(rest).toMatchObject({ ranked: 82, unknownWords: [], understood: { not: ['in 2012'] } });
    expect(await query({ text: '', not: ['in 2012', 'in 2011'] })).toMatchObject({ ranked: 42, order: 'date' });
    const emptied = await query({ text: 'in 2012', not: ['in 2012'] });
    expect(emptied.understood.parts.map(({ aspect, without }) => [aspect, without])).toEqual([
      ['when', 82],
      ['not', 41],
    ]);
  });

  it('in unknown words is named, and filters nothing', async () => {
    const answer = await query({ text: 'dog not graass' });
    expect(answer.unknownWords).toEqual([{ word: 'graass', suggestion: 'grass' }]);
    expect(answer.ranked).toBe(total);
    expect(await query({ text: 'not graass' })).toMatchObject({ ids: new Int32Array(), ranked: 0, sure: false });
  });
});

describe('photos like others', () => {
  it('are the nearest, the example first, and the same by its file as by its content', async () => {
    const name = '2012/IMG_20120110_101500.jpg';
    const example = contentOf(idOf(name));
    const answer = await query({ text: '', like: [{ content: example }] });
    expect(answer.contents[0]).toBe(example);
    expect(answer).toMatchObject({
      ranked: total,
      goodMatches: total,
      relevance: new Float32Array(),
      order: 'relevance',
    });
    const { store, models } = tiny.descry;
    const model = await models.current();
    const embeddings = new Map(
      Object.keys(files).map((file) => [idOf(file), store.contents.embedding(contentOf(idOf(file)), model.id)!]),
    );
    const mean = new Float32Array(model.dimensions).map(
      (_, i) => [...embeddings.values()].reduce((sum, row) => sum + row[i]!, 0) / total,
    );
    const query_ = embeddings.get(idOf(name))!.map((value, i) => value - mean[i]!);
    const expected = [...embeddings].sort((a, b) => dot(b[1], query_) - dot(a[1], query_)).map(([id]) => id);
    expect([...answer.ids]).toEqual([idOf(name), ...expected.filter((id) => id !== idOf(name))]);
    const picture = await tiny.descry.search.addPicture({ path: path.join(tiny.photos, name) });
    const pasted = await tiny.descry.search.addPicture({ bytes: Buffer.from(files[name]!) });
    const same = await query({ text: '', like: [{ picture }] });
    expect([...same.ids].slice(0, 20)).toEqual(expected.slice(0, 20));
    expect(pasted, 'the same picture is one example').toBe(picture);
  });

  it('go with words, minus words, filters and several examples', async () => {
    const like = ['2011/IMG_20110110_101500.jpg', '2012/IMG_20120110_101500.jpg'].map((name) => ({
      content: contentOf(idOf(name)),
    }));
    const plain = await query({ text: '', like });
    expect([...plain.contents].slice(0, 2)).toEqual(like.map(({ content }) => content));
    const worded = await query({ text: 'dog', like });
    expect([...worded.ids]).not.toEqual([...plain.ids]);
    const dog = await scoresOf('dog');
    const meanOfFirst = (ids: Int32Array) => ids.slice(0, 30).reduce((sum, id) => sum + dog.get(id)!, 0) / 30;
    expect(meanOfFirst(worded.ids)).toBeGreaterThan(meanOfFirst(plain.ids));
    const without = await query({ text: 'not dog', like });
    expect(meanOfFirst(without.ids)).toBeLessThan(meanOfFirst(plain.ids));
    const shown = await relevanceOf('dog');
    expect([...without.ids].filter((id) => shown.get(id)! >= outOfDescribed)).toEqual([]);
    const filtered = await query({ text: 'in 2013', like });
    expect([...filtered.ids].filter((id) => !nameOf(id).includes('_2013'))).toEqual([]);
    expect(filtered.ranked).toBe(42);
  });

  it('that are gone, or cannot be opened, are refused in words', async () => {
    for (const like of [[{ content: 99_999 }], [{ picture: 99_999 }]]) {
      await expect(query({ text: '', like })).rejects.toMatchObject({ code: 'example-gone' });
    }
    const broken = path.join(base, 'broken.jpg');
    writeFileSync(broken, 'broken');
    await expect(tiny.descry.search.addPicture({ path: broken })).rejects.toThrow(
      new DescryError('photo-unreadable', 'broken.jpg cannot be searched with: It is broken.'),
    );
    await expect(tiny.descry.search.addPicture({ bytes: Buffer.from('broken') })).rejects.toMatchObject({
      message: 'The picture cannot be searched with: It is broken.',
    });
    await expect(tiny.descry.search.addPicture({ path: path.join(base, 'none.jpg') })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('an order by date', () => {
  it('has the good matches newest first, and then the less likely ones by relevance', async () => {
    const byRelevance = await query({ text: 'dog' });
    const { goodMatches } = byRelevance;
    expect(goodMatches).toBeGreaterThan(5);
    expect(goodMatches).toBeLessThan(total - 5);
    const answer = await query({ text: 'dog', order: 'date' });
    expect(answer).toMatchObject({ order: 'date', goodMatches });
    const names = [...byRelevance.ids.slice(0, goodMatches)].map(nameOf).sort(byName);
    expect([...answer.ids.slice(0, goodMatches)].map(nameOf)).toEqual(names);
    expect(answer.ids.slice(goodMatches)).toEqual(byRelevance.ids.slice(goodMatches));
    answer.ids.forEach((id, i) => expect(answer.scores[i]).toBe(byRelevance.scores[byRelevance.ids.indexOf(id)]));
    // the newest of all good matches, not of the first page by relevance
    expect([...(await query({ text: 'dog', order: 'date' }, 3)).ids].map(nameOf)).toEqual(names.slice(0, 3));
  });
});

describe('what photos have', () => {
  it('is counted by the same rules as searches', async () => {
    const facets = await tiny.descry.search.facets(searchForm.parse({ text: 'a dog in 2012' }));
    expect(facets.months.reduce((sum, { photos }) => sum + photos, 0)).toBe(total);
    expect(facets.folders).toEqual([
      { folder: tiny.photos, photos: 41 },
      { folder: path.join(tiny.photos, '2012'), photos: 41 },
    ]);
    const all = await tiny.descry.search.facets(searchForm.parse({ text: '' }));
    expect(all.folders[0]).toEqual({ folder: tiny.photos, photos: total });
    const without = await tiny.descry.search.facets(searchForm.parse({ text: 'not dog' }));
    expect(without.months.reduce((sum, { photos }) => sum + photos, 0)).toBe((await query({ text: 'not dog' })).ranked);
  });
});

describe('saved searches', () => {
  it('are kept in order, replaced by their number, and removed', async () => {
    const { savedSearches } = tiny.descry.store;
    const search = searchForm.parse({ text: 'a dog in 2012', filter: { favourite: true }, order: 'date' });
    const [dogs, cats] = ['Dogs', 'Cats'].map((name) => savedSearches.save({ name, search })!);
    expect(savedSearches.save({ ...dogs!, name: 'My dogs' })).toEqual({ ...dogs!, name: 'My dogs' });
    expect(savedSearches.all()).toEqual([{ ...dogs!, name: 'My dogs' }, cats]);
    expect(savedSearches.save({ id: 999, name: 'x', search })).toBeUndefined();
    savedSearches.remove(dogs!.id);
    tiny = await tiny.reopen();
    expect(tiny.descry.store.savedSearches.all()).toEqual([{ id: cats!.id, name: 'Cats', search }]);
  });
});
