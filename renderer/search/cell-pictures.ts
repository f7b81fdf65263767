/**
 * Brings pictures into the cells of the grid: at once the preview where one is known, then the thumbnail.
 *
 * Only cells that are elements are ever waited for, and little is asked for at a time: nothing that was scrolled past is left in a
 * queue anywhere. The cells that are, or will in a moment be, in sight come first. Thumbnails of the cache come many at a time, others are
 * made one by one. They are decoded apart from the page's thread and drawn in the size of the cell, so that as much memory is used as
 * there are cells: with `img` elements the page's process had 708 MB after scrolling 100,000 photos, with these 191 MB.
 */
import { thumbHashToRGBA } from 'thumbhash';
import { mayBeShownLater } from '../../electron/ipc/photo-url.ts';
import { asBridgeError, request } from '../base/api.ts';
import { unpacked } from '../base/packed.ts';
import { Previews } from './previews.ts';

/** What a cell of the grid hands in. */
export interface PictureCell {
  readonly canvas: HTMLCanvasElement;
  readonly content: number;
  /** in the grid */
  readonly place: number;
  /** px of the page */
  readonly size: { readonly width: number; readonly height: number };
  /** whether the photo cannot be shown */
  onbroken(broken: boolean): void;
}

/** Places of the grid: the first one, and the one after the last. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** `broken`: it may be shown later; `never`: its bytes cannot be decoded */
type State = 'new' | 'asked' | 'not-cached' | 'making' | 'arrived' | 'shown' | 'broken' | 'never';

interface Waiting {
  readonly cell: PictureCell;
  state: State;
  bytes: Uint8Array<ArrayBuffer> | null;
  /** a preview or the picture is seen */
  drawn: boolean;
}

/** thumbnails in a request, and requests at a time: while one answer crosses, the next one is read */
const batch = 12;
const batchesAtOnce = 2;
const makingAtOnce = 4;
/** Decoding takes a processor; one is left for the page's frames, and one for the library. */
const decodingAtOnce = Math.max(1, Math.min(4, navigator.hardwareConcurrency - 2));

export class CellPictures {
  readonly previews = new Previews(() => this.#drawPreviews());
  readonly #cells = new Map<PictureCell, Waiting>();
  #inSight: Stretch = { first: 0, end: 0 };
  #onlyInSight = false;
  #batches = 0;
  #making = 0;
  #decoding = 0;
  #scheduled = false;

  /** @returns to be called when the cell is gone */
  add(cell: PictureCell): () => void {
    const waiting: Waiting = { cell, state: 'new', bytes: null, drawn: cell.canvas.classList.contains('picture') };
    this.#cells.set(cell, waiting);
    this.#drawPreview(waiting);
    this.#soon();
    return () => void this.#cells.delete(cell);
  }

  /** Asks again for those that could not be shown where the cause may be gone, and for previews that there were none of. */
  askAgain(): void {
    this.previews.forgetMissing();
    for (const waiting of this.#cells.values()) if (waiting.state === 'broken') waiting.state = 'new';
    this.#soon();
  }

  /**
   * @param inSight places that are, or will in a moment be, in sight
   * @param onlyThose it is scrolled so fast that other pictures would come too late
   */
  look(inSight: Stretch, onlyThose: boolean): void {
    this.#inSight = inSight;
    this.#onlyInSight = onlyThose;
    this.#soon();
  }

  /** Once for all cells that come in one step. */
  #soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#next();
    });
  }

  #next(): void {
    while (this.#decoding < decodingAtOnce) {
      const [nearest] = this.#nearest('arrived', 1);
      if (!nearest) break;
      void this.#decode(nearest);
    }
    while (this.#batches < batchesAtOnce) {
      const wanted = this.#nearest('new', batch);
      if (wanted.length === 0) break;
      void this.#ask(wanted);
    }
    while (this.#making < makingAtOnce) {
      const [nearest] = this.#nearest('not-cached', 1);
      if (!nearest) break;
      void this.#make(nearest);
    }
  }

  /** The cells in a state that are nearest to what is in sight. */
  #nearest(state: State, most: number): Waiting[] {
    const { first, end } = this.#inSight;
    const found: { waiting: Waiting; distance: number }[] = [];
    for (const waiting of this.#cells.values()) {
      if (waiting.state !== state) continue;
      const { place } = waiting.cell;
      const distance = place < first ? first - place : Math.max(0, place - end + 1);
      if (distance === 0 || !this.#onlyInSight) found.push({ waiting, distance });
    }
    return found
      .sort((a, b) => a.distance - b.distance || a.waiting.cell.place - b.waiting.cell.place)
      .slice(0, most)
      .map(({ waiting }) => waiting);
  }

  async #ask(wanted: readonly Waiting[]): Promise<void> {
    this.#batches++;
    for (const waiting of wanted) waiting.state = 'asked';
    try {
      const contents = Int32Array.from(wanted, ({ cell }) => cell.content);
      const pieces = unpacked(await request('photos.thumbnails', { contents }));
      for (const [i, waiting] of wanted.entries()) {
        waiting.bytes = pieces[i] ?? null;
        waiting.state = waiting.bytes === null ? 'not-cached' : 'arrived';
      }
    } catch {
      wanted.forEach((waiting) => this.#broken(waiting, 'broken'));
    } finally {
      this.#batches--;
      this.#soon();
    }
  }

  async #make(waiting: Waiting): Promise<void> {
    this.#making++;
    waiting.state = 'making';
    try {
      const bytes = await request('photo.thumbnail', { content: waiting.cell.content });
      waiting.bytes = bytes as Uint8Array<ArrayBuffer>;
      waiting.state = 'arrived';
    } catch (error) {
      this.#broken(waiting, mayBeShownLater(asBridgeError(error).code) ? 'broken' : 'never');
    } finally {
      this.#making--;
      this.#soon();
    }
  }

  async #decode(waiting: Waiting): Promise<void> {
    this.#decoding++;
    const { cell, bytes } = waiting;
    waiting.state = 'shown';
    waiting.bytes = null;
    try {
      const picture = await createImageBitmap(new Blob([bytes!]));
      if (this.#cells.has(cell)) {
        drawPicture(cell, picture);
        cell.onbroken(false);
      }
      waiting.drawn = true;
      picture.close();
    } catch {
      this.#broken(waiting, 'broken');
    } finally {
      this.#decoding--;
      this.#soon();
    }
  }

  #broken(waiting: Waiting, state: 'broken' | 'never'): void {
    waiting.state = state;
    if (this.#cells.has(waiting.cell)) waiting.cell.onbroken(true);
  }

  #drawPreviews(): void {
    for (const waiting of this.#cells.values()) this.#drawPreview(waiting);
  }

  #drawPreview(waiting: Waiting): void {
    if (waiting.drawn) return;
    const { canvas, content } = waiting.cell;
    const hash = this.previews.of(content);
    if (hash === null) return;
    drawPreview(canvas, hash);
    waiting.drawn = true;
  }
}

/** Chromium keeps a canvas that may be read in this process's memory, and paints it with the page: no layer for each cell. */
const context = (canvas: HTMLCanvasElement) => canvas.getContext('2d', { willReadFrequently: true })!;

/** Small; the style sheet makes it fill the cell, smoothly. */
function drawPreview(canvas: HTMLCanvasElement, hash: Uint8Array): void {
  const { w, h, rgba } = thumbHashToRGBA(hash);
  canvas.width = w;
  canvas.height = h;
  context(canvas).putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
  canvas.classList.add('preview');
}

/** In the size of the cell, which it fills: what does not fit is cut off on both sides. */
function drawPicture({ canvas, size }: PictureCell, picture: ImageBitmap): void {
  const scale = window.devicePixelRatio * Math.max(size.width / picture.width, size.height / picture.height);
  const { width, height } =
    scale >= 1 ? picture : { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  const target = context(canvas);
  target.imageSmoothingQuality = 'medium';
  target.drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.classList.remove('preview');
  canvas.classList.add('picture');
}
