/** A photo that keeps the focus for a moment is read out with its name and date. */
import { wallMoment } from '../../electron/ipc/format.ts';
import { request } from '../base/api.ts';
import { announcer } from '../ui/announcer.svelte.ts';

const afterMs = 400;

export class ReadOut {
  #timer: ReturnType<typeof setTimeout> | undefined;

  focused(photo: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      try {
        const { name, taken } = await request('photo.details', { id: photo });
        announcer.say(`${name}, ${wallMoment(taken.at)}`);
      } catch {
        // the photo was removed meanwhile
      }
    }, afterMs);
  }

  left(): void {
    clearTimeout(this.#timer);
  }
}
