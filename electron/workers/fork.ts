/** A worker as a plain child process: for the command line and the tests, which have no Electron. */
import { fork } from 'node:child_process';
import type { FromWorker, WorkerProcess } from './protocol.ts';

/**
 * @param file the worker's entry: TypeScript in a checkout, dist/….cjs as built
 * @param options quiet: what it or its libraries print is not shown
 */
export function forkWorker(
  file: string,
  environment: NodeJS.ProcessEnv = {},
  { quiet = false }: { readonly quiet?: boolean } = {},
): WorkerProcess {
  const output = quiet ? 'ignore' : 'inherit';
  const child = fork(file, {
    // structured clone, for typed arrays
    serialization: 'advanced',
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, ...environment },
  });
  // A message to a process that has just ended fails; the exit is reported separately.
  child.on('error', () => undefined);
  return {
    post: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    listen: (onMessage) => child.on('message', (message) => onMessage(message as FromWorker)),
    onExit: (listener) => child.once('exit', (code, signal) => listener(signal ?? `exit code ${code}`)),
    kill: () => child.kill('SIGKILL'),
  };
}
