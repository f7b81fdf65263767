/** The photo that is looked at: its place in the list that was open, and what is known about it. */
import type { PhotoDetails, RequestName } from '../../electron/ipc/contract.ts';
import { photoUrl } from '../../electron/ipc/photo-url.ts';
import { request } from '../base/api.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';

/** Photos to look through: the list as it was when the photo was opened, whatever is indexed meanwhile. */
export interface Series {
  readonly ids: Int32Array;
  readonly contents: Int32Array;
  readonly relevance: Float32Array | null;
  readonly count: number;
}

class Viewer {
  series = $state.raw<Series | null>(null);
  index = $state(0);
  details = $state.raw<PhotoDetails | null>(null);
  detailsFailed = $state(false);
  infoShown = $state(false);
  readonly open = $derived(this.series !== null);
  readonly id = $derived(this.series?.ids[this.index] ?? null);
  readonly content = $derived(this.series?.contents[this.index] ?? null);
  readonly relevance = $derived(this.series?.relevance?.[this.index] ?? null);
  /** held so that they stay decoded */
  neighbours: readonly HTMLImageElement[] = [];

  show(series: Series, index: number): void {
    this.series = series;
    this.#goTo(index);
  }

  close(): void {
    this.series = null;
    this.details = null;
    this.neighbours = [];
  }

  step(by: number): void {
    const last = (this.series?.count ?? 0) - 1;
    const target = Math.min(last, Math.max(0, this.index + by));
    if (target !== this.index) this.#goTo(target);
  }

  #goTo(index: number): void {
    this.index = index;
    this.details = null;
    this.detailsFailed = false;
    const id = this.id;
    if (id === null) return;
    void this.#loadDetails(id);
    this.neighbours = [1, -1].flatMap((by) => {
      const neighbour = this.series?.contents[index + by];
      if (neighbour === undefined || index + by >= (this.series?.count ?? 0)) return [];
      const image = new Image();
      image.src = photoUrl.preview(neighbour);
      return [image];
    });
  }

  async #loadDetails(id: number): Promise<void> {
    try {
      const details = await request('photo.details', { id });
      if (this.id === id) this.details = details;
    } catch {
      if (this.id === id) this.detailsFailed = true;
    }
  }
}

export const viewer = new Viewer();

const doneTexts: Partial<Record<RequestName, string>> = {
  'photo.copyImage': texts.photo.imageCopied,
  'photo.copyPath': texts.photo.pathCopied,
};

export type PhotoAction = 'photo.open' | 'photo.showInFolder' | 'photo.copyImage' | 'photo.copyPath';

/** What can be done with a photo, from its view or from the grid. */
export async function actOn(action: PhotoAction, id: number): Promise<void> {
  await attempt(async () => {
    await request(action, { id });
    const message = doneTexts[action];
    if (message) toasts.show(message);
  });
}
