import { describe, expect, it } from 'vitest';
import { photosAt, photosBetween, shownPhotos } from '../../renderer/search/stacks.ts';

/** A list of ten: stack 7 has three photos, stack 9 two, and stack 5 has only one in the list. */
const stacks = Int32Array.of(0, 7, 0, 7, 9, 0, 7, 5, 9, 0);
const none = new Set<number>();

describe('stacks in the grid', () => {
  it('show the first of their photos, with how many there are', () => {
    const shown = shownPhotos(stacks, 10, none);
    expect([...shown.indices]).toEqual([0, 1, 2, 4, 5, 7, 9]);
    expect([...shown.sizes]).toEqual([0, 3, 0, 2, 0, 0, 0]);
    expect([...shown.places]).toEqual([0, 1, 2, 1, 3, 4, 1, 5, 3, 6]);
  });

  it('show all their photos in one place once they are opened', () => {
    const shown = shownPhotos(stacks, 10, new Set([7]));
    expect([...shown.indices]).toEqual([0, 1, 3, 6, 2, 4, 5, 7, 9]);
    expect([...shown.follows]).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect(shown.sizes[1]).toBe(3);
    expect([...shown.places]).toEqual([0, 1, 4, 2, 5, 6, 3, 7, 5, 8]);
  });

  it('count only the photos that are shown', () => {
    const shown = shownPhotos(stacks, 4, none);
    expect([...shown.indices]).toEqual([0, 1, 2]);
    expect(shown.sizes[1]).toBe(2);
  });

  it('go on without photos that are hidden, and end as stacks when one is left', () => {
    const shown = shownPhotos(stacks, 10, none, (index) => index === 1 || index === 4);
    expect([...shown.indices]).toEqual([0, 2, 3, 5, 7, 8, 9]);
    expect(shown.sizes[2]).toBe(2);
    expect(shown.sizes[5]).toBe(0);
    expect(shown.places[1]).toBe(-1);
  });

  it('stand for all their photos while they are closed', () => {
    const shown = shownPhotos(stacks, 10, new Set([9]));
    expect(photosAt(shown, stacks, new Set([9]), 1)).toEqual([1, 3, 6]);
    expect(photosAt(shown, stacks, new Set([9]), 3)).toEqual([4]);
    expect(photosBetween(shown, stacks, new Set([9]), 0, 4)).toEqual([0, 1, 3, 6, 2, 4]);
    expect(photosAt(shown, stacks, none, 99)).toEqual([]);
  });

  it('of 100,000 photos are laid out in a moment, and many of them are named in one pass', () => {
    const many = Int32Array.from({ length: 100_000 }, (_, i) => (i % 3 === 0 ? 1 + Math.floor(i / 12) : 0));
    shownPhotos(many, many.length, none);
    const start = performance.now();
    const shown = shownPhotos(many, many.length, none);
    const all = photosBetween(shown, many, none, 0, shown.indices.length);
    expect(performance.now() - start).toBeLessThan(100);
    expect(all.length).toBe(100_000);
    expect(new Set(all).size).toBe(100_000);
  });
});
