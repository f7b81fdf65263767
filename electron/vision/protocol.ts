/** What the vision worker can do. Features, hashes, thumbnails and tiny grey pictures cross between the processes, never a decoded photo. */
import type { PhotoPart } from '../../models/contract/encoder.ts';
import type { NamedEncoder } from '../../models/encoders.ts';
import type { PhotoMode } from '../../models/engine/modes.ts';
import type { ConversionJob, FoundWeights } from '../../models/contract/weights.ts';
import type { EngineName } from '../../models/engine/engine.ts';
import type { WorkerHost } from '../workers/host.ts';
import type { MethodHandlers } from '../workers/protocol.ts';
import type {
  Description,
  GreyPicture,
  Identity,
  Inspection,
  PicturesWanted,
  Roots,
  Thumbnail,
  ThumbnailRequest,
} from './vision.ts';

/** Photo files to open; see `Roots`. */
export interface Files {
  readonly paths: readonly string[];
  readonly roots: Roots;
}

/** A request's input and what it streams back, by name. */
export interface VisionMethods {
  /** who answers: for the about box, the logs and the tests */
  about: { input: undefined; item: WorkerInfo };
  /** one item per path, in any order; `index` counts the paths */
  identify: { input: Files & { keep?: boolean | undefined }; item: { index: number; identity: Identity } };
  describe: {
    input: Files & { encoder: EncoderSetup; pictures?: PicturesWanted | undefined };
    /** `decoded`: so many photos are decoded; features come for many photos at once, which may take minutes */
    item: { index: number; description: Description } | { decoded: number };
  };
  inspect: { input: Files; item: { index: number; inspection: Inspection } };
  grey: { input: Files & { side: number }; item: { index: number; picture: GreyPicture } };
  thumbnail: { input: ThumbnailRequest; item: Thumbnail };
  previews: { input: { thumbnails: readonly Uint8Array[] }; item: { index: number; preview: Uint8Array | null } };
  /** progress in bytes; the last item has warnings for the user */
  convert: {
    input: { encoder: string; job: ConversionJob };
    item: { doneBytes: number; totalBytes: number } | { warnings: string[] };
  };
}

/** The data to load an encoder; after a change the worker loads it again. */
export interface EncoderSetup extends NamedEncoder {
  readonly files: FoundWeights['files'];
  /** how often the files were damaged and made again under the same names */
  readonly replaced?: number | undefined;
  /** what is made in place of the encoder's own features */
  readonly part?: PhotoPart | undefined;
  /** how the photo side is computed; absent: in floats */
  readonly mode?: PhotoMode | undefined;
  /** the user's choice; absent: ONNX Runtime, or TensorFlow.js where that cannot load */
  readonly engine?: EngineName | undefined;
}

export interface WorkerInfo {
  readonly pid: number;
  readonly node: string;
  /** description of the engine; null before it is loaded */
  readonly engine: string | null;
}

export type VisionHost = WorkerHost<VisionMethods>;
export type VisionHandlers = MethodHandlers<VisionMethods>;
