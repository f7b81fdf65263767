/** What a scan found of the photos that the library knows, and what is left out; it decides which photos are gone. */
import path from 'node:path';
import { errorMessage } from '../../../models/errors.ts';
import type { LeftOutReason } from '../../ipc/left-out.ts';
import type { PhotoRow } from '../../store/photos.ts';
import type { Log } from '../shared/log.ts';
import type { FolderFound } from './scan.ts';

/** Photos there, or below, cannot be looked at now; they stay in the library. */
const cannotBeLookedAt: ReadonlySet<LeftOutReason> = new Set([
  'folder-no-permission',
  'file-no-permission',
  'unreadable',
] satisfies LeftOutReason[]);

const shownByAnother: ReadonlySet<LeftOutReason> = new Set([
  'raw-of-photo',
  'video-of-photo',
  'link-inside',
] satisfies LeftOutReason[]);

export class FoundInFolder {
  readonly #expected = new Map<string, PhotoRow>();
  readonly #unreadable = new Set<string>();
  readonly #log: Log;
  readonly leftOut = new Map<string, LeftOutReason>();

  /** @param expected the photos that the library knows of the places that are scanned */
  constructor(expected: readonly PhotoRow[], log: Log) {
    this.#log = log;
    this.expect(expected);
  }

  expect(photos: readonly (PhotoRow | undefined)[]): void {
    for (const photo of photos) if (photo) this.#expected.set(photo.path, photo);
  }

  /** What a scan has left out, or could not find again, in a folder. */
  take({ leftOut, gone }: FolderFound): void {
    for (const { place, reason, error } of leftOut) this.leaveOut(place, reason, error);
    for (const place of gone) this.gone(place);
  }

  /** @returns whether it was expected */
  present(file: string): boolean {
    return this.#expected.delete(file);
  }

  /** @param error the system's, where the reason is that it cannot be read */
  leaveOut(place: string, reason: LeftOutReason, error?: unknown): void {
    // A photo that was read before it was moved to the cloud can be found as before.
    const known = this.#expected.get(place);
    if (reason === 'in-the-cloud' && known && known.content !== null) {
      this.#expected.delete(place);
      return;
    }
    this.leftOut.set(place, reason);
    if (!cannotBeLookedAt.has(reason)) return;
    this.#unreadable.add(place);
    this.#log.warn(`${place} could not be read: ${errorMessage(error)}`);
  }

  /** A folder that was there a moment ago: its disk may have been disconnected, so the next scan decides. */
  gone(folder: string): void {
    this.#unreadable.add(folder);
  }

  /** Whether a photo was expected there, and cannot be shown any more. */
  isMissing(file: string): boolean {
    return this.#expected.has(file) && !this.#isUnreadable(file);
  }

  missing(): PhotoRow[] {
    return [...this.#expected.values()].filter(({ path: file }) => !this.#isUnreadable(file));
  }

  /** Expected photos whose place another file takes now, as the JPEG that came beside a raw file does. */
  replaced(): PhotoRow[] {
    return this.missing().filter(({ path: file }) => this.#isReplaced(file));
  }

  /** Expected photos that are not there any more. */
  lost(): PhotoRow[] {
    return this.missing().filter(({ path: file }) => !this.#isReplaced(file));
  }

  #isReplaced(file: string): boolean {
    const reason = this.leftOut.get(file);
    return reason !== undefined && shownByAnother.has(reason);
  }

  #isUnreadable(file: string): boolean {
    if (this.#unreadable.size === 0) return false;
    for (let place = file; ; place = path.dirname(place)) {
      if (this.#unreadable.has(place)) return true;
      if (place === path.dirname(place)) return false;
    }
  }
}
