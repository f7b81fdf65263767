/** Made-up training runs for the preview of the window. */
import { clipTraining } from '../../models/clip/recipe.ts';
import { training as encoder } from '../../models/resnet50-glove/recipe-form.ts';
import type {
  DatasetReport,
  ModelSummary,
  PhotoFolderReport,
  RecipeForm,
  SetRecalls,
  TrainableEncoder,
  TrainingPoint,
  TrainingState,
} from '../../electron/ipc/contract.ts';
import type { scenes } from './pictures.ts';
import { sceneOf, sequence } from './pictures.ts';

const stepsPerEpoch = 61;
const epochs = 30;

export const secondDataset: DatasetReport = {
  path: '/home/anna/Datasets/our photos of 2026',
  photos: 1240,
  captions: 1240,
  missingPhotos: 0,
  malformedRows: 0,
  photosWithoutCaptions: 25,
  photosWithoutSplit: 0,
  splits: { train: 992, val: 124, test: 124 },
  splitSource: { kind: 'seed' },
  toEncode: 1240,
  secondsToEncode: 50,
  trainingTimes: {
    default: { secondsBefore: 9, secondsPerEpoch: 3.7, epochs: 5 },
    layers: { secondsBefore: 6, secondsPerEpoch: 2.6, epochs: 24 },
    seed: { secondsBefore: 0, secondsPerEpoch: 0.7, epochs: 30 },
  },
  estimatedBytes: 11_000_000,
};

export const photoFolderReport: PhotoFolderReport = {
  path: '/home/anna/Pictures',
  photos: 3300,
  toEncode: 0,
  secondsToEncode: 0,
  estimatedBytes: 0,
};

export const datasetReport: DatasetReport = {
  path: '/home/anna/Datasets/flickr30k',
  photos: 31_783,
  captions: 158_914,
  missingPhotos: 12,
  malformedRows: 1,
  photosWithoutCaptions: 0,
  photosWithoutSplit: 0,
  splits: { train: 29_783, val: 1000, test: 1000 },
  splitSource: { kind: 'karpathy', file: 'dataset_flickr30k.json' },
  toEncode: 24_692,
  secondsToEncode: 324,
  trainingTimes: {
    default: { secondsBefore: 57, secondsPerEpoch: 22.6, epochs: 5 },
    layers: { secondsBefore: 37, secondsPerEpoch: 16, epochs: 24 },
    seed: { secondsBefore: 0, secondsPerEpoch: 4.2, epochs: 30 },
  },
  estimatedBytes: 268_000_000,
};

/** @param added with one that was added, whose model is in use */
export function trainableEncoders(added: boolean): TrainableEncoder[] {
  const builtIn: TrainableEncoder = {
    ...{ id: 'resnet50-glove', title: 'ResNet50 and GloVe', added: false, inUse: !added, learnsWithoutCaptions: true },
    ...{ recipes: Object.keys(encoder.recipes), form: recipeForm },
  };
  if (!added) return [builtIn];
  const { recipes, form } = clipTraining({ dimensions: 512, measured: null });
  const { fields, kindField, kinds } = form!;
  return [
    {
      ...{ id: 'clip-vit-b32', title: 'CLIP ViT-B/32', added: true, inUse: true, learnsWithoutCaptions: false },
      ...{ recipes: Object.keys(recipes), form: { fields, kindField, kinds } },
    },
    builtIn,
  ];
}

const recipeForm: RecipeForm = {
  ...encoder.form!,
  kinds: {
    kernel: { recipe: 'default', defaults: { ...encoder.form!.kinds['kernel']!.defaults, epochs: 9 } },
    layers: { recipe: 'layers', defaults: { ...encoder.form!.kinds['layers']!.defaults, epochs: 24 } },
  },
};

function history(until: number): TrainingPoint[] {
  const next = sequence(5);
  return Array.from({ length: Math.floor(until / 10) }, (_, i) => {
    const step = (i + 1) * 10;
    const epoch = step / stepsPerEpoch;
    const measured = Math.floor(epoch) > Math.floor((step - 10) / stepsPerEpoch);
    const gain = 1 - Math.exp(-epoch / 6);
    const recall = (share: number) => ({
      r1: 24.5 * gain * share + next(),
      r5: 52 * gain * share + next(),
      r10: 66 * gain * share + next(),
      medianRank: Math.round(5 + 90 * Math.exp(-epoch / 3)),
    });
    return {
      epoch: Math.ceil(epoch),
      step: ((step - 1) % stepsPerEpoch) + 1,
      loss: 1.1 + 3.6 * Math.exp(-epoch / 5) + (next() - 0.5) * 0.22,
      recall: measured ? { textToImage: recall(1), imageToText: recall(1.25) } : null,
      sets: measured
        ? [
            { set: 'flickr30k', photos: 1000, recalls: { textToImage: recall(1), imageToText: recall(1.25) } },
            { set: 'our photos of 2026', photos: 124, recalls: { textToImage: recall(1.4), imageToText: recall(1.6) } },
          ]
        : [],
    };
  });
}

const pictures = (scene: (typeof scenes)[number], from: number, count: number): number[] => {
  const found = [];
  for (let id = from; found.length < count; id++) if (sceneOf(id) === scene) found.push(id);
  return found;
};

const samples: TrainingState['samples'] = [
  {
    query: 'a boat on the sea',
    now: pictures('sea', 1, 5),
    before: [...pictures('sea', 1, 2), ...pictures('beach', 9, 2), ...pictures('lake', 4, 1)],
  },
  {
    query: 'hot air balloons over the hills',
    now: pictures('balloons', 30, 5),
    before: [...pictures('balloons', 30, 3), ...pictures('meadow', 2, 2)],
  },
];

export function runningRun(encoder?: string): TrainingState {
  return {
    state: 'training',
    settings: {
      datasets: [datasetReport.path, secondDataset.path],
      photos: [],
      recipe: 'default',
      overrides: {},
      name: null,
      init: null,
      seed: 1,
      ...(encoder === undefined ? {} : { encoder }),
    },
    epoch: 18,
    epochs,
    step: 23,
    steps: stepsPerEpoch,
    secondsLeft: 164,
    history: history(1060),
    samples,
    result: null,
    error: null,
  };
}

function setsOf(first: number, second: number): SetRecalls[] {
  const recalls = (r1: number) => {
    const recall = { r1, r5: r1 + 28, r10: r1 + 41, medianRank: 4 };
    return { textToImage: recall, imageToText: recall };
  };
  return [
    { set: 'flickr30k', photos: 1000, recalls: recalls(first) },
    { set: 'our photos of 2026', photos: 124, recalls: recalls(second) },
  ];
}

export function finishedRun(present: ModelSummary, encoder?: string): TrainingState {
  return {
    ...runningRun(encoder),
    state: 'finished',
    epoch: epochs,
    step: stepsPerEpoch,
    secondsLeft: null,
    history: history(stepsPerEpoch * epochs),
    model: 'default-2026-05-14',
    result: {
      model: {
        ...present,
        id: 'default-2026-05-14',
        encoder: encoder ?? present.encoder,
        builtIn: false,
        inUse: false,
        sets: setsOf(27.1, 33.9),
      },
      recall: {
        textToImage: { r1: 27.1, r5: 55.6, r10: 68.8, medianRank: 4 },
        imageToText: { r1: 34.2, r5: 61.5, r10: 75, medianRank: 3 },
      },
      present: present.recall,
      presentModel: present.id,
      presentSets: setsOf(25.4, 34.6),
    },
  };
}

/** @param now ms since the epoch */
export const modelSummaries = (now: number): ModelSummary[] => [
  {
    id: 'default',
    encoder: 'resnet50-glove',
    recipe: 'default',
    data: 'Flickr30K, 7,091 photos',
    outdatedFeatures: false,
    recall: {
      textToImage: { r1: 25.4, r5: 53.2, r10: 66.9, medianRank: 5 },
      imageToText: { r1: 33.1, r5: 61.8, r10: 74.2, medianRank: 3 },
    },
    sets: [],
    createdAt: now - 40 * 86_400_000,
    bytes: 21_400_000,
    words: {
      learnt: { count: 1_204, examples: ['man', 'dog', 'woman', 'shirt', 'girl', 'beach'] },
      byClasses: { count: 1_873, examples: ['plane', 'fruit', 'clock', 'screen', 'pizza', 'cat'] },
      bySimilar: { count: 15_310, examples: ['museum', 'kitchen', 'harvest'] },
    },
    builtIn: true,
    inUse: true,
  },
  {
    id: 'holiday-2026',
    encoder: 'resnet50-glove',
    recipe: 'advanced',
    data: 'Own captions, 1,240 photos',
    outdatedFeatures: true,
    recall: {
      textToImage: { r1: 19.8, r5: 45.1, r10: 58.3, medianRank: 7 },
      imageToText: { r1: 24.9, r5: 51, r10: 63.5, medianRank: 5 },
    },
    sets: [],
    createdAt: now - 6 * 86_400_000,
    bytes: 21_400_000,
    words: null,
    builtIn: false,
    inUse: false,
  },
];
