/**
 * Entry of the library's process: the store, search, indexing, watching and training jobs of the window run here, apart
 * from the main process, which holds the window and must always answer.
 */
import { inspect } from 'node:util';
import type { LibraryItem, LibraryMethods } from './ipc/library.ts';
import { openServices, type ServiceEnvironment, type Services } from './compose.ts';
import type { DatasetMethods } from './services/training/dataset-reader.ts';
import type { TrialMethods } from './services/photo-modes.ts';
import type { CheckMethods } from './services/library-file/care.ts';
import type { TrainingMethods } from './services/training/training-host.ts';
import type { VisionMethods } from './vision/protocol.ts';
import { launchOver } from './workers/launcher.ts';
import { messagePort, passedPorts } from './workers/port.ts';
import type { MethodHandlers, WorkerProcess } from './workers/protocol.ts';
import { serveWorker } from './workers/serve.ts';
import { WorkerSupervisor } from './workers/supervisor.ts';

type Level = Extract<LibraryItem, { kind: 'log' }>['level'];

void passedPorts().then(([requests, launches]) => {
  if (requests && launches) serveWorker<LibraryMethods>(messagePort(requests), libraryHandlers(launchOver(launches)));
});

function libraryHandlers(launch: (name: string) => WorkerProcess): MethodHandlers<LibraryMethods> {
  let opened: (services: Promise<Services>) => void = () => undefined;
  const services = new Promise<Services>((resolve) => (opened = resolve));
  services.catch(() => undefined); // told to whoever asks
  /** answers with the one item that `work` gives */
  const one = <Input, Item>(work: (services: Services, input: Input, signal: AbortSignal) => Item | Promise<Item>) =>
    async function* (input: Input, signal: AbortSignal) {
      yield await work(await services, input, signal);
    };

  return {
    async *open(environment) {
      let failure: Error | undefined;
      yield* new ReadableStream<LibraryItem>({
        async start(items) {
          const { log, emit } = reportTo((item) => items.enqueue(item));
          process.on('uncaughtException', (error) => log.error('library: uncaught', error));
          process.on('unhandledRejection', (reason) => log.error('library: unhandled rejection', reason));
          const supervise = (name: string) => ({ name, start: () => launch(name), log: log.info });
          const opening = openServices({
            ...environment,
            vision: new WorkerSupervisor<VisionMethods>({
              ...supervise('vision'),
              rest: { after: 'describe', ms: restMs },
            }),
            training: new WorkerSupervisor<TrainingMethods>(supervise('training')),
            datasets: () => new WorkerSupervisor<DatasetMethods>(supervise('datasets')),
            trials: () => new WorkerSupervisor<TrialMethods>(supervise('trial')),
            checker: () => new WorkerSupervisor<CheckMethods>(supervise('check')),
            restart: () => restartSoon(),
            emit,
            log,
          });
          opened(opening);
          try {
            await opening;
            items.enqueue({ kind: 'opened' });
          } catch (error) {
            // Not the stream's error, which would drop the lines for the log that wait in it.
            failure = error instanceof Error ? error : new Error(String(error));
            items.close();
          }
        },
      });
      if (failure !== undefined) throw failure;
    },
    close: one((library) => library.close()),
    shrink: one((library) => library.shrink()),
    // Name, argument and handler belong together by the type Handlers; a union of 30 such triples is beyond the compiler.
    request: one(({ handlers }, { name, argument }) => (handlers[name] as (argument: unknown) => unknown)(argument)),
    engine: one(({ engine }) => engine()),
    photoPath: one(({ photoPath }, id) => photoPath(id)),
    deleting: one(({ deleting }, files) => deleting(files)),
    photoPaths: one(({ photoPaths }, ids) => photoPaths(ids)),
    photoAsImage: one(({ photoAsImage }, id) => photoAsImage(id)),
    importModel: one(({ importModel }, file) => importModel(file)),
    exportModel: one(({ exportModel }, { model, file }) => exportModel(model, file)),
    photoRoots: one(({ photos }) => photos.roots()),
    thumbnail: one(({ photos }, id, signal) => photos.thumbnail(id, { signal })),
    preview: one(({ photos }, id) => photos.preview(id)),
    decoded: one(({ photos }, id) => photos.decoded(id)),
  };
}

/** Half a minute after the last photo was encoded, the memory of the network is given back. */
const restMs = 30_000;

let restarting = false;

/** The supervisor starts this process again. A moment later, so that the log is written. */
function restartSoon(): void {
  if (restarting) return;
  restarting = true;
  setTimeout(() => process.exit(1), 300);
}

/** Events and lines for the log as items of `open`. */
function reportTo(send: (item: LibraryItem) => void): Pick<ServiceEnvironment, 'emit' | 'log'> {
  const write = (level: Level) => (message: string, detail?: unknown) =>
    send({
      kind: 'log',
      level,
      message,
      detail: detail === undefined || typeof detail === 'string' ? detail : inspect(detail),
    });
  return {
    emit: (name, payload) => send({ kind: 'event', name, payload }),
    log: { info: write('info'), warn: write('warn'), error: write('error') },
  };
}
