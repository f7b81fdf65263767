/**
 * The contract of an encoder, which makes photos and sentences comparable.
 *
 *     photo file ─ preprocessing ─▶ pixels ─ PhotoEncoder ─▶ feature ─┐
 *                                                                     ├─ OpenModel ─▶ embeddings ─▶ inner product
 *     sentence ───────────────────────────────────────────────────────┘
 *
 * A feature is expensive to compute; it is cached for each photo, by the encoder's identity. A model computes an embedding
 * from a feature in milliseconds, so that models can be exchanged without opening a photo.
 *
 * Only an implementation's own folder depends on the length of its features, the side of its pictures, and how it reads
 * sentences. Implementations are listed in models/encoders.ts. A member is null where an implementation lacks that ability;
 * callers never test which implementation they have.
 */
import type { AddedEncoder } from './added-encoder.ts';
import type { Engine } from '../engine/engine.ts';
import type { Embedder } from './embedder.ts';
import type { EncoderIdentity, ModelInformation } from './information.ts';
import type { PhotoMode } from '../engine/modes.ts';
import type { EncodedRegions, RegionEmbedder, Regions } from './regions.ts';
import type {
  CaptionedPhoto,
  Evaluation,
  EvaluationOptions,
  TrainedModel,
  TrainingRun,
  TrainingSupport,
  TrainingUpdate,
} from './training.ts';
import type { Convert, FoundWeights, WantedWeights } from './weights.ts';

export interface Encoder {
  /** short and unique, lower case: in model files, in messages to the workers, on the command line */
  readonly id: string;
  /** what a user reads, such as "ResNet50 and GloVe" */
  readonly title: string;
  /** null: it comes with Descry */
  readonly added: AddedEncoder | null;
  /** version of what a feature is; see `EncoderIdentity` */
  readonly version: number;
  readonly weights: readonly WantedWeights[];
  /** carries out the conversions that `weights` names; may run in another process */
  readonly convert: Convert;
  /** The identity of the features that these weights make. */
  identity(ids: FoundWeights['ids']): EncoderIdentity;
  readonly preprocessing: Preprocessing;
  /** count of numbers in a feature */
  readonly featureLength: number;
  /**
   * How a library stores its features. `packed`: they are averages and deviations of a convolutional network, which
   * models/files/packed-features.ts rounds; absent: in half precision.
   */
  readonly stored?: 'packed';
  /** the parts of a photo that it looks at besides the whole frame; null: none */
  readonly regions: Regions | null;
  /** The modes of the photo side that can be tried with this engine and these files; `float` is always one. */
  modes(engine: Engine, files: FoundWeights['files']): readonly PhotoMode[];
  /** Loads the photo side, for the process that opens photos. @param files paths, by the names in `weights` @param mode default: `float` */
  openPhotos(engine: Engine, files: FoundWeights['files'], mode?: PhotoMode): Promise<PhotoEncoder>;
  /** For the process that searches. Loads nothing before a model is opened. */
  open(weights: FoundWeights, engine: () => Promise<Engine>): OpenEncoder;
  /**
   * Reads the description in a model file of this encoder, without its weights.
   * @throws DescryError `model-invalid` with what is wrong; `not-found`, `no-permission` where there is nothing to read
   */
  readInformation(file: string): Promise<ModelInformation>;
  /** The model without a file, of an encoder whose features and sentences are comparable without one; else null. */
  readonly zeroShot: Pick<ModelInformation, 'data' | 'createdAt'> | null;
  /** How photos that may be near-duplicates are found by their features; null: they cannot be. */
  readonly nearDuplicates: FeatureComparison | null;
  /** null: no model can be trained on its features; `OpenEncoder.train` is then null, too */
  readonly training: TrainingSupport | null;
  /** null: its photo side cannot be fine-tuned */
  readonly tuning: PhotoTuning | null;
}

/**
 * An encoder whose photo side learns, in part, with a model. That part is then in the model's file, and the model reads
 * features that only it makes (`ModelInformation.tuned`). What comes before it stays as it is, and its result, a map, is
 * computed once for each training photo.
 */
export interface PhotoTuning {
  /** count of numbers in a map */
  readonly mapLength: number;
  /** Loads the photo side as for `openPhotos`, but with maps in place of features. */
  openMaps(engine: Engine, files: FoundWeights['files']): Promise<PhotoEncoder>;
  /**
   * Loads the photo side of a fine-tuned model.
   * @param model path of its file
   * @throws DescryError `model-invalid` where the file has no such part
   */
  openTuned(engine: Engine, files: FoundWeights['files'], model: string): Promise<PhotoEncoder>;
}

/** What is made of a photo in place of the encoder's own features: maps, or the features of the fine-tuned model in a file. */
export type PhotoPart = { readonly kind: 'maps' } | { readonly kind: 'tuned'; readonly model: string };

/** A comparison of two features that says which photos are worth a comparison of their pixels. */
export interface FeatureComparison {
  /** @returns a vector of L2 norm 1; unrelated photos have vectors of cosine about 0 */
  vector(feature: Float32Array): Float32Array;
  /** least cosine of the vectors of near-duplicates */
  readonly leastCosine: number;
}

/** How a photo becomes pixels. Pixels are [side, side, 3], sRGB, rows from the top, channels last. */
export interface Preprocessing {
  /** of the square, in pixels */
  readonly side: number;
  /** `squash`: the whole frame, whatever its shape; `crop`: the largest square in its middle */
  readonly fit: 'squash' | 'crop';
  /** how pixels between those of the photo are computed; absent: as the decoder does it best (Lanczos) */
  readonly resample?: 'linear' | 'cubic' | 'lanczos3';
  /**
   * Of each channel, red first, on a scale from 0 to 1: (value − mean) / deviation, as float32.
   * null: the encoder takes the bytes, 0 to 255.
   */
  readonly normalisation: {
    readonly mean: readonly [number, number, number];
    readonly deviation: readonly [number, number, number];
  } | null;
}

/** What the photo side takes of bytes of pixels. */
export function networkPixels(
  bytes: Uint8Array,
  { normalisation }: Pick<Preprocessing, 'normalisation'>,
): Uint8Array | Float32Array {
  if (normalisation === null) return bytes;
  const { mean, deviation } = normalisation;
  const pixels = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) pixels[i] = (bytes[i]! / 255 - mean[i % 3]!) / deviation[i % 3]!;
  return pixels;
}

/** The photo side: pixels → features. */
export interface PhotoEncoder {
  /**
   * @param pixels [count, side, side, 3]: bytes, or floats where the preprocessing normalises
   * @returns features [count, featureLength]
   */
  encode(pixels: Uint8Array | Float32Array, count: number): Promise<Float32Array>;
  /** As `encode`, with what is stored of the regions. null: the encoder has none. */
  readonly encodeRegions: ((pixels: Uint8Array | Float32Array, count: number) => Promise<EncodedRegions>) | null;
  dispose(): Promise<void>;
}

/** An encoder with its weights. Data that its models share is loaded once, with the first model. */
export interface OpenEncoder {
  readonly identity: EncoderIdentity;
  /**
   * @param name of the model, for messages
   * @param source path of a model file, or its bytes; null: the zero-shot model
   * @throws DescryError `model-invalid`; `model-incompatible` where the model needs other weights than these
   */
  openModel(name: string, source: string | Uint8Array | null): Promise<OpenModel>;
  /**
   * Trains a model on features and captions.
   * @returns the finished model
   * @throws DescryError `recipe-invalid`, `training-diverged`, `model-incompatible`, …
   */
  readonly train: ((run: TrainingRun) => AsyncGenerator<TrainingUpdate, TrainedModel>) | null;
}

/** A model ready for work. */
export interface OpenModel extends Embedder {
  readonly information: ModelInformation;
  /** Which words of a sentence are known. For an encoder that reads every word, all of them are. */
  analyse(sentence: string): SentenceAnalysis;
  /**
   * The analysis of a sentence that a search can use.
   * @throws DescryError `query-empty` without a word, `query-unknown` without a known one
   */
  requireKnown(sentence: string): SentenceAnalysis;
  /** null: the model cannot estimate relevance, and every result counts as relevant */
  readonly judge: Judge | null;
  /** null: it compares sentences with whole photos only */
  readonly regions: RegionEmbedder | null;
  /** Recall on captioned photos, how well their words find them, and, on request, the reliability of the relevance on them. */
  evaluate(photos: readonly CaptionedPhoto[], options?: EvaluationOptions): Promise<Evaluation>;
}

export interface UnknownWord {
  readonly word: string;
  /** the nearest known spelling */
  readonly suggestion: string | null;
}

/** A known content word that few or no captions of the training photos have. */
export interface HardlyKnownWord {
  readonly word: string;
  /** `classes`: it names what the image network was trained to tell apart; `similar`: only through words of similar meaning */
  readonly by: 'classes' | 'similar';
}

export interface SentenceAnalysis {
  readonly tokens: readonly string[];
  /** tokens, or parts of compounds, that the encoder understands */
  readonly known: readonly string[];
  /** tokens that it does not understand, each once */
  readonly unknown: readonly UnknownWord[];
  /** of the known ones, each once; none where the encoder does not learn words from the captions of its models */
  readonly hardlyKnown: readonly HardlyKnownWord[];
}

/** What must not be seen on the photos. */
export interface Negated {
  readonly sentence: string;
  /** inner products of the same photos with it */
  readonly scores: Float32Array;
}

/**
 * @param scores inner products of the ranked photos, best first
 * @param searched how many photos were searched
 * @param negated what must not be seen: the relevance is the probability of a match that shows none of it
 */
export type Judge = (
  sentence: string,
  scores: Float32Array,
  searched: number,
  negated?: readonly Negated[],
) => Judgement;

export interface Judgement {
  /** calibrated probability that a person would call the photo a match, 0–1, one per score */
  readonly relevance: Float32Array;
  /** how many results from the top are probably relevant; it needs an order by relevance */
  readonly goodMatches: number;
  /** whether the best one is relevant enough to be called a match */
  readonly sure: boolean;
}
