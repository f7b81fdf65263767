/** An Electron window with nothing of the program: the tests of the page alone show the page in it. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- Electron 25 starts no ES modules
const { app, BrowserWindow } = require('electron');

app
  .whenReady()
  .then(() => new BrowserWindow({ width: 1280, height: 800, useContentSize: true }).loadURL('about:blank'));
