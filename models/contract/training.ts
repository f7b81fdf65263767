/** Training models on an encoder's features, and measuring them. No database is involved: photos come with their features. */
import type { CutOffReport, RelevanceReport } from '../relevance/relevance-report.ts';
import type { WordGroup, WordReport } from '../relevance/word-report.ts';
import type { Split } from '../datasets/flickr30k.ts';
import type { Embedder } from './embedder.ts';
import type { ModelInformation, Recalls, SetRecalls } from './information.ts';

export type { CutOffReport, RelevanceReport, Split, WordGroup, WordReport };

/** A photo of a captioned dataset. */
export interface CaptionedPhoto {
  /** of its file, unique in its set */
  readonly name: string;
  /** name of the dataset, or folder of photos without captions, that it comes from */
  readonly set: string;
  readonly captions: readonly string[];
  /** read on demand, so that the features of all photos are not in memory at once */
  feature(): Float32Array;
  /** what is stored of its regions (`Regions`); absent or undefined: nothing is */
  regions?(): Uint8Array | undefined;
}

/** A photo of the split `train` may have no captions. */
export interface TrainingPhoto extends CaptionedPhoto {
  readonly split: Split;
}

export interface EvaluationOptions {
  /** measure the relevance, too */
  readonly relevance?: boolean | undefined;
}

export interface Evaluation {
  /** among all photos */
  readonly recalls: Recalls;
  /** of the photos of each set among themselves, in the order in which the sets appear */
  readonly sets: readonly SetRecalls[];
  readonly photos: number;
  readonly captions: number;
  /** how well single words find photos; null where it is not known which words the model was trained on */
  readonly words: WordReport | null;
  /** null where it was not requested, or cannot be measured */
  readonly relevance: readonly RelevanceReport[] | null;
}

/**
 * Everything that determines a training run besides the data and the seed. Its fields belong to the encoder; JSON keeps it
 * unchanged.
 */
export interface Recipe {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** The fields of a form for a recipe, by name. */
export type RecipeFields = Readonly<Record<string, string | number | boolean>>;

interface FieldOfForm {
  readonly name: string;
  /** the field is there with these choices only, by the names of the fields that hold them */
  readonly onlyFor?: Readonly<Record<string, string>>;
}

/** One of several. */
export interface ChoiceField extends FieldOfForm {
  readonly choices: readonly string[];
  /** choices with which a training takes about as long as with another recipe, and the field that is the number of epochs then */
  readonly timedAs?: Readonly<Record<string, { readonly recipe: string; readonly epochs: string }>>;
}

export interface NumberField extends FieldOfForm {
  readonly least: number;
  readonly most: number;
  /** a whole number */
  readonly whole: boolean;
}

export type RecipeField = ChoiceField | NumberField;

/** A form in which a user may set a recipe by hand. */
export interface RecipeForm {
  /** in the order in which they are asked for; the recipe's own check has the same limits. One named `epochs` is their number. */
  readonly fields: readonly RecipeField[];
  /** name of the choice that decides what kind of recipe it is */
  readonly kindField: string;
  /** by the choices of that field; the form begins with the first */
  readonly kinds: Readonly<Record<string, RecipeKind>>;
  /** @throws DescryError `recipe-invalid` that names every field that is wrong */
  recipe(fields: RecipeFields): Recipe;
}

export interface RecipeKind {
  /** name of the recipe that a form of this kind begins with, in `TrainingSupport.recipes` */
  readonly recipe: string;
  /** what the fields hold before anything is typed, with every choice that can be made */
  readonly defaults: Readonly<Record<string, string | number>>;
}

/** How long a training takes, about, on two cores and with the features and maps cached. */
export interface TrainingTime {
  /** before the first epoch: fitting the kernel machine, pre-training, reading the captions; null: not known, because nothing was measured */
  readonly secondsBefore: number | null;
  readonly secondsPerEpoch: number;
  /** how many epochs take that long, where the run has others, too, which are in `secondsBefore` */
  readonly epochs?: number;
}

export interface TrainingSupport {
  /** by name; the first is the default */
  readonly recipes: Readonly<Record<string, Recipe>>;
  /** @param source names the recipe in the message @throws DescryError `recipe-invalid` that names every field that is wrong */
  parse(value: unknown, source: string): Recipe;
  /** how many epochs a recipe may have */
  readonly epochLimits: { readonly least: number; readonly most: number };
  /** of a run from nothing */
  epochs(recipe: Recipe): number;
  /** of a run that fine-tunes, the number of epochs that do */
  withEpochs(recipe: Recipe, epochs: number): Recipe;
  /** @param photos of the train split */
  time(recipe: Recipe, photos: number): TrainingTime;
  /** whether anything is learnt from photos without captions; where not, a run leaves them out */
  readonly learnsWithoutCaptions: boolean;
  /** whether the recipe fine-tunes the photo side and so reads `TrainingRun.maps` */
  needsMaps(recipe: Recipe): boolean;
  /** null: recipes cannot be edited in a form */
  readonly form: RecipeForm | null;
}

export interface TrainingRun {
  /** of one or more sets; at least one with captions of the train and one of the val split */
  readonly photos: readonly TrainingPhoto[];
  readonly recipe: Recipe;
  /** 32 bits; the same seed, data and recipe give the same model */
  readonly seed: number;
  /** file of a model whose weights are the initial ones; null: random initial weights */
  readonly init: string | null;
  /**
   * After the run on the train split, train again on train and val together. Recall and relevance stay those of the
   * first run, which had not seen val.
   */
  readonly final: boolean;
  /** captions without photos, used in addition to the dataset's; captions of val and test photos among them are left out */
  readonly captions: readonly { readonly name: string; readonly caption: string }[];
  /** what comes before the part of the photo side that is fine-tuned; null where the recipe does not need it */
  readonly maps: PhotoMaps | null;
  /** The last checkpoint of a stage, undefined where there is none. A checkpoint that cannot be used is ignored. */
  checkpoint(stage: string): Promise<Uint8Array | undefined>;
}

export interface PhotoMaps {
  /** @param photos places in `TrainingRun.photos`, of train or val @returns [photos, `PhotoTuning.mapLength`] */
  read(photos: Int32Array): Promise<Float32Array>;
}

/** Of a run that trains several networks and joins them. */
export interface NetworkOfRun {
  /** from 1 */
  readonly network: number;
  readonly networks: number;
  /** of this network alone */
  readonly epoch: number;
  readonly epochs: number;
}

/** Of a run whose parts have steps of different length. */
export interface PartOfRun {
  readonly name: string;
  /** until the whole run ends, about, in steps as long as those of this part */
  readonly stepsLeft: number;
}

/** Progress of a training run. Not requesting the next update pauses the run; `return()` stops it. */
export type TrainingUpdate =
  /** to be kept until the run has ended; replaces the previous one */
  | { readonly kind: 'checkpoint'; readonly stage: string; readonly bytes: Uint8Array }
  /** the run continues after this epoch, from a checkpoint */
  | { readonly kind: 'resumed'; readonly epoch: number; readonly joined?: NetworkOfRun }
  /** What is found before the first epoch: of an added encoder without training, or of the model that the run starts from */
  | { readonly kind: 'start'; readonly recalls: Recalls; readonly sets: readonly SetRecalls[] }
  /** why the given checkpoint cannot be used */
  | { readonly kind: 'not-resumed'; readonly stage: string; readonly reason: string }
  /** the sentences of the run are encoded, before its first step */
  | { readonly kind: 'sentences'; readonly done: number; readonly total: number }
  | { readonly kind: 'pretraining'; readonly step: number; readonly steps: number; readonly loss: number }
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly part?: PartOfRun;
      readonly joined?: NetworkOfRun;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      readonly steps: number;
      /** mean over the epoch's steps */
      readonly loss: number;
      /** on the val photos of all sets together */
      readonly recalls: Recalls | null;
      /** on those of each set; empty where it was not measured */
      readonly sets: readonly SetRecalls[];
      /** whether this is the best epoch so far by the sum of all sets' val recall, so that a small set counts as a large one */
      readonly best: boolean;
      /** Opens the model in its present state; null where it reads features that the library does not have yet */
      readonly candidate: (() => Promise<Embedder>) | null;
      readonly part?: PartOfRun;
      readonly joined?: NetworkOfRun;
    };

export interface TrainedModel {
  readonly information: ModelInformation;
  /** of the model file */
  readonly bytes: Uint8Array;
  /** the epoch whose weights were kept; 0: those with which the run began */
  readonly epoch: number;
}
