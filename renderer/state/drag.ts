/**
 * Photos being dragged out of the window must not count as files dropped into it. The native drag sends no dragend:
 * it is over when the pointer moves again.
 */
import { request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';

/** contract.ts, photo.startDrag */
const mostDragged = 500;

class Drag {
  ownPhoto = false;

  start(ids: readonly number[]): void {
    if (ids.length > mostDragged) {
      toasts.show(texts.selection.tooManyToDrag(mostDragged), 'error');
      return;
    }
    this.ownPhoto = true;
    void attempt(() => request('photo.startDrag', { ids: [...ids] }));
  }

  finish(): void {
    this.ownPhoto = false;
  }
}

export const drag = new Drag();
