/** Texts of encoders, of models, and of the change from one model to another; a part of texts.ts. */
import { aboutDuration, count, decimal, duration, fileSize, plural } from '../../electron/ipc/format.ts';
import type { EncoderSummary, ModelSummary, SwitchNeeds, WordKnowledge } from '../../electron/ipc/contract.ts';

const photos = (n: number) => plural(n, 'photo');
type Precision = NonNullable<EncoderSummary['family']>['precision'];

/** “a”, “a or b”, “a, b or c” */
const either = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)!}`;

const abilities: Readonly<Record<keyof EncoderSummary['abilities'], string>> = {
  relevance: 'say how sure a match is',
  regions: 'look for small things in a part of a photo',
  duplicates: 'find photos that look nearly the same',
  training: 'learn from captioned photos',
  tuning: 'be fine-tuned',
};

const revision = /\b([0-9a-f]{7})[0-9a-f]{33}\b/;

export const encoderTexts = {
  title: 'How photos are understood',
  lead: 'An encoder looks at each photo once, and at the words you search for, so that they can be compared. The one that comes with Descry works at once. Others, such as CLIP, learnt from far more photos and find more by their published figures, but need more disk, memory and time.',
  list: 'Encoders',
  fetchNote:
    'Nothing is fetched before you ask for it. The files then come from huggingface.co; none of your photos or searches is sent there. They are used only if their sizes and SHA-256 are those that Descry knows.',
  selfCheckNote:
    'The published weights were not run on the computers that built Descry: a self-check on yours decides whether they are used.',
  folderNote:
    'From a folder: an encoder that lies on this computer, in the layout of transformers.js (ONNX graphs, tokenizer.json and preprocessor_config.json). It is copied, and goes through the same self-check.',
  fromFolder: 'From a folder…',
  builtIn: 'Built in',
  /** of one of several with the same title */
  titleWith: (title: string, own: string) => `${title} (${own})`,
  inUse: 'In use',
  added: 'Added',
  toFetch: (bytes: number) => `${fileSize(bytes)} to fetch`,
  onDisk: (bytes: number) => `${fileSize(bytes)} on disk`,
  licence: (licence: string) => `licence ${licence}`,
  kept: (kept: number, all: number) => `${fileSize(kept)} of ${fileSize(all)} are here from an earlier try.`,
  getRest: (bytes: number) => `Get the rest (${fileSize(bytes)})`,
  /** the revision in full is long, and seven digits of it tell it */
  origin: {
    hub: (origin: string) => `from huggingface.co: ${origin.replace(revision, '$1')}`,
    folder: (origin: string) => `from the folder ${origin}`,
  },
  measured: ({ photosPerSecond, peakBytes }: NonNullable<EncoderSummary['measured']>) =>
    `${decimal(photosPerSecond)} photos a second and ${fileSize(peakBytes)} of memory, measured on this computer`,
  measuredLater: 'Speed and memory are measured here when it is added.',
  notMeasured: 'Speed and memory could not be measured here.',
  cannot: (encoder: EncoderSummary['abilities']) => {
    const missing = (Object.keys(abilities) as (keyof typeof abilities)[]).filter((ability) => !encoder[ability]);
    // What cannot learn cannot be fine-tuned, either.
    const named = missing.filter((ability) => ability !== 'tuning' || encoder.training);
    return named.length === 0 ? '' : `It cannot ${either(named.map((ability) => abilities[ability]))}.`;
  },
  precisionOf: (title: string) => `Precision of ${title}`,
  precisions: { full: 'Full', half: 'Half', '8-bit': '8 bits' } satisfies Record<Precision, string>,
  precisionAdded: (precision: string) => `${precision}, added`,
  get: (bytes: number) => `Get (${fileSize(bytes)})`,
  /** what a button says, and of which encoder */
  actionOf: (action: string, title: string) => `${action}: ${title}`,
  fetching: (title: string, source: EncoderSummary['source']) =>
    source === 'folder' ? `Copying ${title}` : `Fetching ${title}`,
  amount: (done: number, all: number) => `${fileSize(done)} of ${fileSize(all)}`,
  left: (seconds: number) => `${duration(seconds)} left`,
  checking: (title: string) => `Checking ${title}`,
  checkingHint: 'Checking it: sentences must find the drawn pictures that they describe.',
  checkingFolder: (folder: string) => `Checking the encoder in ${folder}`,
  cancel: 'Cancel',
  cancelEncoder: (title: string) => `Cancel adding ${title}`,
  ready: (title: string) => `“${title}” can be used now`,
  failed: (title: string) => `${title} was not added`,
  folderFailed: (folder: string) => `The encoder in ${folder} was not added`,
  stays: 'The encoder in use stays as it is.',
  stopped: 'Stopped. What was fetched is kept: the next try goes on with it.',
  use: 'Use',
  useEncoder: (title: string) => `Use ${title}`,
  noModel: 'None of its models is here.',
  remove: 'Remove',
  removeEncoder: (title: string) => `Remove ${title}`,
  removeTitle: (title: string) => `Remove “${title}”?`,
  /** `trained`: ids of the models that were trained on it; `change`: title of the model of a change that ends */
  removeText: (
    bytes: number,
    { trained, change }: { readonly trained: readonly string[]; readonly change: string | null },
  ) =>
    [
      `Its files (${fileSize(bytes)}) are deleted for all libraries of this computer, and what it computed of the photos of this one.`,
      trained.length === 0
        ? ''
        : `${trained.length === 1 ? 'The model' : 'The models'} trained on it, ${trained.join(', ')}, ${trained.length === 1 ? 'goes' : 'go'}, too.`,
      change === null ? '' : `The change to “${change}” ends.`,
      'Your photos are not touched. To have it again, it must be added again, and look at your photos again.',
    ]
      .filter((text) => text !== '')
      .join(' '),
  removed: (title: string) => `“${title}” was removed`,
} as const;

export const switchTexts = {
  title: (title: string) => `Use “${title}”?`,
  photos: ({ photos: all, toEncode }: SwitchNeeds) =>
    toEncode === all
      ? `${photos(toEncode)} must be looked at first.`
      : `${photos(toEncode)} must be looked at first; ${photos(all - toEncode)} ${all - toEncode === 1 ? 'was' : 'were'} before.`,
  time: ({ seconds }: SwitchNeeds) =>
    seconds === null ? 'How long that takes is not known yet.' : `That takes ${aboutDuration(seconds)}.`,
  disk: ({ bytes, freeBytes }: SwitchNeeds) =>
    `The library grows by about ${fileSize(bytes)}${freeBytes === null ? '' : `; ${fileSize(freeBytes)} are free`}.`,
  meanwhile: 'You can search meanwhile: the present model answers until all is done.',
  back: 'What was computed for the present one is kept, so that going back takes seconds.',
  replaces: (title: string) => `Getting ready for “${title}” ends; what was computed for it is kept.`,
  noRoom: (kept: number) =>
    `There is not enough room on the disk of the library. Free some space first: ${fileSize(kept)} must stay free.`,
  begin: 'Begin',
  running: (title: string) => `Getting ready for “${title}”`,
  waiting: (title: string) => `Getting ready for “${title}” when indexing is done`,
  paused: (title: string) => `Paused: getting ready for “${title}”`,
  failed: (title: string) => `“${title}” is not ready`,
  amount: (done: number, all: number) => `${count(done)} of ${photos(all)}`,
  left: (seconds: number) => `${duration(seconds)} left`,
  meanwhileShort: 'The present model answers until then.',
  /** the pause is that of indexing, too */
  pause: 'Pause getting ready and indexing',
  resume: 'Resume getting ready and indexing',
  stop: 'Stop',
  dismiss: 'Dismiss',
  dismissNamed: (title: string) => `Dismiss: “${title}” is not ready`,
  stopNamed: (title: string) => `Stop getting ready for “${title}”`,
  stopped: 'Stopped. What was computed is kept.',
} as const;

export const modelTexts = {
  inUse: 'In use',
  use: 'Use',
  useModel: (id: string) => `Use ${id}`,
  onEncoder: (title: string, encoder: string) => `${title} (${encoder})`,
  remove: 'Remove',
  removeModel: (id: string) => `Remove ${id}`,
  removeTitle: (id: string) => `Remove the model “${id}”?`,
  removeText: 'It can be brought back only by training it again or from an exported file.',
  export: 'Export…',
  exportModel: (id: string) => `Export ${id}`,
  import: 'Import…',
  builtIn: 'Built in',
  imported: (id: string) => `Imported “${id}”`,
  exported: (path: string) => `Saved as ${path}`,
  switched: (id: string) => `Now searching with “${id}”`,
  switching: 'Getting the library ready for this model…',
  recallTitle: 'How often the right photo is the first, or among the first ten, for a sentence it was not trained on',
  r1: 'Right photo first',
  r10: 'Among first ten',
  noRecall: 'Not measured',
  trainedOn: ({
    data,
    outdatedFeatures,
    measuredOn,
  }: Pick<ModelSummary, 'data' | 'outdatedFeatures' | 'measuredOn'>) => {
    if (data !== null && measuredOn) return `${data} · measured on ${measuredOn}`;
    if (data === null) return 'Made by another version of Descry';
    return outdatedFeatures ? `${data} · on photo features of an earlier version` : data;
  },
  words: 'Words it knows',
  wordGroups: ({ learnt, byClasses, bySimilar }: WordKnowledge) => [
    { title: 'Learnt from captions', ...learnt },
    { title: 'By what ResNet50 was trained to tell apart', ...byClasses },
    { title: 'Only by words of similar meaning', ...bySimilar },
  ],
  none: 'No models',
  untrained: 'Needs no training',
  notHere: 'Encoder not here',
  encoderOffered: (title: string) =>
    `Their encoder, ${title}, is not on this computer. Get it in Settings, under “How photos are understood”.`,
  encoderDamaged: (title: string) =>
    `Their encoder, ${title}, is damaged. Add it again in Settings, under “How photos are understood”.`,
  encoderUnknown: (id: string) =>
    `Their encoder, ${id}, is not on this computer. Add it from its folder in Settings, under “How photos are understood”.`,
} as const;
