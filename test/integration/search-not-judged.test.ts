/** A search with a model that does not say which photos match (test/fixtures/tiny-encoder.ts). */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { searchForm } from '../../electron/ipc/contract.ts';
import { many, scratch } from '../fixtures/tiny-library.ts';
import { indexed, twoEncoders, type TwoEncoders } from '../fixtures/two-encoders.ts';

const photos = 130;
/** electron/services/search/search.ts */
const nearest = 100;

let base: { folder: string; remove: () => void };
let two: TwoEncoders;
beforeEach(async () => {
  base = scratch('search-not-judged');
  two = await twoEncoders(base.folder);
  await indexed(two, many(photos));
  await two.descry.useModel('tiny');
});
afterEach(async () => {
  await two.descry.close();
  base.remove();
});

it('newest first are the nearest photos, not the whole library in another order', async () => {
  const query = (order: 'relevance' | 'date') =>
    two.descry.search.query(searchForm.parse({ text: 'a dog', order }), { limit: 1000 });
  const best = await query('relevance');
  expect([best.ids.length, best.relevance.length, best.goodMatches]).toEqual([photos, 0, photos]);
  const newest = await query('date');
  expect(newest).toMatchObject({ order: 'date', ranked: photos, goodMatches: nearest });
  expect([...newest.ids].sort((a, b) => a - b)).toEqual([...best.ids.slice(0, nearest)].sort((a, b) => a - b));
  const columns = two.descry.search.index.columns();
  const times = Array.from(newest.ids, (id) => columns.times.data[columns.row(id)!]!);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});
