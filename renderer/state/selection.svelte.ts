/* eslint-disable svelte/prefer-svelte-reactivity -- a set of 100,000 ids with a signal for each costs more than a new one */
/** Photos that are selected, by id: they stay selected when their list is asked for again. */
import { texts } from '../base/texts.ts';
import { announcer } from '../ui/announcer.svelte.ts';

const none: ReadonlySet<number> = new Set();

export class Selection {
  ids = $state.raw<ReadonlySet<number>>(none);
  /** the photo from which a range is selected by Shift */
  anchor = $state.raw<number | null>(null);
  /** what was selected before the range that is being extended now */
  #base: ReadonlySet<number> = none;
  readonly size = $derived(this.ids.size);
  readonly active = $derived(this.ids.size > 0);

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Whether all of some photos are selected. */
  hasAll(ids: Iterable<number>): boolean {
    for (const id of ids) if (!this.ids.has(id)) return false;
    return true;
  }

  /** These alone; none of them: nothing is selected. */
  set(ids: Iterable<number>, anchor?: number | null): void {
    this.#take(new Set(ids), anchor);
  }

  add(ids: Iterable<number>, anchor?: number | null): void {
    const all = new Set(this.ids);
    for (const id of ids) all.add(id);
    this.#take(all, anchor);
  }

  /** Selects them, or, where all of them are selected, takes them out. */
  toggle(ids: readonly number[], anchor?: number | null): void {
    const all = new Set(this.ids);
    const selected = this.hasAll(ids);
    for (const id of ids) {
      if (selected) all.delete(id);
      else all.add(id);
    }
    this.#take(all, anchor);
  }

  /** These, besides what was selected before `begin` or the last other change: a range or rectangle that grows and shrinks. */
  extend(ids: Iterable<number>): void {
    const all = new Set(this.#base);
    for (const id of ids) all.add(id);
    this.#show(all);
  }

  clear(): void {
    this.anchor = null;
    if (this.active) this.#take(none);
  }

  /** These are not there any more. */
  drop(ids: ReadonlySet<number>): void {
    if (ids.size > 0) this.keep([...this.ids].filter((id) => !ids.has(id)));
  }

  /** Photos that are not there any more are not selected any more. */
  keep(there: Iterable<number>): void {
    if (!this.active) return;
    const present = there instanceof Set ? (there as ReadonlySet<number>) : new Set(there);
    const kept = new Set([...this.ids].filter((id) => present.has(id)));
    if (kept.size !== this.ids.size) this.#take(kept);
  }

  /** What is selected now stays selected while a range or rectangle grows and shrinks. @param anchor where it begins */
  begin(anchor: number | null = null): void {
    this.anchor = anchor;
    this.#base = this.ids;
  }

  /** @param anchor undefined: it stays as it is */
  #take(ids: ReadonlySet<number>, anchor?: number | null): void {
    if (anchor !== undefined) this.anchor = anchor;
    this.#base = ids;
    this.#show(ids);
  }

  #show(ids: ReadonlySet<number>): void {
    const before = this.ids;
    this.ids = ids.size === 0 ? none : ids;
    if (before.size !== ids.size) announcer.say(texts.selection.selected(ids.size));
  }
}

/** of the grid */
export const selection = new Selection();
