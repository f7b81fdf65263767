/**
 * Every text of the window; those of asking lie in asking-texts.ts, of the grid in grid-texts.ts, of encoders and models in
 * encoder-texts.ts, of training in training-texts.ts.
 */
import { updatesHint } from './update-texts.ts';
import { count, plural, type Level } from '../../electron/ipc/format.ts';
import { limits } from '../../electron/ipc/limits.ts';
import { askingTexts, quoted } from './asking-texts.ts';
import { duplicateTexts, gridShortcuts, gridTexts, selectionShortcuts, selectionTexts } from './grid-texts.ts';
import { encoderTexts, modelTexts, switchTexts } from './encoder-texts.ts';
import { pictureTexts } from './picture-texts.ts';
import { fieldTexts, trainingTexts } from './training-texts.ts';

const photos = (n: number) => plural(n, 'photo');

export const texts = {
  appName: 'Descry',
  views: { search: 'Photos', library: 'Library', training: 'Training', settings: 'Settings' },
  navigation: 'Views',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  somethingFailed: 'Something went wrong',
  loading: 'Loading…',

  libraryProcess: {
    away: 'The library is being started again…',
    returned: 'The library had to be started again. Searching goes on.',
    stopped: 'The library has stopped. Restart Descry.',
    stoppedTitle: 'The library has stopped',
  },

  libraryNotices: {
    rebuilt: (movedTo: string) => `The library’s database was damaged. It was moved to ${movedTo} and built again.`,
    fromBackup: (day: string) => `Folders, settings and searches came back from the backup of ${day}.`,
    fromFile: 'Folders, settings and searches could be read from it.',
    indexedAgain: 'What could not be read of the photos is computed again. Your photos were not touched.',
    readOnly: (reason: string) => `You can search this library, but not change it: ${reason}.`,
    models: 'Choose a model…',
    dismiss: 'OK',
  },

  welcome: {
    title: 'Find your photos by describing them',
    lead: 'Choose the folder where your photos live. Descry looks at each of them once and then finds them by a sentence, such as “two dogs playing in the snow”.',
    choose: 'Choose a photo folder…',
    drop: 'or drop a folder anywhere in this window',
    privacy: 'Everything stays on this computer. Your photos are never changed or sent anywhere.',
  },
  drop: {
    title: 'Drop to add to your library',
    hint: 'Folders are watched for new photos. Nothing is copied or changed.',
  },

  assets: {
    title: 'Getting ready to search',
    missing: 'Descry needs its vision and language models once.',
    fetching: (item: string) => `Downloading the ${item}`,
    converting: (item: string) => `Preparing the ${item}`,
    waiting: 'Another Descry is preparing the models',
    failed: 'The models could not be downloaded',
    download: 'Download now',
    amount: (done: string, total: string) => `${done} of ${total}`,
    left: (time: string) => `${time} left`,
    once: 'This happens only once. Photos are indexed as soon as it is done.',
    someModel: 'models',
  },

  indexing: {
    title: 'Indexing',
    idle: 'All photos are indexed',
    idleWaiting: (n: number) => `${photos(n)} ${n === 1 ? 'is' : 'are'} not indexed yet`,
    idleWithout: 'No photos were found yet',
    idleWithFailures: 'All photos that can be read are indexed',
    idleWithTrouble: 'All photos found so far are indexed',
    partlyWatched: (n: number) =>
      n === 1
        ? 'One folder is only partly watched: new photos there are found later.'
        : `${count(n)} folders are only partly watched: new photos there are found later.`,
    unreadable: (n: number) => (n === 1 ? 'One folder cannot be read now.' : `${count(n)} folders cannot be read now.`),
    vanished: (n: number) =>
      n === 1 ? 'Photos of one folder are missing.' : `Photos of ${count(n)} folders are missing.`,
    scanning: 'Looking for photos…',
    indexing: (done: number, total: number) => `Indexing ${count(done)} of ${photos(total)}`,
    paused: (left: number) => (left === 0 ? 'Indexing is paused' : `Paused, ${photos(left)} to go`),
    waiting: 'Waiting for the models',
    failed: 'Indexing has stopped',
    rate: (perSecond: string) => `${perSecond} photos a second`,
    left: (time: string) => `${time} left`,
    pause: 'Pause indexing',
    resume: 'Resume indexing',
    pauseShort: 'Pause',
    resumeShort: 'Resume',
  },

  search: {
    label: 'Describe a photo',
    placeholder: 'Describe a photo, such as “children playing on the beach”',
    clear: 'Clear the search',
    recent: 'Recent searches',
    forget: (text: string) => `Forget “${text}”`,
    forgetAll: 'Clear recent searches',
    unknown: (word: string) => `“${word}” is not a word I know.`,
    didYouMean: 'Did you mean',
    ignored: 'It was left out.',
    unknownAll: (words: readonly string[]) =>
      words.length === 1 ? `${quoted(words)} is not a word I know.` : `${quoted(words)} are not words I know.`,
    ignoredAll: 'They were left out.',
    hardlyKnown: (words: readonly string[]) =>
      `${quoted(words)} ${words.length === 1 ? 'is' : 'are'} known only by words of similar meaning.`,
    correctOne: (word: string, suggestion: string) => `Replace “${word}” by “${suggestion}”`,
    searchFor: (text: string) => `Search for “${text}”`,
    grid: 'Photos',
    gridResults: (query: string) => `Photos for “${query}”`,
    allPhotos: (n: number) => photos(n),
    newestFirst: 'newest first',
    among: (n: number) => `among ${photos(n)}`,
    bestFirst: 'best first',
    ranked: (n: number) => `All ${photos(n)}, best first`,
    nearest: (n: number) => `The closest ${photos(n)}`,
    notJudged: 'this model does not say which of them match',
    closest: 'No likely match. These come closest.',
    closestPhotos: (n: number) => plural(n, 'closest photo'),
    showClosest: 'Show the closest only',
    showAll: 'Show all',
    showAllCount: (n: number) => `Show all ${count(n)}`,
    showFewer: 'Show good matches only',
    lessLikely: 'Less likely',
    best: (shown: number, all: number) => `The best ${count(shown)} of ${count(all)} are shown.`,
    took: (ms: number) => `${Math.max(1, Math.round(ms))} ms`,
    announceResults: (matches: string, all: number, ms: number) =>
      `${matches} among ${photos(all)}, found in ${Math.max(1, Math.round(ms))} milliseconds`,
    announceClosest: (all: number) => `No likely match among ${photos(all)}; the closest are shown`,
    announceRanked: (n: number) => `${photos(n)}, best first`,
    announceNotJudged: (n: number) => `${photos(n)}, best first; this model does not say which of them match`,
    announceNearest: (shown: number, all: number) => `The closest ${count(shown)} of ${photos(all)}, newest first`,
    announceTimeline: (n: number) => `${photos(n)}, newest first`,
    searching: 'Searching…',
    renewing: 'Searching again with the model that is used now…',
    partial: (indexed: number, all: number) => `Searching the ${count(indexed)} of ${photos(all)} indexed so far`,
    nothingIndexedTitle: 'Your photos will appear here',
    nothingIndexed:
      'They turn up one by one while they are indexed, and you can search as soon as the first are there.',
    noPhotosTitle: 'No photos found yet',
    noPhotos:
      'Your folders hold no photos that can be shown. Add another folder, or copy photos into one of them: they turn up by themselves.',
    manageLibrary: 'Go to the library',
    failedTitle: 'The search did not work',
    tooLongTitle: 'This description is too long',
    unknownTitle: 'None of these words is known',
    emptyTitle: 'This names nothing to look for',
    unknownHint: 'Try plain English words for what the photo shows: people, animals, things, places, colours, actions.',
  },

  asking: askingTexts,

  grid: {
    photo: (at: number, all: number) => `Photo ${count(at)} of ${count(all)}`,
    level: (level: Level) => `${level} match`,
    levelShort: { sure: 'Sure', likely: 'Likely', possible: 'Possible', unlikely: 'Unlikely' } satisfies Record<
      Level,
      string
    >,
    probability: (percentage: string) => `Probability of a match: ${percentage}`,
    broken: 'This photo cannot be shown',
    layout: 'Layout',
    justified: 'Fitted rows',
    square: 'Squares',
    size: 'Thumbnail size',
    scores: 'Show how likely each match is',
    ...gridTexts,
  },
  selection: selectionTexts,
  duplicates: duplicateTexts,

  photo: {
    dialog: 'Photo',
    open: 'View photo',
    openWith: 'Open in the default program',
    showInFolder: 'Show in folder',
    copyImage: 'Copy image',
    copyPath: 'Copy path',
    imageCopied: 'Image copied',
    pathCopied: 'Path copied',
    previous: 'Previous photo',
    next: 'Next photo',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Fit to window',
    info: 'Information',
    actions: 'Photo actions',
    position: (at: number, all: number) => `${count(at)} of ${count(all)}`,
    match: 'Match',
    matchValue: (level: Level, percentage: string) => `${level}, probability ${percentage}`,
    file: 'File',
    folder: 'Folder',
    taken: 'Taken',
    takenByName: 'Taken, by the file’s name',
    modified: 'Changed',
    camera: 'Camera',
    lens: 'Lens',
    exposure: 'Exposure',
    dimensions: 'Size',
    damage: 'Damage',
    damagedPhoto: 'Damaged',
    damaged: {
      'cut-off': 'Only the upper part of this photo could be read; the rest is missing from the file.',
      coarse: 'The end of the file is missing, so the photo is shown with less detail than it had.',
      'unreadable-part': 'A part of this photo could not be read; it may look grey or wrong.',
    },
    pixels: (width: number, height: number, megapixels: string) => `${width} × ${height} (${megapixels} MP)`,
    bytes: 'On disk',
    location: 'Place',
    map: (place: string) => `Map: ${place}`,
    mapCloser: 'Closer map',
    mapFurther: 'Map of a larger area',
    sameDay: (day: string) => `Also on ${day}`,
    sameDayPhoto: (at: number, all: number) => `Photo ${count(at)} of ${count(all)} of that day`,
    sameDayMore: (n: number) => `Look at all ${photos(n)} of that day`,
    copies: 'Also at',
    ...pictureTexts,
    detailsFailed: 'What is known about this photo could not be loaded.',
  },

  library: {
    lead: 'The folders that Descry watches. New, changed and deleted photos are noticed by themselves.',
    add: 'Add folder…',
    folders: 'Folders',
    none: 'No folders yet',
    noneHint: 'Add a folder, or drop one anywhere in this window.',
    photos: (n: number) => photos(n),
    indexed: (n: number) => `${count(n)} indexed`,
    failures: (n: number) => `${count(n)} failed`,
    lastScan: (when: string) => `Scanned ${when}`,
    neverScanned: 'Not scanned yet',
    rescan: 'Scan again',
    rescanFolder: (path: string) => `Scan ${path} again`,
    excludes: 'Leave out…',
    excludesFolder: (path: string) => `Choose what to leave out of ${path}`,
    remove: 'Remove…',
    removeFolder: (path: string) => `Remove ${path}`,
    removeTitle: 'Remove this folder from the library?',
    removeText: (path: string, n: number) =>
      `Descry forgets what it learnt about ${photos(n)} in ${path}, except for those that also lie in another folder of the library or in captioned photos for training. Your photos are not touched.`,
    removeConfirm: 'Remove from library',
    removed: 'Folder removed from the library',
    added: (n: number) => `${plural(n, 'folder')} added`,
    scanStarted: 'Scanning again',
    excludesTitle: 'Leave out of this folder',
    excludesLabel: 'Patterns, one a line',
    excludesHint: 'For example “Screenshots/**” for a whole folder or “*.png” for a kind of file.',
    excludesCount: (n: number) => `${plural(n, 'pattern')} excluded`,
    excludesInvalid: `At most ${count(limits.excludes)} patterns of ${count(limits.excludeLength)} characters each.`,
    failuresTitle: 'Photos that could not be indexed',
    failuresLead: 'The rest of the library is not affected.',
    noFailures: 'Every photo could be read.',
    retry: 'Try again',
    retryFile: (name: string) => `Try again: ${name}`,
    retryAll: 'Try all again',
    retrying: 'Trying again',
    more: (n: number) => `Show ${count(n)} more`,
  },

  leftOut: {
    show: 'Which and why',
    showOf: (path: string) => `Which and why, of ${path}`,
    title: 'Files and folders that are not shown',
    others: 'Hidden files and folders are not looked at, and what you chose to leave out is not listed.',
  },

  settings: {
    appearance: 'Appearance',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    indexing: 'Indexing',
    effort: 'How hard to work',
    efforts: { low: 'Gently', medium: 'Balanced', high: 'Full speed' },
    effortHints: {
      low: 'Leaves most of the computer to you. Best while working on battery.',
      medium: 'Uses about half of the processor and steps back while you search.',
      high: 'Uses all of the processor until your photos are indexed.',
    },
    precision: 'How photos are computed',
    precisions: { automatic: 'Fastest here', float: 'Floats', '8-bit': '8 bits' },
    background: 'In the background',
    startAtLogin: 'Start when I log in',
    startAtLoginHint: 'New photos are indexed before you look for them.',
    keepInTray: 'Keep running when the window is closed',
    keepInTrayHint: 'Descry stays in the tray and watches your folders.',
    lookForUpdates: 'Look for new versions',
    lookForUpdatesHint: updatesHint,
    storage: 'Storage',
    dataFolder: 'Data folder',
    openDataFolder: 'Open folder',
    uses: {
      databaseBytes: 'Index',
      thumbnailBytes: 'Thumbnails',
      assetBytes: 'Downloaded models',
      modelBytes: 'Trained models',
    },
    total: 'In all',
    cacheLimit: 'Room for thumbnails',
    cacheLimitHint: 'The thumbnails looked at longest ago are dropped first.',
    clearCache: 'Clear thumbnails',
    cacheCleared: 'Thumbnails cleared',
    model: 'Search model',
    modelLead:
      'The model decides which photos fit a sentence. For another one, photos are opened again only where its encoder has not looked at them.',
    train: 'Train your own…',
    about: 'About',
    version: (version: string) => `Version ${version}`,
    aboutText:
      'Finds your own photos by describing them. Free software under the GNU General Public License 3.0; parts of it are under other licences, libheif and libvips under the LGPL 3.0.',
    // GeoNames' licence (CC BY 4.0) asks for its name.
    aboutData:
      'Places: GeoNames (geonames.org), CC BY 4.0. Borders: OpenStreetMap contributors. Maps: Natural Earth. ' +
      'Names of things: WordNet 3.1, © Princeton University.',
    runtime: 'Runs on',
    engine: 'Engine',
    openLogs: 'Open log file',
    licences: 'Licences',
    shortcuts: 'Keyboard shortcuts',
    folders: 'Folders',
    foldersText: (n: number, all: number) => `${plural(n, 'folder')} with ${photos(all)}`,
    manage: 'Manage…',
  },

  models: modelTexts,
  encoders: encoderTexts,
  switching: switchTexts,

  shortcuts: {
    title: 'Keyboard shortcuts',
    groups: [
      {
        title: 'Anywhere',
        keys: [
          ['Go to the search field', 'mod+K', '/'],
          ['Photos, Library, Training, Settings', 'mod+1 – 4'],
          ['Add a photo folder', 'mod+O'],
          ['This list', '?'],
        ],
      },
      {
        title: 'In the search field',
        keys: [
          ['Go to the parts of the search', 'Tab'],
          ['Take a part back', 'Del'],
          ['Find photos like a copied picture', 'mod+V'],
        ],
      },
      {
        title: 'In the grid',
        keys: gridShortcuts,
      },
      { title: 'Selected photos', keys: selectionShortcuts },
      {
        title: 'While looking at a photo',
        keys: [
          ['Next, previous', '→', '←'],
          ['Zoom', '+', '−', '0'],
          ['Favourite', 'F'],
          ['Information', 'I'],
          ['Copy the image', 'mod+C'],
          ['Back', 'Esc'],
        ],
      },
    ],
  },

  /** by code; a sentence is used when the error brings every parameter that it names */
  errors: {
    'not-found': ['There is no folder {folder}. Check its name, and whether its disk is connected.'],
    'not-a-folder': ['{file} is a file, not a folder. Choose the folder that holds your photos.'],
    'no-permission': ['Descry may not write to {weightsFolder}. Allow it, then try again.'],
    'no-photos': ['{folder} holds no photos that Descry can open. Choose the folder that holds yours.'],
    'nested-folder': [
      '{folder} holds {inner}, which is in the library already. Remove that folder from the library, then add this one; the photos in it are indexed again.',
      '{folder} lies inside {outer}, which is in the library already with all that is below it.',
    ],
    'disk-full': [
      'The disk of {weightsFolder} has {freeBytes} free, and the models need {neededBytes} for a moment. Free some space, then try again.',
      'The disk of {weightsFolder} is full. Free some space, then try again.',
    ],
    'model-unknown': ['There is no model “{model}” any more.'],
    'library-interrupted': [
      'It is not certain that this was done, because the library had to be started again meanwhile. See whether it was done, and try again if it was not.',
    ],
    'library-restarting': ['The library could not be started again yet. Try again in a moment.'],
    'library-stopped': [
      'The library has stopped and is not started again. Restart Descry. If it stops again, the log tells more (Help, Open Logs).',
    ],
  },

  fields: fieldTexts,
  training: trainingTexts,
} as const;
