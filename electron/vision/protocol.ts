/**
 * What the vision worker can do, and the messages that carry it. Everything crosses by structured clone: plain objects
 * and typed arrays, never a decoded photo.
 */
import type { ConversionJob } from '../../models/weights/conversion.ts';
import type { EncoderFiles } from '../../models/resnet50/encoder.ts';
import type { EngineName } from '../../models/engine/engine.ts';
import type { ErrorCode } from '../../models/errors.ts';
import type { Description, Identity, ThumbnailRequest } from './vision.ts';

/** A request's input and what it streams back, by name. */
export interface VisionMethods {
  /** who answers: for the about box, the logs and the tests */
  about: { input: undefined; item: WorkerInfo };
  /** one item per path, in any order; `index` counts the paths */
  identify: { input: { paths: readonly string[] }; item: { index: number; identity: Identity } };
  describe: {
    input: { paths: readonly string[]; encoder: EncoderSetup };
    item: { index: number; description: Description };
  };
  thumbnail: { input: ThumbnailRequest; item: Uint8Array };
  /** progress in bytes; the last item carries what the user should know */
  convert: { input: ConversionJob; item: { doneBytes: number; totalBytes: number } | { warnings: string[] } };
}

/** What the worker needs to load ResNet50; a change makes it load anew. */
export interface EncoderSetup {
  readonly files: EncoderFiles;
  /** the user's choice; absent: ONNX Runtime, or TensorFlow.js where that cannot load */
  readonly engine?: EngineName | undefined;
  readonly threads?: number | undefined;
}

export interface WorkerInfo {
  readonly pid: number;
  readonly node: string;
  /** in words; null as long as none is loaded */
  readonly engine: string | null;
}

/** A worker's requests by name: what each is given, and what it streams back. */
export type MethodMap<Methods> = { [K in keyof Methods]: { input: unknown; item: unknown } };

/** What a worker process carries out: `run` of the host reaches these. */
export type Pipeline<Methods extends MethodMap<Methods>> = {
  [K in keyof Methods]: (
    input: Methods[K]['input'],
    /** aborted when the caller cancels */
    signal: AbortSignal,
  ) => AsyncIterable<Methods[K]['item']>;
};
export type VisionPipeline = Pipeline<VisionMethods>;

export type ToWorker =
  | { readonly type: 'run'; readonly request: number; readonly method: PropertyKey; readonly input: unknown }
  | { readonly type: 'cancel'; readonly request: number };

export type FromWorker =
  | { readonly type: 'item'; readonly request: number; readonly item: unknown }
  | { readonly type: 'done'; readonly request: number }
  | {
      readonly type: 'failed';
      readonly request: number;
      readonly error: { readonly code: ErrorCode; readonly message: string };
    };

/** A two-way channel to the other process: Electron's ports and Node's child processes differ only in names. */
export interface Port<Out, In> {
  post(message: Out): void;
  listen(onMessage: (message: In) => void): void;
}

/** The worker process as its supervisor holds it. */
export interface WorkerProcess extends Port<ToWorker, FromWorker> {
  /** Called once, when the process has ended, with its exit code or signal in words. */
  onExit(listener: (how: string) => void): void;
  kill(): void;
}
