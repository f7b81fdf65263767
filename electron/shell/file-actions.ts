/** What is done with the files of photos: copied to a folder, put on the clipboard, moved to the system's bin. */
import { spawn } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { shell, type BrowserWindow } from 'electron';
import { DescryError, errorMessage, reasonOf } from '../../models/errors.ts';
import type { CopyReport, EventName, EventPayload, Handlers } from '../ipc/contract.ts';
import { copyPhotos } from '../services/photos/copy-photos.ts';
import { copyFormats } from './clipboard.ts';
import { chooseCopyFolder } from './dialogs.ts';
import { fileListFormats, powershellFileList } from './file-list.ts';
import { checked, filesToHandOver } from './own-files.ts';

/** ms between two events of progress */
const progressMs = 100;

export interface FileActionsOptions {
  /** in the order of the ids; null: the photo is not in the library any more */
  photoPaths(ids: readonly number[]): Promise<readonly (string | null)[]>;
  /** the folders of the library, with links resolved when they were registered */
  roots(): Promise<readonly string[]>;
  /** to be told before files are deleted */
  deleting(files: readonly string[]): Promise<unknown>;
  window(): BrowserWindow | undefined;
  send<K extends EventName>(name: K, payload: EventPayload<K>): unknown;
}

type FileHandlers = Pick<Handlers, 'photos.copyTo' | 'photos.stopCopying' | 'photos.copyFiles' | 'photos.trash'>;

export interface FileActions {
  readonly handlers: FileHandlers;
  /** Stops copying after the file that is being copied, so that none is left half-copied. */
  close(): Promise<void>;
}

export function fileActions({ photoPaths, roots, deleting, window, send }: FileActionsOptions): FileActions {
  /** photos are being copied */
  let copying: AbortController | undefined;
  let copied: Promise<unknown> = Promise.resolve();

  async function copyTo(ids: readonly number[], stop: AbortController): Promise<CopyReport | null> {
    const folder = await chooseCopyFolder(window());
    if (folder === undefined) return null;
    const { files, failures } = await checked(await photoPaths(ids), await roots());
    const total = files.length;
    let told = -Infinity;
    const tell = (done: number) => {
      if (done < total && performance.now() - told < progressMs) return;
      told = performance.now();
      send('copying.progress', { done, total });
    };
    tell(0);
    const copies = copyPhotos(files, folder, { signal: stop.signal, onProgress: tell });
    copied = copies;
    const report = await copies;
    return { ...report, failures: [...failures, ...report.failures] };
  }

  const handlers: FileHandlers = {
    'photos.copyTo': async ({ ids }) => {
      if (copying) {
        throw new DescryError('usage', 'Photos are being copied already. Wait until that is done, or stop it.');
      }
      copying = new AbortController();
      try {
        return await copyTo(ids, copying);
      } finally {
        copying = undefined;
      }
    },
    'photos.stopCopying': () => copying?.abort(),
    'photos.copyFiles': async ({ ids }) => {
      await copyFileList(await filesToHandOver(await photoPaths(ids), await roots()));
    },
    'photos.trash': async ({ ids }) => {
      const { files, failures } = await checked(await photoPaths(ids), await roots());
      let moved = 0;
      await deleting(files);
      // One after the other: each may open a dialog of the system, and the bin's own lists are files.
      for (const file of files) {
        try {
          await shell.trashItem(file);
          moved++;
        } catch (error) {
          failures.push({ path: file, reason: await reasonNotTrashed(file, error) });
        }
      }
      return { moved, failures };
    },
  };
  return {
    handlers,
    close: async () => {
      copying?.abort();
      await copied;
    },
  };
}

/** Electron tells no reason ("Failed to move item to trash"): a file that is gone is the one that can be told. */
async function reasonNotTrashed(file: string, error: unknown): Promise<string> {
  try {
    await lstat(file);
    return reasonOf(error);
  } catch (missing) {
    return reasonOf(missing);
  }
}

async function copyFileList(files: readonly string[]): Promise<void> {
  const formats = fileListFormats(files, process.platform);
  if (formats) await copyFormats(formats);
  else await copyWithPowershell(files);
}

async function copyWithPowershell(files: readonly string[]): Promise<void> {
  const { args, input } = powershellFileList(files);
  const failed = (why: string) => new DescryError('internal', `The photos could not be put on the clipboard: ${why}`);
  await new Promise<void>((resolve, reject) => {
    const child = spawn('powershell.exe', args, { windowsHide: true, stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    child.on('error', (error) => reject(failed(errorMessage(error))));
    child.on('exit', (code) => (code === 0 ? resolve() : reject(failed(complaint.trim() || `exit code ${code}`))));
    child.stdin.on('error', () => undefined); // told by its exit
    child.stdin.end(input);
  });
}
