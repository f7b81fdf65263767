/** What the stand-in for the bridge (mock-bridge.ts) shows. */
import type { ErrorObject } from '../../models/errors.ts';
import type {
  AppInfo,
  AssetsProgress,
  IndexingProgress,
  LibraryNotice,
  RequestName,
  Settings,
  SwitchState,
  TrainingState,
} from '../../electron/ipc/contract.ts';

export interface Scenario {
  photos?: number;
  folders?: 'none' | 'some' | 'empty' | 'troubled';
  assets?: AssetsProgress['state'];
  indexing?: IndexingProgress['state'];
  failures?: number;
  /** files and folders are left out */
  leftOut?: boolean;
  training?: TrainingState['state'];
  /** id of the encoder that the run is trained on; absent: the one that Descry comes with */
  trainedOn?: string;
  /** the run has no sample searches */
  samplesLack?: TrainingState['samplesLack'];
  /** models can be trained on an added encoder, too, of which one is in use */
  trainsAdded?: boolean;
  settings?: Partial<Settings>;
  /** encoders beside the built-in one; `absent`: there are models of encoders that are not there */
  encoders?: 'offered' | 'fetching' | 'checking' | 'offline' | 'refused' | 'added' | 'in-use' | 'absent' | 'same-name';
  /** a change of model is under way */
  switching?: SwitchState['state'];
  /** ms of each step of adding an encoder and of changing the model */
  stepMs?: number;
  /** of the disk of the library */
  freeBytes?: number;
  recent?: string[];
  /** request → the error with which it fails */
  failing?: Partial<Record<RequestName, ErrorObject>>;
  /** requests that are never answered */
  hanging?: RequestName[];
  /** photos in a row are near-duplicates: stacks of this many */
  stacked?: number;
  /** ids of photos of which only a part could be read */
  damaged?: number[];
  /** ids of favourites */
  favourites?: number[];
  /** groups of duplicates; `comparing`: there may be more */
  duplicates?: number;
  comparing?: boolean;
  /** hours between one photo and the next */
  spacing?: number;
  /** no photo has a place, a camera or a kind */
  bare?: boolean;
  /** names of saved searches, and their sentences */
  saved?: [name: string, text: string][];
  /** why a picture could not be made */
  problem?: ErrorObject;
  /** what happened to the library */
  notices?: LibraryNotice[];
  /** ms that a quarter of the copies takes */
  copyMs?: number;
  /** all thumbnails are in the cache, and the same */
  cached?: boolean;
  /** ms until the cache answers */
  thumbnailMs?: number;
  /** ms until a thumbnail is made that is not */
  makingMs?: number;
  withoutPreviews?: boolean;
  /** the build knows a place with updates */
  updates?: AppInfo['updates'];
  /** ms that a search takes, by its text */
  delays?: Record<string, number>;
}
