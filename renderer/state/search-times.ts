/** When the window asks for a search, and how much of its answer. */

export const debounceMs = 120;
/** a query that stayed this long is worth remembering */
export const dwellMs = 4000;
/** while photos are being indexed, what is shown is refreshed no more often than this */
export const refreshMs = 2000;
/** photos of the first answer: a dozen screens of the grid. The others are asked for when nothing was typed for a moment */
export const firstPhotos = 1000;
export const restMs = 500;
/** the contract's limit of parts that stay a description */
export const mostLiteral = 50;
