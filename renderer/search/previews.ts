/**
 * What is shown of photos before their thumbnails are there: ThumbHashes (https://evanw.github.io/thumbhash/), about 25 bytes each, asked
 * for in batches ahead of the scrolling.
 */
import { limits } from '../../electron/ipc/limits.ts';
import { request } from '../base/api.ts';
import { unpacked } from '../base/packed.ts';

/** previews that are kept: of more photos than one scrolls past in half a minute */
const kept = 32_768;
const longest = limits.previewBytes;

export class Previews {
  readonly #bytes = new Uint8Array(kept * longest);
  readonly #lengths = new Uint8Array(kept);
  /** the content of each slot, and the slot of each content */
  readonly #contents = new Int32Array(kept);
  readonly #slots = new Map<number, number>();
  #next = 0;
  /** contents that had none when they were asked for */
  readonly #without = new Set<number>();
  #asking = false;
  #wanted: Int32Array | null = null;
  readonly #onNew: () => void;

  /** @param onNew more are known */
  constructor(onNew: () => void) {
    this.#onNew = onNew;
  }

  /** @returns null: not known, or there is none */
  of(content: number): Uint8Array | null {
    const slot = this.#slots.get(content);
    return slot === undefined ? null : this.#bytes.subarray(slot * longest, slot * longest + this.#lengths[slot]!);
  }

  /** Those that had none are asked for again: photos were indexed meanwhile. */
  forgetMissing(): void {
    this.#without.clear();
  }

  /** Asks for those that are not known, one batch at a time; while one is under way only the last call counts. */
  async fetch(contents: Int32Array): Promise<void> {
    this.#wanted = contents;
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#wanted !== null) {
        const unknown = this.#wanted.filter((content) => !this.#slots.has(content) && !this.#without.has(content));
        this.#wanted = null;
        if (unknown.length === 0) break;
        await this.#ask(unknown.slice(0, limits.previewsAtOnce));
        this.#onNew();
      }
    } catch {
      // The library is away, and its return is noticed elsewhere; thumbnails are asked for all the same.
    } finally {
      this.#asking = false;
    }
  }

  async #ask(contents: Int32Array): Promise<void> {
    const pieces = unpacked(await request('photos.previews', { contents }));
    for (const [i, piece] of pieces.entries()) {
      const content = contents[i]!;
      if (piece !== null && piece.length <= longest) this.#keep(content, piece);
      else this.#without.add(content);
    }
  }

  /** In the place of the one that was kept first. */
  #keep(content: number, preview: Uint8Array): void {
    if (this.#slots.has(content)) return;
    const slot = this.#next;
    this.#next = (slot + 1) % kept;
    const before = this.#contents[slot]!;
    if (before !== 0) this.#slots.delete(before);
    this.#bytes.set(preview, slot * longest);
    this.#lengths[slot] = preview.length;
    this.#contents[slot] = content;
    this.#slots.set(content, slot);
  }
}
