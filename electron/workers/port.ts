/** A process's own end of its channel: a message port that Electron's main process passed to it, or Node's IPC channel. */
import type { FromWorker, Port, ToWorker } from './protocol.ts';

/** What Electron's MessagePortMain has; declared here because this folder does not know Electron. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer?: MessagePortLike[]): void;
  on(event: 'message', listener: (event: MessageEventLike) => void): unknown;
  start(): void;
}

interface MessageEventLike {
  readonly data: unknown;
  readonly ports: readonly MessagePortLike[];
}

/** What Electron adds to `process` in a utility process. */
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

/** The channel to whoever uses this process; it answers only what it has been asked. */
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
  // Without a parent there is nobody to work for.
  process.once('disconnect', () => process.exit(0));
  return {
    post: (message) => void process.send?.(message),
    listen: (onMessage) => process.on('message', (message) => onMessage(message as ToWorker)),
  };
}
