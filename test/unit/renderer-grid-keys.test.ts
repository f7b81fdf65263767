import { describe, expect, it } from 'vitest';
import { actionOf, movedFocus } from '../../renderer/search/grid-keys.ts';
import { groupsOf, spanOf } from '../../renderer/search/groups.ts';
import { layoutGrid } from '../../renderer/search/layout.ts';

const square = layoutGrid(new Float32Array(11).fill(1), { kind: 'square', width: 812, size: 200, gap: 4, count: 11 });
const press = (key: string, current: number, control = false) => movedFocus(square, current, { key, control }, 400);

describe('keys in the grid (rows 0–3, 4–7, 8–10)', () => {
  it('moves photo by photo across rows and stops at both ends', () => {
    expect(press('ArrowRight', 3)).toBe(4);
    expect(press('ArrowLeft', 4)).toBe(3);
    expect(press('ArrowRight', 10)).toBe(10);
    expect(press('ArrowLeft', 0)).toBe(0);
  });

  it('moves up and down in the column', () => {
    expect(press('ArrowDown', 1)).toBe(5);
    expect(press('ArrowUp', 5)).toBe(1);
  });

  it('takes the nearest photo where the row below is shorter, and stays in the last row', () => {
    expect(press('ArrowDown', 7)).toBe(10);
    expect(press('ArrowDown', 10)).toBe(10);
    expect(press('ArrowUp', 2)).toBe(2);
  });

  it('goes to the ends of the row, and with Ctrl to the ends of the grid', () => {
    expect(press('Home', 6)).toBe(4);
    expect(press('End', 4)).toBe(7);
    expect(press('Home', 6, true)).toBe(0);
    expect(press('End', 6, true)).toBe(10);
  });

  it('pages by the height of the window, and by a row at least', () => {
    expect(press('PageDown', 1)).toBe(5);
    expect(press('PageUp', 9)).toBe(5);
    expect(movedFocus(square, 1, { key: 'PageDown', control: false }, 500)).toBe(9);
    expect(movedFocus(square, 1, { key: 'PageDown', control: false }, 10)).toBe(5);
  });

  it('leaves other keys alone, and every key in an empty grid', () => {
    expect(press('a', 3)).toBeNull();
    const empty = layoutGrid(new Float32Array(0), { kind: 'square', width: 812, size: 200, gap: 4, count: 0 });
    expect(movedFocus(empty, 0, { key: 'ArrowDown', control: false }, 400)).toBeNull();
  });

  it('follows the middle of the photo in a justified grid', () => {
    const aspects = Float32Array.of(1.5, 1.5, 1.5, 0.7, 0.7, 0.7, 1.5, 1.5);
    const layout = layoutGrid(aspects, { kind: 'justified', width: 900, size: 200, gap: 0, count: 8 });
    const below = movedFocus(layout, 2, { key: 'ArrowDown', control: false }, 400)!;
    const middle = (i: number) => layout.x[i]! + layout.width[i]! / 2;
    expect(below).toBeGreaterThanOrEqual(layout.rowStart[1]!);
    for (let i = layout.rowStart[1]!; i < layout.rowStart[2]!; i++) {
      expect(Math.abs(middle(below) - middle(2))).toBeLessThanOrEqual(Math.abs(middle(i) - middle(2)));
    }
  });
});

describe('keys that do something with photos', () => {
  const action = (key: string, held: { control?: boolean; shift?: boolean } = {}) =>
    actionOf({ key, control: held.control ?? false, shift: held.shift ?? false });

  it('select, open, and act', () => {
    expect([action('Enter'), action(' '), action('Escape')]).toEqual(['open', 'open-or-toggle', 'none']);
    expect([action(' ', { control: true }), action('a', { control: true })]).toEqual(['toggle', 'all']);
    expect([action('c', { control: true }), action('Delete'), action('f'), action('m'), action('s')]).toEqual([
      'copy',
      'trash',
      'favourite',
      'month',
      'stack',
    ]);
    expect(action('Backspace', { control: true })).toBe('trash');
  });

  it('are left alone where they mean something else', () => {
    expect(action('Backspace')).toBeNull();
    expect(action('f', { control: true })).toBeNull();
    expect(action('C', { control: true, shift: true })).toBeNull();
    expect(action('S', { shift: true })).toBeNull();
    expect(action('ArrowDown', { shift: true })).toBeNull();
  });
});

describe('rows below their headings', () => {
  const layout = layoutGrid(new Float32Array(40).fill(1), {
    kind: 'square',
    width: 400,
    size: 100,
    gap: 0,
    count: 40,
    headings: Int32Array.of(0, 8, 24),
    headingHeight: 50,
  });

  it('are grouped by month, with the row that has the focus wherever it is', () => {
    // rows 0–1 of the first month, 2–5 of the second, 6–9 of the third
    expect(groupsOf(layout, 1, 4, 3)).toEqual([
      { heading: 0, rows: [1] },
      { heading: 1, rows: [2, 3] },
    ]);
    expect(groupsOf(layout, 1, 3, 9)).toEqual([
      { heading: 0, rows: [1] },
      { heading: 1, rows: [2] },
      { heading: 2, rows: [9] },
    ]);
    expect(groupsOf(layout, 7, 8, 0)[0]).toEqual({ heading: 0, rows: [0] });
  });

  it('span their month, or a part of it where the grid is too high for Chromium', () => {
    expect(spanOf(layout, 1, null)).toEqual({ top: 250, bottom: 700 });
    expect(spanOf(layout, 1, { top: 300, bottom: 500 })).toEqual({ top: 300, bottom: 500 });
    expect(spanOf(layout, 0, { top: 300, bottom: 500 })).toEqual({ top: 0, bottom: 250 });
  });
});
