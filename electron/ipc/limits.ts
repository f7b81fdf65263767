/**
 * Limits of the contract and default settings as plain values. The schemas of contract.ts are made of them, and the
 * window takes them from here: contract.ts would bring the whole of zod into its page.
 */

/** Longest sentence that is searched for, in UTF-16 code units. A longer one is refused, not cut. */
export const longestSentence = 1000;

export const limits = {
  /** photos in one ranking */
  rankedPhotos: 10_000,
  /** pictures in one answer */
  thumbnailsAtOnce: 64,
  previewsAtOnce: 4096,
  /** of one ThumbHash, which has 5 bytes and up to 7 × 7 numbers of 4 bits in each of four channels */
  previewBytes: 64,
  /** files that could not be indexed, in one answer */
  failures: 1000,
  /** files of one reason that the window lists */
  leftOutNames: 1000,
  /** patterns of what is left out of a folder, and characters of each */
  excludes: 100,
  excludeLength: 500,
  /** CSS pixels */
  thumbnailSize: { least: 80, most: 400 },
  /** MB */
  thumbnailCache: { least: 64, most: 65_536 },
  /** characters of a model's name */
  modelName: 64,
  /** folders that a model is trained on */
  trainingFolders: 32,
  /** characters */
  camera: 200,
  savedName: 100,
  /** photos that a search asks to be like */
  examples: 20,
  /** photos that something is done with at once */
  selection: 1_000_000,
  seed: 4_294_967_295,
  /** stays free on the disk of the library when another model is chosen: the database's log, and what else is written there */
  keptFreeBytes: 100e6,
} as const;

/** Of the network that looks at photos: its numbers; `automatic`: what is fastest on this computer. */
export const precisions = ['automatic', 'float', '8-bit'] as const;

/** What is set before the user sets anything; the schema `settings` of contract.ts says what each may be. */
export const defaultSettings = {
  theme: 'system',
  effort: 'medium',
  startAtLogin: false,
  keepInTray: false,
  lookForUpdates: false,
  layout: 'justified',
  thumbnailSize: 200,
  showScores: false,
  precision: 'automatic',
  thumbnailCacheMb: 1024,
} as const;
