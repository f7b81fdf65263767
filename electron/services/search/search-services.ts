/** What a search needs of the rest of the program. */
import type { Understood } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Models } from '../models/models.ts';
import type { Log } from '../shared/log.ts';
import type { Places } from './photo-columns.ts';

/** What is known of the library when a sentence is understood. */
export interface SentenceContext {
  /** parts of the sentence that stay a description */
  readonly literal: readonly string[];
  /** makers and models, as the photos have them */
  readonly cameras: readonly string[];
  /** absolute paths of folders with photos in them or below */
  readonly folders: readonly string[];
}

export interface SearchServices {
  readonly store: Store;
  readonly models: Models;
  readonly vision: Vision;
  readonly log: Log;
  /** absent: every sentence is a description */
  readonly understand?: ((sentence: string, context: SentenceContext) => Understood) | undefined;
  /** absent: no photo is in any place */
  readonly places?: Places | undefined;
  /** ids of the folders that cannot be read now; absent: none */
  readonly absentFolders?: (() => ReadonlySet<number>) | undefined;
  /** data computed from photos was damaged and is deleted: these photos wait for indexing */
  readonly onDamaged?: (() => void) | undefined;
  /** the number of the stack of each content, 0: it is in none; absent: no photo is in any */
  readonly stacksOf?: ((contents: Int32Array) => Int32Array) | undefined;
}
