import { describe, expect, it } from 'vitest';
import { layoutGrid } from '../../renderer/search/layout.ts';
import { anchoredTop, ScrollSpeed } from '../../renderer/search/scrolling.ts';
import { shownPhotos } from '../../renderer/search/stacks.ts';

describe('the speed of scrolling', () => {
  it('is none for a jump, however far, and for jumps with pauses', () => {
    const speed = new ScrollSpeed();
    expect(speed.moved(500_000, 0)).toBe(0);
    expect(speed.moved(200_000, 400)).toBe(0);
  });

  it('comes near that of a steady movement within a few frames, and goes down with it', () => {
    const speed = new ScrollSpeed();
    let last = 0;
    for (let frame = 0; frame < 12; frame++) last = speed.moved(160, frame * 16);
    expect(last).toBeGreaterThan(9);
    for (let frame = 12; frame < 24; frame++) last = speed.moved(16, frame * 16);
    expect(last).toBeLessThan(1.5);
  });

  it('of the first movements of a drag is not yet high: their photos are loaded', () => {
    const speed = new ScrollSpeed();
    speed.moved(40_000, 0);
    expect(speed.moved(100, 16)).toBeLessThan(2);
  });
});

describe('the photo at the top', () => {
  const listOf = (ids: number[]) => {
    const ids32 = Int32Array.from(ids);
    return {
      ids: ids32,
      contents: ids32,
      aspects: new Float32Array(ids.length).fill(1),
      days: new Int32Array(ids.length),
      stacks: new Int32Array(ids.length),
      favourites: new Uint8Array(ids.length),
      damaged: new Uint8Array(ids.length),
    };
  };
  const laid = (ids: number[], width: number, hidden?: (index: number) => boolean) => {
    const photos = listOf(ids);
    const shown = shownPhotos(photos.stacks, ids.length, new Set(), hidden);
    const aspects = new Float32Array(shown.indices.length).fill(1);
    return {
      photos,
      shown,
      layout: layoutGrid(aspects, { kind: 'square', width, size: 100, gap: 0, count: ids.length }),
    };
  };
  const ids = Array.from({ length: 200 }, (_, i) => i + 1);

  it('stays there when the width changes, photos are added, or it has gone', () => {
    const before = laid(ids, 1000); // ten in a row
    const top = 5 * 100 + 50; // in the middle of the row that begins with photo 51
    expect(anchoredTop(before, laid(ids, 500), top)).toBe(10 * 100 + 50);
    expect(anchoredTop(before, laid([900, 901, ...ids].slice(0, 202), 1000), top)).toBe(5 * 100 + 50);
    expect(anchoredTop(before, laid([...Array.from({ length: 10 }, (_, i) => 900 + i), ...ids], 1000), top)).toBe(650);
    const gone = laid(ids, 1000, (index) => index === 50);
    expect(anchoredTop(before, { ...gone, photos: before.photos }, top)).toBe(5 * 100 + 50);
  });

  it('is not kept at the very top, where new photos are to be seen', () => {
    expect(anchoredTop(laid(ids, 1000), laid(ids, 500), 0)).toBeNull();
  });
});
