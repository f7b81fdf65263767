/** Texts of the training panel and of its forms; a part of texts.ts. */
import { count, plural } from '../../electron/ipc/format.ts';
import type { DatasetReport, SamplesLack } from '../../electron/ipc/contract.ts';

const photos = (n: number) => plural(n, 'photo');
const limit = (n: number) => n.toLocaleString('en', { maximumFractionDigits: 6 });

export const fieldTexts = {
  number: 'Enter a number.',
  whole: 'Enter a whole number.',
  between: (least: number, most: number) => `Between ${limit(least)} and ${limit(most)}.`,
  range: (least: number, most: number) => `${limit(least)} to ${limit(most)}.`,
} as const;

export const trainingTexts = {
  lead: 'Teach Descry with captioned photos of your own choice. Search goes on working meanwhile.',
  dataset: 'Captioned photos',
  datasetLead: 'Folders with photos and one or more captions for each, in the layout of Flickr30K.',
  choose: 'Choose folder…',
  addDataset: 'Add folder…',
  recheck: 'Check again',
  checking: 'Looking through the folder…',
  stopChecking: 'Stop',
  datasetEmptyTitle: 'Start with a captioned folder',
  datasetEmpty:
    'It holds a folder “images” and a file of captions: captions.csv, results.csv or results_20130124.token.',
  report: {
    photos,
    captions: (n: number) => plural(n, 'caption'),
    split: (train: number, val: number, test: number) =>
      `${count(train)} to train, ${count(val)} to validate, ${count(test)} to test`,
    sources: (source: DatasetReport['splitSource']) => {
      if (source.kind === 'seed') return 'split drawn at random by the seed';
      return source.kind === 'karpathy' ? `split from ${source.file} (by Karpathy)` : `split from ${source.file}`;
    },
    total: 'Photos with captions',
    time: 'Time needed',
    timeUnknown: 'Not known before it begins',
    timeValue: (time: string, toEncode: number) =>
      toEncode === 0 ? time : `${time}, ${photos(toEncode)} to look at first`,
    space: 'Space needed',
  },
  missing: (n: number) =>
    n === 1
      ? '1 photo named in the captions is missing; it is left out.'
      : `${photos(n)} named in the captions are missing; they are left out.`,
  malformed: (n: number) =>
    `${plural(n, 'row')} of the captions could not be read and ${n === 1 ? 'is' : 'are'} left out.`,
  withoutSplit: (n: number) =>
    n === 1
      ? '1 photo with captions is not in the split file; it is left out.'
      : `${photos(n)} with captions are not in the split file; they are left out.`,
  complete: 'Nothing is missing.',
  nothingToTrain: 'There are no photos to train on: add a folder that has some in the split “train”.',
  nothingToValidate: 'There are no photos to validate with: add a folder that has some in the split “val”.',
  remove: 'Remove',
  removeFolder: (path: string) => `Remove ${path} from the training`,
  uncaptioned: 'Photos without captions',
  uncaptionedHint: 'Photos like those that you search. The default recipe learns from those that ResNet50 is sure of.',
  addPhotos: 'Add photos…',
  recipe: 'Recipe',
  recipes: { default: 'Default', seed: 'Original', tuned: 'Fine-tuned', advanced: 'Advanced' },
  recipeHints: {
    default: 'The best that we measured. Right for nearly everyone.',
    seed: 'As the original program was trained: for comparison.',
    tuned: 'ResNet50’s last stage learns, too. It takes long, and pays with many photos only.',
    advanced: 'Every setting by hand, checked as you type.',
  },
  /** of an encoder that was added */
  addedRecipeHints: {
    default: 'Begins as the encoder is, and learns from there. What finds no more than the encoder alone is not kept.',
    seed: 'Two branches that begin with nothing, as the original program: they need many photos.',
  },
  encoder: 'Train on',
  encoderHint: 'What looks at photos and reads sentences before the model does.',
  addedHint:
    'Its photos and sentences are read once. How much training adds to it was not measured with published weights.',
  field: {
    imageBranch: {
      label: 'Image branch',
      hint: 'Places each photo near the sentences that describe it.',
      choices: {
        kernel: {
          label: 'Kernel machine',
          hint: 'Compares each photo with all training photos, and is fitted exactly. The best that we measured.',
        },
        layers: {
          label: 'Trained layers',
          hint: 'Two layers that learn together with the text, as in Wang et al. 2018.',
        },
      },
    },
    stage5: {
      label: 'ResNet50',
      hint: 'The network that looks at photos. If its last stage learns, it looks at all photos anew for the model.',
      choices: { frozen: { label: 'As it is' }, tuned: { label: 'Last stage learns' } },
    },
    tuningEpochs: { label: 'Epochs of ResNet50', hint: 'It ends earlier where photos set aside are found less well.' },
    tuningRate: { label: 'Learning rate of ResNet50', hint: 'Small, because it knows much already.' },
    kernelWidth: {
      label: 'Kernel width',
      hint: 'Higher asks only training photos that are much alike, lower others too.',
    },
    ridge: {
      label: 'Ridge',
      hint: 'Higher holds the fit back, lower follows each training photo more closely.',
    },
    components: {
      label: 'Components',
      hint: 'Numbers by which photos are compared; fewer are faster, more are finer.',
    },
    loss: {
      label: 'Loss',
      hint: 'What training minimises: softmax compares with the whole batch, ranking with the hardest mistakes.',
      choices: { softmax: { label: 'Softmax' }, ranking: { label: 'Ranking' } },
    },
    temperature: { label: 'Temperature', hint: 'Lower looks harder at near misses.' },
    margin: { label: 'Margin', hint: 'How much closer a right pair must be than a wrong one.' },
    batch: { label: 'Batch', hint: 'Pairs compared in one step; more is steadier and takes more memory.' },
    epochs: { label: 'Epochs', hint: 'How often every photo is seen.' },
    learningRate: {
      label: 'Learning rate',
      hint: 'The size of each step; too high diverges, too low takes long.',
    },
    dropout: {
      label: 'Dropout',
      hint: 'Share of hidden units left out in each step, against learning by heart.',
    },
    hidden: { label: 'Hidden units', hint: 'Width of the inner layer of each branch.' },
    embedding: {
      label: 'Embedding size',
      hint: 'Numbers kept for each photo; fewer search faster and know less.',
    },
  },
  /** where a field means something else in one kind of recipe */
  kindHints: {
    kernel: {
      epochs: 'Rounds of three passes over the captions; the machine is fitted again in each.',
      hidden: 'Width of the inner layer of the text branch.',
    },
  },
  start: 'Start',
  startFrom: 'Start from',
  fromNothing: 'Nothing',
  fromCurrent: 'The current model',
  fromHint: 'The current model learns faster from little data; nothing gives figures that compare fairly.',
  name: 'Name',
  nameHint: 'What the model is called in the list. Left empty, it is named after recipe and date.',
  seed: 'Random seed',
  seedHint: 'The same number gives the same run.',
  begin: 'Start training',
  beginHint: 'You can close the window: the run goes on, and resumes after a restart.',
  states: {
    none: 'Not running',
    encoding: 'Looking at the photos',
    training: 'Training',
    paused: 'Paused',
    finished: 'Finished',
    failed: 'Stopped',
  },
  epoch: (at: number, all: number) => `Epoch ${count(at)} of ${count(all)}`,
  step: (at: number, all: number) => `step ${count(at)} of ${count(all)}`,
  encoded: (at: number, all: number) => `${count(at)} of ${photos(all)}`,
  encodedCaptions: (at: number, all: number) => `${count(at)} of ${plural(all, 'caption')}`,
  left: (time: string) => `${time} left`,
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Cancel…',
  stopTitle: 'Cancel this training run?',
  stopText: 'What it has learnt so far is lost. To go on later, pause it instead.',
  stopConfirm: 'Cancel the run',
  stopKeep: 'Go on training',
  lossChart: 'Loss',
  lossChartHint: 'Should fall',
  recallChart: 'Recall on photos set aside',
  recallChartHint: 'Should rise',
  chartEmpty: 'The curve begins after the first steps.',
  recallEmpty: 'Measured after each epoch.',
  axis: 'by epoch',
  recallAt: (k: number) => `R@${k}`,
  chartSummary: (name: string, from: string, to: string) => `${name}: from ${from} to ${to}`,
  samples: 'Sample searches',
  samplesHint: 'What the model finds now, and what the present one finds.',
  samplesEmpty: 'They appear after the first epoch.',
  samplesLack: {
    'no-photos': () => 'There are none: no photo of the library is indexed yet.',
    'not-encoded': (encoder: string) =>
      `There are none: the photos of the library were not looked at with ${encoder} yet. That is done when one of its models is used.`,
    'own-features': () =>
      'There are none: the new model looks at photos in its own way, and those of the library only when it is used.',
    'present-failed': () => 'There are none: the present model cannot be loaded.',
  } satisfies Record<SamplesLack, (encoder: string) => string>,
  thisEncoder: 'this encoder',
  now: 'Now',
  before: 'Present model',
  resultTitle: 'The new model is ready',
  resultLead:
    'Both were measured on the same photos and captions. A model that was trained on these does better than it deserves.',
  failedTitle: 'Training has stopped',
  goOn: 'Go on from the last epoch',
  forget: 'Start over',
  notMeasured: 'Its recall could not be measured, because the captions have no photos set aside for that.',
  measure: 'Measure',
  newModel: 'New model',
  present: 'Present model',
  change: 'Change',
  textToImage: 'Sentence → photo',
  imageToText: 'Photo → sentence',
  r1: 'Right one first (R@1)',
  r5: 'Among first 5 (R@5)',
  r10: 'Among first 10 (R@10)',
  medianRank: 'Median rank',
  bySet: 'Sentence → photo, in each folder by itself',
  setName: 'Folder',
  setPhotos: 'Photos set aside',
  use: 'Use it',
  useHint:
    'Where photos must be looked at for it first, you are told how many and how long that takes before it begins.',
  keep: 'Keep for later',
  discard: 'Discard…',
  discardTitle: 'Discard the new model?',
  discardText: 'It is deleted. To have it again, train again.',
  discardConfirm: 'Discard',
  models: 'Models',
  another: 'Train again',
} as const;
