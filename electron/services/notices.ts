/**
 * What the user should read about the library, until it was read or is true no more: what is kept in the library's file, and that
 * the chosen model cannot be used, which is known at any time.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LibraryNotice } from '../ipc/contract.ts';
import type { LibraryFile } from './library-file/open-library.ts';
import type { Models } from './models/models.ts';

export interface NoticesOptions {
  readonly file: Pick<LibraryFile, 'notices' | 'note' | 'dismiss' | 'store'>;
  readonly models: Pick<Models, 'lost' | 'lostText' | 'hasEncoder'>;
  /** whether the files of an added encoder are damaged, so that it is not used */
  readonly isDamaged: (encoder: string) => boolean;
  /** the list has changed */
  readonly onChanged: () => void;
}

export class Notices {
  readonly #options: NoticesOptions;
  /** id of the model of which the user has read that it is not used */
  #read: string | undefined;
  #told: readonly LibraryNotice[] = [];

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  list(): readonly LibraryNotice[] {
    const { file, models } = this.#options;
    const kept = file.notices();
    for (const notice of kept) if (!this.#isTrue(notice)) this.#forget(notice.kind);
    const lost = models.lost();
    // Where it is used again, and lost again later, that is news.
    if (lost?.model !== this.#read) this.#read = undefined;
    const fallback =
      lost && this.#read === undefined ? [{ kind: 'fallback' as const, message: models.lostText(lost) }] : [];
    this.#told = [...kept.filter((notice) => this.#isTrue(notice)), ...fallback];
    return this.#told;
  }

  /** To be told until the user has read it, or it is true no more. */
  note(notice: Parameters<LibraryFile['note']>[0]): void {
    this.#options.file.note(notice);
    this.#options.onChanged();
  }

  dismiss(kind: LibraryNotice['kind']): void {
    if (kind === 'fallback') this.#read = this.#options.models.lost()?.model;
    else this.#options.file.dismiss(kind);
  }

  /** That a change of model was given up is past when another one is chosen. */
  modelChosen(): void {
    this.#forget('model');
    this.update();
  }

  /** To be called when encoders or models have changed. */
  update(): void {
    const before = this.#told;
    if (!isDeepStrictEqual(before, this.list())) this.#options.onChanged();
  }

  #forget(kind: LibraryNotice['kind']): void {
    const { file } = this.#options;
    if (file.store.readOnly === undefined) file.dismiss(kind);
  }

  #isTrue(notice: LibraryNotice): boolean {
    const { models, isDamaged } = this.#options;
    if (notice.kind === 'weights') return notice.encoder === undefined || isDamaged(notice.encoder);
    if (notice.kind === 'model') return notice.absent === undefined || !models.hasEncoder(notice.absent);
    return true;
  }
}
