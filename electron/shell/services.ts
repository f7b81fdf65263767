/**
 * The library as the shell sees it: one interface, which electron/compose.ts puts together from the services after the
 * window has shown its first frame.
 */
import type { EventName, EventPayload, Handlers, ModelSummary } from '../ipc/contract.ts';
import type { TrainingMethods } from '../services/training/training-host.ts';
import type { VisionHost, WorkerHost } from '../workers/host.ts';
import type { PhotoSource } from './photo-protocol.ts';

/** Requests that need Electron itself; handlers.ts answers them, with the library's help. */
export type ShellRequest =
  | 'app.info'
  | 'app.openLogs'
  | 'app.openDataFolder'
  | 'library.chooseFolders'
  | 'photo.showInFolder'
  | 'photo.open'
  | 'photo.copyImage'
  | 'photo.copyPath'
  | 'photo.startDrag'
  | 'models.import'
  | 'models.export'
  | 'training.chooseDataset';

export interface AppServices {
  /** every request that the shell does not answer itself */
  readonly handlers: Omit<Handlers, ShellRequest>;
  readonly photos: PhotoSource;
  /** in words, such as "ONNX Runtime 1.30.0, CPU, 2 threads"; null before it is loaded */
  engine(): string | null;
  /** @throws DescryError `not-found` */
  photoPath(photo: number): string;
  /** Upright, as JPEG or PNG, for the clipboard. */
  photoAsImage(photo: number): Promise<Uint8Array>;
  importModel(file: string): Promise<ModelSummary>;
  exportModel(model: string, file: string): Promise<void>;
  /** Stops all work at a safe point and closes the database. */
  close(): Promise<void>;
}

/** What the services are given. */
export interface ServiceEnvironment {
  /** folder of the library */
  readonly home: string;
  /** the weights that came with the program */
  readonly builtInModel: string;
  readonly vision: VisionHost;
  readonly training: WorkerHost<TrainingMethods>;
  readonly emit: <K extends EventName>(name: K, payload: EventPayload<K>) => void;
  readonly log: {
    info(message: string, detail?: unknown): void;
    warn(message: string, detail?: unknown): void;
    error(message: string, detail?: unknown): void;
  };
}

export type OpenServices = (environment: ServiceEnvironment) => Promise<AppServices>;
