import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadShellState, saveShellState } from '../../electron/shell/state.ts';
import { placeWindow, readWindowState } from '../../electron/shell/window-state.ts';

const laptop = { x: 0, y: 24, width: 1440, height: 876 };
const screen = { x: 1440, y: 0, width: 2560, height: 1400 };
const saved = (bounds: { x: number; y: number; width: number; height: number }) => ({ ...bounds, maximized: false });

describe('the place of the window', () => {
  test('is centred and of the usual size at the first start', () => {
    expect(placeWindow(undefined, [laptop])).toEqual({ width: 1280, height: 800 });
  });

  test('fits a display smaller than the usual size', () => {
    expect(placeWindow(undefined, [{ x: 0, y: 0, width: 1024, height: 600 }])).toEqual({ width: 1024, height: 600 });
  });

  test('is that of the last run, on whichever display', () => {
    const bounds = { x: 1700, y: 100, width: 1000, height: 700 };
    expect(placeWindow(saved(bounds), [laptop, screen])).toEqual(bounds);
  });

  test('is given up, but not the size, when its display is gone', () => {
    expect(placeWindow(saved({ x: 1700, y: 100, width: 1000, height: 700 }), [laptop])).toEqual({
      width: 1000,
      height: 700,
    });
  });

  test.each([
    ['above the display', { x: 100, y: -400, width: 800, height: 600 }],
    ['below it', { x: 100, y: 890, width: 800, height: 600 }],
    ['left of it', { x: -790, y: 100, width: 800, height: 600 }],
    ['right of it', { x: 1400, y: 100, width: 800, height: 600 }],
  ])('is given up when the title bar is %s', (_, bounds) => {
    expect(placeWindow(saved(bounds), [laptop])).not.toHaveProperty('x');
  });

  test('may lie partly outside as long as one can take hold of it', () => {
    const bounds = { x: -500, y: 100, width: 800, height: 600 };
    expect(placeWindow(saved(bounds), [laptop])).toEqual(bounds);
  });

  test('shrinks to the display and never below the smallest size', () => {
    expect(placeWindow(saved({ x: 10, y: 30, width: 5000, height: 4000 }), [laptop])).toMatchObject({
      width: 1440,
      height: 876,
    });
    expect(placeWindow(saved({ x: 10, y: 30, width: 200, height: 100 }), [laptop])).toMatchObject({
      width: 640,
      height: 480,
    });
  });
});

describe('a window state from a file', () => {
  test.each([
    null,
    'large',
    {},
    { x: 1, y: 2, width: 3 },
    { x: 1.5, y: 2, width: 300, height: 200 },
    { x: 1, y: 2, width: -300, height: 200 },
    { x: Number.NaN, y: 2, width: 300, height: 200 },
    { x: 1e9, y: 2, width: 300, height: 200 },
    { x: '1', y: 2, width: 300, height: 200 },
  ])('is none where it is %j', (value) => {
    expect(readWindowState(value)).toBeUndefined();
  });

  test('is read without what does not belong to it', () => {
    expect(readWindowState({ x: 1, y: 2, width: 300, height: 200, maximized: true, other: 1 })).toEqual({
      x: 1,
      y: 2,
      width: 300,
      height: 200,
      maximized: true,
    });
  });
});

describe('the state of the shell', () => {
  const file = async () => path.join(await mkdtemp(path.join(tmpdir(), 'descry-state-')), 'deeper', 'window.json');

  test('comes back as it was saved', async () => {
    const place = await file();
    const state = {
      window: { x: 5, y: 6, width: 700, height: 500, maximized: true },
      theme: 'dark',
      keepInTray: true,
    } as const;
    saveShellState(place, state);
    expect(loadShellState(place)).toEqual(state);
    expect(JSON.parse(await readFile(place, 'utf8'))).toEqual(state);
  });

  test.each(['', 'not JSON', '[]', 'null', '{"theme": "pink", "keepInTray": "yes", "window": 4}'])(
    'is the usual one where the file holds %j',
    async (content) => {
      const place = path.join(await mkdtemp(path.join(tmpdir(), 'descry-state-')), 'window.json');
      await writeFile(place, content);
      expect(loadShellState(place)).toEqual({ window: undefined, theme: 'system', keepInTray: false });
    },
  );

  test('is the usual one at the first start', async () => {
    expect(loadShellState(await file())).toEqual({ window: undefined, theme: 'system', keepInTray: false });
  });
});
