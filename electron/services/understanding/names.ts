/** What a library's sentences may name: its cameras and folders. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { localClock } from '../../ipc/wall-clock.ts';
import { Store } from '../../store/store.ts';
import { libraryHome } from '../home.ts';
import type { UnderstandOptions } from './understand.ts';

type Names = Pick<UnderstandOptions, 'cameras' | 'folders'>;

export function libraryNames(store: Store): Names {
  return { cameras: store.contents.cameras(), folders: store.photos.directories() };
}

/** The names of a library that is not open; none where there is no library, and none is made. @param home see `libraryHome` */
export function namesOfLibrary(home?: string): Names {
  const file = path.join(libraryHome(home), 'library.db');
  if (!existsSync(file)) return { cameras: [], folders: [] };
  const store = new Store(file);
  try {
    return libraryNames(store);
  } finally {
    store.close();
  }
}

/** The day that it is on this computer, YYYY-MM-DD: photos have the camera's wall clock, and "yesterday" is the user's. */
export const today = (now = Date.now()): string => new Date(localClock(now)).toISOString().slice(0, 10);
