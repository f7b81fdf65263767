/** Photos that are there more than once, or nearly so, and which of them are selected to go. */
import type { DuplicateReport } from '../../electron/ipc/contract.ts';
import { asBridgeError, on, request, type BridgeError } from '../base/api.ts';
import { photoChanges } from './photo-changes.svelte.ts';
import { Selection } from './selection.svelte.ts';
import { throttled } from './throttle.ts';

export type DuplicateGroup = DuplicateReport['groups'][number];
export type DuplicateKind = 'all' | DuplicateGroup['kind'];

/** groups that are shown at first, and with each “more” */
export const groupPage = 40;
/** while photos are compared or indexed, the list is asked for again no more often than this */
const refreshMs = 4000;

const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

/** Bytes of all photos of a group. */
export const groupBytes = ({ bytes }: DuplicateGroup): number => sum(bytes);

/** Index of the photo that a group is best kept as: most pixels, then most bytes, then the first. */
export function largestOf({ bytes, widths, heights }: DuplicateGroup): number {
  let best = 0;
  for (let i = 1; i < bytes.length; i++) {
    const pixels = widths[i]! * heights[i]! - widths[best]! * heights[best]!;
    if (pixels > 0 || (pixels === 0 && bytes[i]! > bytes[best]!)) best = i;
  }
  return best;
}

/** Bytes that go when only the largest is kept. */
export const freeable = (group: DuplicateGroup): number => groupBytes(group) - group.bytes[largestOf(group)]!;

/** Ids of all but the largest. */
export const smallerOnes = (group: DuplicateGroup): number[] => {
  const best = largestOf(group);
  return [...group.ids].filter((_, i) => i !== best);
};

/** The group without photos that are gone; null where fewer than two are left. */
export function withoutGone(group: DuplicateGroup, gone: ReadonlySet<number>): DuplicateGroup | null {
  const left = [...group.ids.keys()].filter((i) => !gone.has(group.ids[i]!));
  if (left.length === group.ids.length) return group;
  if (left.length < 2) return null;
  const integers = (values: Int32Array) => Int32Array.from(left, (i) => values[i]!);
  return {
    kind: group.kind,
    ids: integers(group.ids),
    contents: integers(group.contents),
    paths: left.map((i) => group.paths[i]!),
    bytes: left.map((i) => group.bytes[i]!),
    widths: integers(group.widths),
    heights: integers(group.heights),
  };
}

class Duplicates {
  /** the view is shown in the place of the library's */
  shown = $state(false);
  /** null until the first answer */
  report = $state.raw<DuplicateReport | null>(null);
  error = $state.raw<BridgeError | null>(null);
  kind = $state<DuplicateKind>('all');
  /** groups that are shown, from the first */
  most = $state(groupPage);
  readonly selection = new Selection();

  /** all that are left, those that take the most space first */
  readonly groups = $derived.by(() => {
    const { gone } = photoChanges;
    return (this.report?.groups ?? [])
      .flatMap((group) => withoutGone(group, gone) ?? [])
      .map((group) => ({ group, free: freeable(group) }))
      .sort((a, b) => b.free - a.free)
      .map(({ group }) => group);
  });
  readonly ofKind = $derived(this.kind === 'all' ? this.groups : this.groups.filter(({ kind }) => kind === this.kind));
  readonly bytes = $derived(sum(this.ofKind.map(groupBytes)));
  readonly free = $derived(sum(this.ofKind.map(freeable)));
  readonly #refreshSoon = throttled(() => this.#open && void this.load(), refreshMs);
  #asked = 0;
  #open = false;

  /** While the view is shown. @returns ends it */
  open(): () => void {
    this.#open = true;
    this.most = groupPage;
    void this.load();
    const off = on('library.changed', ({ photosChanged }) => photosChanged && this.#refreshSoon());
    return () => {
      off();
      this.#open = false;
      this.#asked++;
      this.selection.clear();
    };
  }

  async load(): Promise<void> {
    const ticket = ++this.#asked;
    try {
      const report = await request('photos.duplicates');
      if (ticket !== this.#asked) return;
      this.report = report;
      this.error = null;
      this.selection.keep(report.groups.flatMap(({ ids }) => [...ids]));
      if (!report.complete) this.#refreshSoon();
    } catch (error) {
      if (ticket === this.#asked) this.error = asBridgeError(error);
    }
  }

  /** All but the largest of each group of the kind that is shown: a suggestion, which the user can change. */
  selectSuggested(): void {
    this.selection.set(this.ofKind.flatMap(smallerOnes));
  }

  /** The selected photos, in the order of the list. */
  targets(): number[] {
    return this.groups.flatMap(({ ids }) => [...ids].filter((id) => this.selection.has(id)));
  }
}

export const duplicates = new Duplicates();
