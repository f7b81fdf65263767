/** Limits that the window and the command line share; apart from the contract, so that its schemas are not read for them. */

/** Longest sentence that is searched for, in UTF-16 code units. A longer one is refused, not cut. */
export const longestSentence = 1000;
