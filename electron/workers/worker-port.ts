/** The worker's own end of the channel: Electron's parent port in a utility process, else Node's. */
import type { FromWorker, Port, ToWorker } from '../vision/protocol.ts';

/** What Electron adds to `process` in a utility process; declared here because this folder does not know Electron. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

export function workerPort(): Port<FromWorker, ToWorker> {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort) {
    return {
      post: (message) => parentPort.postMessage(message),
      listen: (onMessage) => parentPort.on('message', ({ data }) => onMessage(data as ToWorker)),
    };
  }
  // Without a parent there is nobody to work for.
  process.once('disconnect', () => process.exit(0));
  return {
    post: (message) => void process.send?.(message),
    listen: (onMessage) => process.on('message', (message) => onMessage(message as ToWorker)),
  };
}
