/**
 * When pictures that could not be shown are asked for again: when something has happened that may have mended it, as a folder that is
 * back, photos that were indexed again, or the user who was in another program. Without such an occasion nothing is asked for.
 */
import { on } from '../base/api.ts';
import { throttled } from './throttle.ts';

/** Many of these events come in bursts. */
const waitMs = 1000;

class PictureRetries {
  /** grows at each occasion */
  occasions = $state(0);

  start(): void {
    const soon = throttled(() => this.occasions++, waitMs);
    let indexing = false;
    on('library.changed', ({ photosChanged }) => photosChanged && soon());
    on('library.restarted', () => this.occasions++);
    on('indexing.progress', ({ state }) => {
      if (indexing && state === 'idle') soon();
      indexing = state !== 'idle';
    });
    window.addEventListener('focus', soon);
  }
}

export const pictureRetries = new PictureRetries();
