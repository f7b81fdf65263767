/** Keeps the photo at the top of the window there when the grid changes. */
import type { PhotoList } from '../../electron/ipc/contract.ts';
import { rowCount, rowOf, rowsBetween, type GridLayout } from './layout.ts';
import type { Shown } from './stacks.ts';

interface Laid {
  readonly photos: PhotoList;
  readonly shown: Shown;
  readonly layout: GridLayout;
}

/** photos that are looked at for one that is still shown, from the one at the top on */
const looked = 60;

/**
 * @param top of what was seen, in the layout before
 * @returns the same in the layout of now; null: it stays at the top, or none of the photos there is shown any more
 */
export function anchoredTop(before: Laid, now: Laid, top: number): number | null {
  if (top < 1 || rowCount(before.layout) === 0 || rowCount(now.layout) === 0) return null;
  const row = rowsBetween(before.layout, top, top).first;
  const first = before.layout.rowStart[row]!;
  for (let place = first; place < Math.min(first + looked, before.shown.indices.length); place++) {
    const index = before.shown.indices[place]!;
    const found = before.photos === now.photos ? index : now.photos.ids.indexOf(before.photos.ids[index]!);
    const target = now.shown.places[found] ?? -1;
    if (target < 0) continue;
    const within = (top - before.layout.rowTop[row]!) / before.layout.rowHeight[row]!;
    const reached = rowOf(now.layout, target);
    return now.layout.rowTop[reached]! + within * now.layout.rowHeight[reached]!;
  }
  return null;
}

/** movements further apart are not of one scrolling, ms */
const pauseMs = 150;

/** How fast the grid is scrolled. A single jump has no speed: what it leads to is looked at. */
export class ScrollSpeed {
  #speed = 0;
  #last = -Infinity;

  /**
   * @param px moved since the last time; negative: upwards
   * @param now ms
   * @returns px a ms, averaged over about four movements
   */
  moved(px: number, now: number): number {
    const elapsed = now - this.#last;
    this.#last = now;
    if (elapsed > pauseMs) this.#speed = 0;
    else if (elapsed > 0) this.#speed += (px / elapsed - this.#speed) / 4;
    return this.#speed;
  }
}

/** from a thumbnail being asked for until it is drawn, ms: what comes into sight in this time is asked for first */
const onTheWayMs = 120;
/** rows beyond what is in sight, px: while it rests; behind while it moves; at most, in windows */
const around = 500;
const behind = 150;
const mostWindows = 2;

/**
 * The stretch of the grid whose rows are elements: more of it where one scrolls to, less of what was left.
 *
 * @param velocity px a ms, downwards
 */
export function stretchToMake(top: number, viewport: number, velocity: number): { top: number; bottom: number } {
  const ahead = Math.min(around + 2 * onTheWayMs * Math.abs(velocity), around + mostWindows * viewport);
  const [above, below] = velocity === 0 ? [around, around] : velocity < 0 ? [ahead, behind] : [behind, ahead];
  return { top: top - above, bottom: top + viewport + below };
}

/**
 * @returns ahead: how far what will be in sight when a thumbnail is there lies below what is in sight now, px; tooFast: a thumbnail comes
 *   when its cell has left again, so that none but these should be asked for
 */
export function lookingAt(viewport: number, velocity: number): { ahead: number; tooFast: boolean } {
  const moved = onTheWayMs * velocity;
  return { ahead: moved, tooFast: Math.abs(moved) > 2 * viewport };
}
