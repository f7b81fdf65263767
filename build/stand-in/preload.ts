/** For the preload script in the stand-in: Electron 25 has no `webUtils`, but a File there has a path. */
/* eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be a copy, which cannot be added to */
const electron = require('electron') as { webUtils?: Pick<typeof Electron.webUtils, 'getPathForFile'> };
electron.webUtils ??= { getPathForFile: (file) => (file as File & { path?: string }).path ?? '' };
