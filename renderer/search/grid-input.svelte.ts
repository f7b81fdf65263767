/** What the pointer and the keys do in the grid: the focus, the selection, stacks, and actions on photos. */
import { drag } from '../state/drag.ts';
import { fileActions } from '../state/file-actions.svelte.ts';
import { moreLikeThis } from '../state/like.ts';
import { photoChanges } from '../state/photo-changes.svelte.ts';
import { search } from '../state/search.svelte.ts';
import { selection } from '../state/selection.svelte.ts';
import { actionOf, movedFocus, type GridAction } from './grid-keys.ts';
import {
  allIds,
  areFavourites,
  idsAt,
  idsFromTo,
  selectTo,
  targetsOf,
  toggleAt,
  type GridList,
} from './grid-selection.ts';
import { placesWithin, type GridLayout } from './layout.ts';
import { monthAt, type Months } from './months.ts';
import { RubberBand, type RubberBandHost } from './rubber-band.svelte.ts';

export interface GridHost extends Pick<RubberBandHost, 'scroller' | 'toLayout'> {
  list(): GridList;
  layout(): GridLayout;
  months(): Months;
  /** place that has, or will take, the focus */
  active(): number;
  viewport(): number;
  open(index: number): void;
  toggleStack(place: number): void;
  focusActive(): void;
  /** the grid was scrolled from here */
  follow(): void;
}

export interface OpenMenu {
  /** photos that its actions are for, and the one that it was opened on, as an index of the list */
  readonly ids: readonly number[];
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

const hits = (event: Event, part: string) => event.target instanceof Element && event.target.closest(part) !== null;

/** The place of the photo that an event is on. */
export function placeOfEvent(event: Event): number | null {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-place]') : null;
  return cell ? Number(cell.dataset['place']) : null;
}

export class GridInput {
  menu = $state.raw<OpenMenu | null>(null);
  readonly band: RubberBand;
  readonly #host: GridHost;
  /** the place that had the focus before the pointer went down */
  #pressedFrom = 0;
  /** it went down beside the photos */
  #pressedBeside = false;

  constructor(host: GridHost) {
    this.#host = host;
    this.band = new RubberBand({
      scroller: () => host.scroller(),
      toLayout: (x, y) => host.toLayout(x, y),
      onbegin: (additive) => {
        if (additive) selection.begin();
        else selection.clear();
      },
      onchange: (rectangle) => {
        host.follow();
        const list = host.list();
        selection.extend(placesWithin(host.layout(), rectangle).flatMap((place) => idsAt(list, place)));
      },
      onend: (rectangle) => {
        if (rectangle === null) {
          if (this.#pressedBeside) selection.clear();
          return;
        }
        const last = placesWithin(host.layout(), rectangle).at(-1);
        if (last !== undefined) this.#focus(last);
      },
    });
  }

  /** The selected photos; without a selection those that have the focus. */
  targets(): number[] {
    return targetsOf(this.#host.list(), selection, this.#host.active());
  }

  monthIds(heading: number): number[] {
    const { starts } = this.#host.months();
    const list = this.#host.list();
    return idsFromTo(list, starts[heading]!, (starts[heading + 1] ?? list.shown.indices.length) - 1);
  }

  selectMonth(heading: number): void {
    const ids = this.monthIds(heading);
    selection.toggle(ids, ids[0] ?? null);
  }

  areFavourites(ids: readonly number[]): boolean {
    return areFavourites(this.#host.list(), ids, (id, listed) => photoChanges.isFavourite(id, listed));
  }

  toggleFavourites(ids: readonly number[]): void {
    void photoChanges.setFavourite(ids, !this.areFavourites(ids));
  }

  like(ids: readonly number[]): void {
    const { photos } = this.#host.list();
    moreLikeThis(ids.map((id) => photos.contents[photos.ids.indexOf(id)]!));
  }

  readonly #actions: Record<GridAction, () => void> = {
    open: () => this.#host.open(this.#host.list().shown.indices[this.#host.active()]!),
    'open-or-toggle': () => this.#actions[selection.active ? 'toggle' : 'open'](),
    toggle: () => toggleAt(this.#host.list(), selection, this.#host.active()),
    all: () => selection.set(allIds(this.#host.list())),
    none: () => selection.clear(),
    month: () => {
      const { starts } = this.#host.months();
      if (starts.length > 0) this.selectMonth(monthAt(starts, this.#host.active()));
    },
    stack: () => this.#host.toggleStack(this.#host.active()),
    favourite: () => this.toggleFavourites(this.targets()),
    copy: () => void fileActions.copyFiles(this.targets()),
    trash: () => fileActions.trash(this.targets()),
  };

  readonly onkeydown = (event: KeyboardEvent): void => {
    const list = this.#host.list();
    if (event.altKey || list.shown.indices.length === 0) return;
    const key = { key: event.key, control: event.ctrlKey || event.metaKey, shift: event.shiftKey };
    const action = actionOf(key);
    // A month's heading is a button of its own.
    const forButton = event.target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter');
    if (forButton) return;
    if (action !== null && (action !== 'none' || selection.active)) {
      event.preventDefault();
      this.#actions[action]();
      return;
    }
    const from = this.#host.active();
    const target = movedFocus(this.#host.layout(), from, key, this.#host.viewport());
    if (target === null) return;
    event.preventDefault();
    if (event.shiftKey) selectTo(list, selection, target, from);
    else selection.anchor = null;
    this.#focus(target);
  };

  readonly onclick = (event: MouseEvent): void => {
    const place = placeOfEvent(event);
    if (place === null || this.band.justEnded) return;
    const list = this.#host.list();
    if (hits(event, '[data-stack]')) this.#host.toggleStack(place);
    else if (event.shiftKey) selectTo(list, selection, place, this.#pressedFrom);
    else if (event.ctrlKey || event.metaKey || selection.active || hits(event, '[data-check]')) {
      toggleAt(list, selection, place);
    } else this.#host.open(list.shown.indices[place]!);
  };

  readonly oncontextmenu = (event: MouseEvent): void => {
    const place = placeOfEvent(event);
    if (place === null) return;
    event.preventDefault();
    const list = this.#host.list();
    const index = list.shown.indices[place]!;
    search.active = index;
    this.menu = { ids: this.#idsFor(place), index, x: event.clientX, y: event.clientY };
  };

  readonly ondragstart = (event: DragEvent): void => {
    const place = placeOfEvent(event);
    event.preventDefault();
    // With a key held, a rectangle is drawn over the photos instead.
    if (place === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    drag.start(this.#idsFor(place));
  };

  readonly onpointerdown = (event: PointerEvent): void => {
    const withKey = event.ctrlKey || event.metaKey || event.shiftKey;
    const onPhoto = placeOfEvent(event) !== null;
    this.#pressedFrom = this.#host.active();
    this.#pressedBeside = !onPhoto && !withKey;
    if (event.button !== 0 || event.pointerType === 'touch' || hits(event, 'button') || (onPhoto && !withKey)) return;
    const scroller = this.#host.scroller();
    if (event.clientX > scroller.getBoundingClientRect().left + scroller.clientWidth) return; // on the scroll bar
    this.band.press(event);
  };

  /** All that is selected where the photo of this place is; else the place alone. */
  #idsFor(place: number): number[] {
    const list = this.#host.list();
    const isSelected = selection.has(list.photos.ids[list.shown.indices[place]!]!);
    return isSelected ? targetsOf(list, selection, place) : idsAt(list, place);
  }

  #focus(place: number): void {
    search.active = this.#host.list().shown.indices[place]!;
    this.#host.focusActive();
  }
}
