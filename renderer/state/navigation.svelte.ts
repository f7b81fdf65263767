/** Which view is shown, and what is shown over it. */
import { toasts } from '../ui/toasts.svelte.ts';

export const views = ['search', 'library', 'training', 'settings'] as const;
export type View = (typeof views)[number];

class Navigation {
  view = $state<View>('search');
  shortcutsShown = $state(false);
  /** grows each time the search field should be focused: the field watches it */
  searchFocus = $state(0);

  go(view: View): void {
    if (view !== this.view) toasts.viewLeft();
    this.view = view;
  }

  focusSearch(): void {
    this.go('search');
    this.searchFocus++;
  }
}

export const navigation = new Navigation();
