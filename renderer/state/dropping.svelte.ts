/** What is dragged over the window. */
class Dropping {
  /** files from outside are over the window */
  files = $state(false);
  /** files, or a photo of the grid, are over the search field */
  onField = $state(false);
}

export const dropping = new Dropping();
