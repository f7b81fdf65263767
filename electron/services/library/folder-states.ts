/** What is known of the library's folders while the program runs: whether they are watched, scanned, or cannot be read. */
import { isDeepStrictEqual } from 'node:util';
import type { PhotoFolder } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { Absence } from './folder-place.ts';

/** What others are told of. */
export interface FolderStateEvents {
  onChanged(photosChanged: boolean): void;
  onPresence?(): void;
}

type State = PhotoFolder['state'];
type Clock = PhotoFolder['clock'];

export class FolderStates {
  readonly #store: Pick<Store, 'folders'>;
  readonly #events: FolderStateEvents;
  readonly #states = new Map<number, State>();
  readonly #absences = new Map<number, Absence>();
  readonly #clocks = new Map<number, Clock>();

  constructor(store: Pick<Store, 'folders'>, events: FolderStateEvents) {
    this.#store = store;
    this.#events = events;
  }

  get(id: number): State {
    return this.#states.get(id) ?? 'waiting';
  }

  of(id: number): Pick<PhotoFolder, 'state' | 'absence' | 'clock'> {
    return {
      state: this.get(id),
      absence: this.#absences.get(id) ?? null,
      clock: this.#clocks.get(id) ?? null,
    };
  }

  /** Whether a folder is being scanned. */
  get scanning(): boolean {
    return [...this.#states.values()].includes('scanning');
  }

  set(id: number, state: State): void {
    if (this.#states.get(id) === state || !this.#store.folders.get(id)) return;
    this.#states.set(id, state);
    this.#events.onChanged(false);
  }

  /** @param absence why the folder cannot be read; undefined: it can be read */
  setAbsence(id: number, absence: Absence | undefined): void {
    const state = absence && (absence.kind === 'gone' ? 'gone' : 'away');
    const same = isDeepStrictEqual(this.#absences.get(id), absence) && (!state || this.get(id) === state);
    if (same || !this.#store.folders.get(id)) return;
    if (absence) this.#absences.set(id, absence);
    else this.#absences.delete(id);
    if (state) this.#states.set(id, state);
    this.presenceChanged();
  }

  /** Whether files are there has changed: of equal photos, another one is shown. */
  presenceChanged(): void {
    this.#events.onPresence?.();
    this.#events.onChanged(true);
  }

  /** The folders that could not be read when they were last looked at. */
  absent(): ReadonlySet<number> {
    return new Set(this.#absences.keys());
  }

  /** @param clock why a folder is scanned from time to time; null: its changes are noticed at once */
  setClock(id: number, clock: Clock): void {
    if (isDeepStrictEqual(this.#clocks.get(id) ?? null, clock)) return;
    this.#clocks.set(id, clock);
    this.#events.onChanged(false);
  }

  forget(id: number): void {
    this.#states.delete(id);
    this.#absences.delete(id);
    this.#clocks.delete(id);
    this.#events.onPresence?.();
  }
}
