/**
 * The vision worker in Electron: a utility process, so that decoders and networks run outside the program that holds the
 * window and the database. (The packaged program cannot run as plain Node: that fuse is off.)
 */
import { utilityProcess } from 'electron';
import type { VisionHost } from '../vision/host.ts';
import type { FromWorker, WorkerProcess } from '../vision/protocol.ts';
import { VisionSupervisor } from '../vision/supervisor.ts';
import { places } from './places.ts';

export function visionHost(log: (message: string) => void): VisionHost {
  return new VisionSupervisor({ start: () => startUtility(log), log });
}

function startUtility(log: (message: string) => void): WorkerProcess {
  const child = utilityProcess.fork(places.visionWorker, [], { serviceName: 'Descry vision', stdio: 'pipe' });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8' as never);
    stream?.on('data', (text: string) => log(`vision: ${text.trimEnd()}`));
  }
  return {
    post: (message) => child.postMessage(message),
    listen: (onMessage) => child.on('message', (message: FromWorker) => onMessage(message)),
    onExit: (listener) => child.once('exit', (code) => listener(`exit code ${code}`)),
    kill: () => void child.kill(),
  };
}
