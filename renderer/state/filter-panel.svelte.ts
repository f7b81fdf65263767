/** The panel of filters: whether it is open, where in it one wants to be, and what the photos that are found have. */
import type { Facets, SearchForm } from '../../electron/ipc/contract.ts';
import { request } from '../base/api.ts';
import { SequenceGuard } from './sequence.ts';
import type { FilterAspect } from '../../electron/ipc/filter-aspects.ts';

class FilterPanel {
  open = $state(false);
  /** the aspect that should be in sight and have the focus; null: none of them; the panel takes it and sets it to undefined */
  wanted = $state.raw<FilterAspect | null | undefined>(undefined);
  facets = $state.raw<Facets | null>(null);
  /** the newest request failed; the facets, if there are any, are those of an earlier one */
  failed = $state(false);
  #guard = new SequenceGuard();

  show(aspect: FilterAspect | null = null): void {
    this.open = true;
    this.wanted = aspect;
  }

  close(): void {
    this.open = false;
    this.wanted = undefined;
    this.facets = null;
    this.failed = false;
    this.#guard.dismissAll();
  }

  async load(form: SearchForm): Promise<void> {
    const ticket = this.#guard.issue();
    try {
      const facets = await request('search.facets', form);
      if (!this.#guard.accept(ticket)) return;
      this.facets = facets;
      this.failed = false;
    } catch {
      if (this.#guard.accept(ticket)) this.failed = true;
    }
  }
}

export const filterPanel = new FilterPanel();
