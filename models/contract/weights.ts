/**
 * The third-party weights that an encoder stands on, as data: where they come from, what exactly they must be, and how
 * the files that Descry loads are made of them. The assets service (electron/services/assets) carries it out and knows
 * nothing else of an encoder.
 *
 * Everything here is plain data (it survives JSON), so that it can cross to another process and a test can change it.
 */

/** One file of a package. */
export interface PinnedFile {
  /** inside the package, with forward slashes */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal */
  readonly sha256: string;
}

/**
 * An npm package: the npm registry is mirrored everywhere and hands out immutable, hashed tarballs. Only the named files
 * are taken out of a tarball; its dependencies and its code are never installed or run.
 */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** the tarball's, as in a package lock */
  readonly integrity: string;
  /** size of the tarball */
  readonly bytes: number;
  /** what it is for, in words that a user reads in a progress bar and in error messages, such as "ResNet50 weights" */
  readonly title: string;
  readonly licence: string;
  readonly files: readonly PinnedFile[];
}

/** How one file is made of another. */
export interface Conversion {
  /** names the converter; `Encoder.convert` knows it */
  readonly kind: string;
  /** raised with every change of the converter that changes what its files mean or hold: then everybody's are made anew */
  readonly version: number;
}

/** A copy of the user's own, which stands in the place of the pinned package. */
export interface OwnCopy {
  /** the environment variable that names it */
  readonly variable: string;
  /** what the variable may name, in words: "DESCRY_GLOVE names /x, which is not there: it takes [expects], or …tgz" */
  readonly expects: string;
  /** endings of such a file, lower case, with the dot; the pinned package's tarball (.tgz) is taken besides */
  readonly extensions: readonly string[];
  /** where the variable names a folder: the file in it that is meant; null where a folder is none */
  readonly fileInFolder: string | null;
  readonly conversion: Conversion;
}

/** One set of weights: a package, and the one file that is made of it. */
export interface WantedWeights {
  /** short and unique within an encoder: part of folder names, and the key of `FoundWeights.ids` */
  readonly name: string;
  readonly package: PinnedPackage;
  /** the file inside the package that is converted */
  readonly input: string;
  readonly conversion: Conversion;
  /** name of the converter's result in the asset's folder */
  readonly output: string;
  /** size of the result, about; for the check whether the disk has room */
  readonly outputBytes: number;
  /** the input is of no use once it is converted, and is deleted */
  readonly discardInput: boolean;
  /**
   * The files that the encoder is given, by the names under which it asks for them: the converter's result, or its input
   * (of an own copy: the user's file).
   */
  readonly files: Readonly<Record<string, 'input' | 'output'>>;
  readonly own: OwnCopy;
}

/** The files of all weights of an encoder, complete and verified: what the assets service answers. */
export interface FoundWeights {
  /** path of each file, by the names in `WantedWeights.files` */
  readonly files: Readonly<Record<string, string>>;
  /**
   * Which weights these are, by the names of the weights: `PACKAGE@VERSION`, or of an own copy `own-` and the first 12
   * hexadecimal digits of the SHA-256 of the converter's result.
   */
  readonly ids: Readonly<Record<string, string>>;
}

/** One conversion, ready to be carried out, here or in another process. */
export interface ConversionJob {
  readonly kind: Conversion['kind'];
  readonly input: string;
  readonly output: string;
}

/**
 * Carries a conversion out.
 *
 * @param onProgress bytes read so far, and in all
 * @returns what the user should know about the result, in words; empty where all is well
 */
export type Convert = (
  job: ConversionJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
) => Promise<string[]>;
