import { describe, expect, it } from 'vitest';
import { movedFocus } from '../../renderer/search/grid-keys.ts';
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
