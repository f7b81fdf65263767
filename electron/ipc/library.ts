/**
 * What the main process asks of the library's process: the requests of the window that are not its own, and the few
 * things that it needs itself for dialogs, the clipboard and photo://. Messages go by electron/workers/protocol.ts.
 */
import type { Picture } from './photo-url.ts';
import type { EventName, LibraryRequest, ModelSummary } from './contract.ts';

export interface LibraryMethods {
  /** Opens the library. Sends `opened`, and then events and lines for the log, for as long as the process lives. */
  open: { input: LibraryEnvironment; item: LibraryItem };
  /** Stops all work at a safe point and closes the database; true: it is still open, and `shrink` should follow. */
  close: { input: undefined; item: boolean };
  /** Writes the database anew in less room, and closes it. */
  shrink: { input: undefined; item: void };
  /** A request of the window; the argument has been parsed, the answer has not. */
  request: { input: { readonly name: LibraryRequest; readonly argument: unknown }; item: unknown };
  /** in words, such as "ONNX Runtime 1.30.0, CPU, 2 threads"; null before it is loaded */
  engine: { input: undefined; item: string | null };
  /** @throws DescryError `not-found` */
  photoPath: { input: number; item: string };
  /** of many at once, in their order; null: the photo is not in the library any more */
  photoPaths: { input: readonly number[]; item: readonly (string | null)[] };
  /** The user deletes these files: many photos that vanish now are not asked about. */
  deleting: { input: readonly string[]; item: void };
  /** Upright, as PNG, for the clipboard. */
  photoAsImage: { input: number; item: Uint8Array };
  importModel: { input: string; item: ModelSummary };
  exportModel: { input: { readonly model: string; readonly file: string }; item: void };
  /** folders that files may be served from, absolute */
  photoRoots: { input: undefined; item: readonly string[] };
  /** undefined where there is no such photo; made on demand where it is not in the cache */
  thumbnail: { input: number; item: Picture | undefined };
  /** fits the screen, in a format that Chromium shows */
  preview: { input: number; item: Picture | undefined };
  /** the same, decoded by Descry */
  decoded: { input: number; item: Picture | undefined };
}

/** Where the library's process finds what it works with. */
export interface LibraryEnvironment {
  /** folder of the library */
  readonly home: string;
  /** the weights that came with the program */
  readonly builtInModel: string;
}

export type LibraryItem =
  | { readonly kind: 'opened' }
  | { readonly kind: 'event'; readonly name: EventName; readonly payload: unknown }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      /** as text: an error's class does not survive the way */
      readonly detail: string | undefined;
    };
