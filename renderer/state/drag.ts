/**
 * A photo being dragged out of the window must not count as files dropped into it. The native drag sends no dragend:
 * it is over when the pointer moves again.
 */
import { request } from '../base/api.ts';
import { attempt } from './attempt.ts';

class Drag {
  ownPhoto = false;

  start(id: number): void {
    this.ownPhoto = true;
    void attempt(() => request('photo.startDrag', { ids: [id] }));
  }

  finish(): void {
    this.ownPhoto = false;
  }
}

export const drag = new Drag();
