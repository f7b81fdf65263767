import { rowCount, rowOf, type GridLayout } from './layout.ts';

export interface GridKey {
  readonly key: string;
  /** Ctrl, or Cmd on a Mac */
  readonly control: boolean;
}

export type GridAction =
  'open' | 'open-or-toggle' | 'toggle' | 'all' | 'none' | 'month' | 'stack' | 'favourite' | 'copy' | 'trash';

/** What a key does with photos, besides moving the focus; null: nothing. */
export function actionOf({ key, control, shift }: GridKey & { readonly shift: boolean }): GridAction | null {
  if (key === 'Delete' || (key === 'Backspace' && control)) return 'trash'; // Cmd+Backspace is the key of macOS
  if (control) {
    if (key === ' ') return 'toggle';
    if (shift) return null;
    return ({ a: 'all', c: 'copy' } as const)[key.toLowerCase()] ?? null;
  }
  if (shift) return null;
  return keys[key.toLowerCase()] ?? null;
}

const keys: Readonly<Record<string, GridAction>> = {
  enter: 'open',
  ' ': 'open-or-toggle',
  escape: 'none',
  m: 'month',
  s: 'stack',
  f: 'favourite',
};

/**
 * Where the focus of the grid goes after a key (ARIA Authoring Practices, grid pattern), or null when the key is not
 * the grid's. Rows of a justified grid do not line up: up and down go to the photo below or above one's middle.
 */
export function movedFocus(
  layout: GridLayout,
  current: number,
  { key, control }: GridKey,
  page: number,
): number | null {
  const last = layout.x.length - 1;
  if (last < 0) return null;
  const at = Math.min(Math.max(current, 0), last);
  const row = rowOf(layout, at);
  switch (key) {
    case 'ArrowRight':
      return Math.min(last, at + 1);
    case 'ArrowLeft':
      return Math.max(0, at - 1);
    case 'ArrowDown':
      return row + 1 < rowCount(layout) ? nearestInRow(layout, row + 1, at) : at;
    case 'ArrowUp':
      return row > 0 ? nearestInRow(layout, row - 1, at) : at;
    case 'Home':
      return control ? 0 : layout.rowStart[row]!;
    case 'End':
      return control ? last : layout.rowStart[row + 1]! - 1;
    case 'PageDown':
      return nearestInRow(layout, rowByDistance(layout, row, page), at);
    case 'PageUp':
      return nearestInRow(layout, rowByDistance(layout, row, -page), at);
    default:
      return null;
  }
}

/** The row about `distance` px further, and at least one row on where there is one. */
function rowByDistance(layout: GridLayout, row: number, distance: number): number {
  const step = Math.sign(distance);
  const from = layout.rowTop[row]!;
  let reached = row;
  for (let next = row + step; next >= 0 && next < rowCount(layout); next += step) {
    if (reached !== row && Math.abs(layout.rowTop[next]! - from) > Math.abs(distance)) break;
    reached = next;
  }
  return reached;
}

function nearestInRow(layout: GridLayout, row: number, photo: number): number {
  const middle = (i: number) => layout.x[i]! + layout.width[i]! / 2;
  const wanted = middle(photo);
  let best = layout.rowStart[row]!;
  for (let i = best + 1; i < layout.rowStart[row + 1]!; i++) {
    if (Math.abs(middle(i) - wanted) < Math.abs(middle(best) - wanted)) best = i;
  }
  return best;
}
