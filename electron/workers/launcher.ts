/**
 * Starts workers for a process that cannot start processes itself: in Electron only the main process can. It starts them on
 * request and passes a message port to each side, so that requests and answers are sent directly; only starts, ends and exits
 * go through the main process.
 */
import type { MessagePortLike } from './port.ts';
import { messagePort } from './port.ts';
import type { FromWorker, Port, ToWorker, WorkerProcess } from './protocol.ts';

type ToLauncher =
  | { readonly type: 'start'; readonly worker: number; readonly name: string }
  | { readonly type: 'kill'; readonly worker: number };

type FromLauncher =
  /** sent with the port to the worker */
  | { readonly type: 'started'; readonly worker: number }
  | { readonly type: 'exited'; readonly worker: number; readonly how: string };

/** A process that the main process has started. */
export interface LaunchedProcess {
  /** the other end of the worker's channel, for the process that requested it */
  readonly port: MessagePortLike;
  onExit(listener: (how: string) => void): void;
  kill(): void;
}

/**
 * The main process's side.
 *
 * @param launch throws for an unknown name
 * @returns ends all workers that were started over this port, for when the requesting process has ended
 */
export function serveLauncher(port: MessagePortLike, launch: (name: string) => LaunchedProcess): () => void {
  const running = new Map<number, LaunchedProcess>();
  const send = (message: FromLauncher, ports: MessagePortLike[] = []) => port.postMessage(message, ports);
  port.on('message', ({ data }) => {
    const message = data as ToLauncher;
    if (message.type === 'kill') {
      running.get(message.worker)?.kill();
      return;
    }
    const { worker, name } = message;
    try {
      const launched = launch(name);
      running.set(worker, launched);
      launched.onExit((how) => {
        running.delete(worker);
        send({ type: 'exited', worker, how });
      });
      send({ type: 'started', worker }, [launched.port]);
    } catch (error) {
      send({ type: 'exited', worker, how: `it could not be started: ${String(error)}` });
    }
  });
  port.start();
  return () => {
    for (const launched of running.values()) launched.kill();
  };
}

/**
 * The other process's side.
 *
 * @returns starts the worker of a name
 */
export function launchOver(port: MessagePortLike): (name: string) => WorkerProcess {
  const waiting = new Map<number, { started(port: MessagePortLike): void; exited(how: string): void }>();
  let last = 0;
  port.on('message', ({ data, ports }) => {
    const message = data as FromLauncher;
    if (message.type === 'started') waiting.get(message.worker)?.started(ports[0]!);
    else waiting.get(message.worker)?.exited(message.how);
  });
  port.start();
  const send = (message: ToLauncher) => port.postMessage(message);

  return (name) => {
    const worker = ++last;
    let channel: Port<ToWorker, FromWorker> | undefined;
    let exited: string | undefined;
    /** messages until the port has arrived */
    const unsent: ToWorker[] = [];
    const onMessage: ((message: FromWorker) => void)[] = [];
    const onExit: ((how: string) => void)[] = [];
    waiting.set(worker, {
      started: (workerPort) => {
        channel = messagePort(workerPort);
        channel.listen((message) => onMessage.forEach((listener) => listener(message)));
        for (const message of unsent.splice(0)) channel.post(message);
      },
      exited: (how) => {
        waiting.delete(worker);
        exited = how;
        onExit.forEach((listener) => listener(how));
      },
    });
    send({ type: 'start', worker, name });
    return {
      post: (message) => {
        if (channel) channel.post(message);
        else unsent.push(message);
      },
      listen: (listener) => void onMessage.push(listener),
      onExit: (listener) => {
        if (exited === undefined) onExit.push(listener);
        else listener(exited);
      },
      kill: () => send({ type: 'kill', worker }),
    };
  };
}
