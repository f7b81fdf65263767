/** The native dialogs. */
import type { BrowserWindow, MessageBoxOptions, OpenDialogOptions } from 'electron';
import { app, dialog } from 'electron';
import { openLogs } from './folders.ts';
import { texts } from './texts.ts';

/** The file type of exported models: models/files/safetensors.ts. */
const modelExtension = 'safetensors';

const { addFolders, copyTo, dataset, encoder, exportModel, importModel, newPlace, uncaptioned } = texts.dialogs;

export const chooseFolders = (window: BrowserWindow | undefined): Promise<string[]> =>
  open(window, {
    title: addFolders.title,
    buttonLabel: addFolders.button,
    properties: ['openDirectory', 'multiSelections'],
  });

/** Of a folder that was moved. */
export const chooseNewPlace = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (await open(window, { title: newPlace.title, buttonLabel: newPlace.button, properties: ['openDirectory'] }))[0];

export const chooseDataset = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (await open(window, { title: dataset.title, buttonLabel: dataset.button, properties: ['openDirectory'] }))[0];

export const chooseEncoder = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (await open(window, { title: encoder.title, buttonLabel: encoder.button, properties: ['openDirectory'] }))[0];

export const chooseUncaptioned = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (await open(window, { title: uncaptioned.title, buttonLabel: uncaptioned.button, properties: ['openDirectory'] }))[0];

export const chooseCopyFolder = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (
    await open(window, {
      title: copyTo.title,
      buttonLabel: copyTo.button,
      properties: ['openDirectory', 'createDirectory'],
    })
  )[0];

export const chooseModel = async (window: BrowserWindow | undefined): Promise<string | undefined> =>
  (
    await open(window, {
      title: importModel.title,
      buttonLabel: importModel.button,
      properties: ['openFile'],
      filters: [{ name: importModel.filter, extensions: [modelExtension] }],
    })
  )[0];

export async function chooseExportFile(window: BrowserWindow | undefined, model: string): Promise<string | undefined> {
  const options = {
    title: exportModel.title,
    buttonLabel: exportModel.button,
    defaultPath: `${model}.${modelExtension}`,
  };
  const { filePath } = await (window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options));
  return filePath || undefined;
}

/** The library does not run and will not be started again. */
export async function tellLibraryStopped(window: BrowserWindow | undefined, detail: string): Promise<void> {
  const { message, restart, logs, later } = texts.libraryStopped;
  const chosen = await ask(window, { message, detail, buttons: [restart, logs, later], cancelId: 2 });
  if (chosen === 0) {
    app.relaunch();
    app.quit();
  }
  if (chosen === 1) await openLogs();
}

/** The page cannot be shown. @returns whether to load it again; the program ends by itself where the user asks for that */
export async function askAboutPage(window: BrowserWindow, detail: string): Promise<boolean> {
  const { message, again, logs, quit } = texts.pageFailed;
  const chosen = await ask(window, { message, detail, buttons: [again, logs, quit], cancelId: 0 });
  if (chosen === 1) await openLogs();
  if (chosen === 2) app.quit();
  return chosen !== 2;
}

/** About an error. It blocks nothing. @returns the number of the chosen button; the first one is the default */
async function ask(
  window: BrowserWindow | undefined,
  question: Pick<MessageBoxOptions, 'message' | 'detail' | 'buttons' | 'cancelId'>,
): Promise<number> {
  const options = { type: 'error', defaultId: 0, ...question } satisfies MessageBoxOptions;
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return response;
}

async function open(window: BrowserWindow | undefined, options: OpenDialogOptions): Promise<string[]> {
  const answer = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
  return answer.canceled ? [] : answer.filePaths;
}
