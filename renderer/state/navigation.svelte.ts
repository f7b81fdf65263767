/** Which view is shown, and what lies over it. */
export const views = ['search', 'library', 'training', 'settings'] as const;
export type View = (typeof views)[number];

class Navigation {
  view = $state<View>('search');
  shortcutsShown = $state(false);
  /** counts the wishes to have the search field focused: the field watches it */
  searchFocus = $state(0);

  go(view: View): void {
    this.view = view;
  }

  focusSearch(): void {
    this.view = 'search';
    this.searchFocus++;
  }
}

export const navigation = new Navigation();
