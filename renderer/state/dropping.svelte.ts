/** What is dragged over the window. */
class Dropping {
  /** files from outside are over the window */
  files = $state(false);
  /** files, or a photo of the grid, are over the search field */
  onField = $state(false);
  /** lower edge of the search field in the window, CSS pixels; 0 where it is not shown */
  fieldBottom = $state(0);
}

export const dropping = new Dropping();
