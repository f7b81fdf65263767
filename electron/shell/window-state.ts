/** Size and place of the window between runs, checked against the displays that are there now. */

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState extends Rectangle {
  readonly maximized: boolean;
}

export const smallestWindow = { width: 640, height: 480 } as const;
const usualWindow = { width: 1280, height: 800 } as const;
/** so much of the title bar must be on a display that one can take hold of it */
const handle = { width: 120, height: 32 } as const;

/** @returns undefined where `value` (from a file) is no window state */
export function readWindowState(value: unknown): WindowState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { x, y, width, height, maximized } = value as Record<string, unknown>;
  const numbers = [x, y, width, height];
  if (!numbers.every((number) => Number.isInteger(number) && Math.abs(number as number) < 100_000)) return undefined;
  if ((width as number) < 1 || (height as number) < 1) return undefined;
  return { ...({ x, y, width, height } as Rectangle), maximized: maximized === true };
}

/**
 * @param saved of the last run
 * @param displays work areas that are there now, the primary one first
 * @returns bounds for the new window; without x and y it is to be centred
 */
export function placeWindow(
  saved: WindowState | undefined,
  displays: readonly Rectangle[],
): { width: number; height: number; x?: number; y?: number } {
  const primary = displays[0] ?? { x: 0, y: 0, ...usualWindow };
  if (!saved) return fit(usualWindow, primary);
  const display = displays.find((area) => holdsTitleBar(area, saved));
  if (!display) return fit(saved, primary);
  return { ...fit(saved, display), x: saved.x, y: saved.y };
}

function fit(size: { width: number; height: number }, display: Rectangle): { width: number; height: number } {
  return {
    width: Math.max(smallestWindow.width, Math.min(size.width, display.width)),
    height: Math.max(smallestWindow.height, Math.min(size.height, display.height)),
  };
}

function holdsTitleBar(area: Rectangle, window: Rectangle): boolean {
  const width = Math.min(area.x + area.width, window.x + window.width) - Math.max(area.x, window.x);
  const height = Math.min(area.y + area.height, window.y + handle.height) - Math.max(area.y, window.y);
  return width >= handle.width && height >= handle.height && window.y >= area.y;
}
