import { describe, expect, it } from 'vitest';
import { layoutGrid } from '../../renderer/search/layout.ts';
import { anchoredTop, lookingAt, ScrollSpeed, stretchToMake } from '../../renderer/search/scrolling.ts';
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

describe('what is made of a grid while one scrolls', () => {
  it('reaches further where one scrolls to, up to a limit', () => {
    expect(stretchToMake(5000, 700, 0)).toEqual({ top: 4500, bottom: 6200 });
    const down = stretchToMake(5000, 700, 6);
    expect(down.top).toBeGreaterThan(4500);
    expect(down.bottom).toBeGreaterThan(7000);
    const up = stretchToMake(5000, 700, -6);
    expect(up.top).toBeLessThan(4000);
    expect(stretchToMake(5000, 700, 1000).bottom).toBe(5000 + 700 + 500 + 1400);
  });

  it('is what will be in sight when its pictures are there', () => {
    expect(lookingAt(700, 0)).toEqual({ ahead: 0, tooFast: false });
    expect(lookingAt(700, 6)).toEqual({ ahead: 720, tooFast: false });
    expect(lookingAt(700, -6)).toEqual({ ahead: -720, tooFast: false });
    expect(lookingAt(700, 24).tooFast).toBe(true);
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
