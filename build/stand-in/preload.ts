/** For the preload script in the stand-in: `webUtils` is newer than Electron 25, where a File still says its path. */
/* eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be a copy, which cannot be added to */
const electron = require('electron') as { webUtils?: Pick<typeof Electron.webUtils, 'getPathForFile'> };
electron.webUtils ??= { getPathForFile: (file) => (file as File & { path?: string }).path ?? '' };
