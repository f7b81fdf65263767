/** Every word that the shell shows outside the page: menus, tray, dialogs, notifications. The page's are in renderer/base/texts.ts. */
import { count, duration, plural } from '../ipc/format.ts';

export const texts = {
  menu: {
    file: '&File',
    addFolder: 'Add Photo Folder…',
    settings: 'Settings…',
    quit: 'Quit Descry',
    edit: '&Edit',
    view: '&View',
    search: 'Search',
    library: 'Library',
    training: 'Training',
    help: '&Help',
    shortcuts: 'Keyboard Shortcuts',
    openLogs: 'Open Logs',
    openDataFolder: 'Open Data Folder',
    openLicences: 'Licences',
    about: 'About Descry',
  },
  tray: {
    show: 'Show Descry',
    pause: 'Pause Indexing',
    resume: 'Resume Indexing',
    quit: 'Quit Descry',
    idle: 'No photos wait to be indexed',
    scanning: 'Looking for photos…',
    paused: (done: number, total: number) => `Paused at ${count(done)} of ${plural(total, 'photo')}`,
    indexing: (done: number, total: number, left: number | null) =>
      `${count(done)} of ${plural(total, 'photo')}${left === null ? '' : `, ${duration(left)} left`}`,
    waiting: 'Waiting for the image model to be fetched',
    failed: 'Indexing has stopped',
  },
  dialogs: {
    addFolders: { title: 'Add photo folders', button: 'Add' },
    newPlace: { title: 'Where is this folder now?', button: 'Choose' },
    copyTo: { title: 'Choose the folder for the copies', button: 'Copy here' },
    importModel: { title: 'Import a model', button: 'Import', filter: 'Descry models' },
    exportModel: { title: 'Export the model', button: 'Export' },
    encoder: { title: 'Choose a folder with an encoder', button: 'Choose' },
    dataset: { title: 'Choose a folder with photos and captions', button: 'Choose' },
    uncaptioned: { title: 'Choose a folder of photos without captions', button: 'Choose' },
  },
  notifications: {
    indexed: {
      title: 'Your photos are ready',
      body: (photos: number) => `${plural(photos, 'photo')} can be found.`,
    },
    trained: { title: 'Training has finished', body: 'Compare the new model in the training panel.' },
    trainingFailed: { title: 'Training has stopped' },
    updates: {
      newer: (version: string) => ({
        title: `Descry ${version} is there`,
        body: 'Install it the way you installed this one. Settings says where Descry has looked.',
      }),
      ready: (version: string) => ({
        title: `Descry ${version} is ready`,
        body: 'It was fetched and checked, and is installed when you quit Descry.',
      }),
    },
  },
  startFailed: 'Descry cannot start',
  libraryStopped: {
    message: 'The library has stopped',
    restart: 'Restart Descry',
    logs: 'Open Logs',
    later: 'Close',
  },
  pageFailed: {
    message: 'The window could not be loaded',
    again: 'Load it again',
    logs: 'Open Logs',
    quit: 'Quit Descry',
  },
  about: {
    copyright: 'GPL-3.0-or-later. It holds LGPL and other free software: see Help, Licences.',
    website: 'Finds your own photos by describing them: local, private, fast.',
  },
} as const;
