/** This process's end of its channel: a message port that Electron's main process passed to it, or Node's IPC channel. */
import type { FromWorker, Port, ToWorker } from './protocol.ts';

/** The part of Electron's MessagePortMain that is used; declared here because this folder does not import Electron. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer?: MessagePortLike[]): void;
  on(event: 'message', listener: (event: MessageEventLike) => void): unknown;
  start(): void;
}

interface MessageEventLike {
  readonly data: unknown;
  readonly ports: readonly MessagePortLike[];
}

/** `process.parentPort`, which Electron adds in a utility process. */
interface ParentPort {
  once(event: 'message', listener: (event: MessageEventLike) => void): void;
}

const { parentPort } = process as unknown as { parentPort?: ParentPort };

/** The ports that come with the first message from Electron's main process. */
export function passedPorts(): Promise<readonly MessagePortLike[]> {
  return new Promise((resolve) => parentPort?.once('message', ({ ports }) => resolve(ports)));
}

export function messagePort<Out, In>(port: MessagePortLike): Port<Out, In> {
  return {
    post: (message) => port.postMessage(message),
    listen: (onMessage) => {
      port.on('message', ({ data }) => onMessage(data as In));
      port.start();
    },
  };
}

/** The channel to the process that uses this one. */
export function workerPort(): Port<FromWorker, ToWorker> {
  if (!parentPort) return childPort();
  let passed: Port<FromWorker, ToWorker> | undefined;
  return {
    post: (message) => passed?.post(message),
    listen: (onMessage) =>
      void passedPorts().then(([port]) => {
        if (port) passed = messagePort(port);
        passed?.listen(onMessage);
      }),
  };
}

function childPort(): Port<FromWorker, ToWorker> {
  // Ends with its parent process.
  process.once('disconnect', () => process.exit(0));
  return {
    post: (message) => void process.send?.(message),
    listen: (onMessage) => process.on('message', (message) => onMessage(message as ToWorker)),
  };
}
