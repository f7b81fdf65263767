/**
 * The workers in Electron: utility processes, so that decoders and networks run outside the program that holds the
 * window and the database. (The packaged program cannot run as plain Node: that fuse is off.)
 */
import { utilityProcess } from 'electron';
import type { TrainingMethods } from '../services/training/training-host.ts';
import type { VisionHost, WorkerHost } from '../workers/host.ts';
import type { FromWorker, WorkerProcess } from '../vision/protocol.ts';
import { WorkerSupervisor } from '../workers/supervisor.ts';
import { places } from './places.ts';

export function visionHost(log: (message: string) => void): VisionHost {
  return new WorkerSupervisor({ start: () => startUtility('vision', places.visionWorker, log), log });
}

/** Training has a process of its own: photos are indexed and thumbnails made while it computes. */
export function trainingHost(log: (message: string) => void): WorkerHost<TrainingMethods> {
  return new WorkerSupervisor({ start: () => startUtility('training', places.trainingWorker, log), log });
}

function startUtility(name: string, program: string, log: (message: string) => void): WorkerProcess {
  const child = utilityProcess.fork(program, [], { serviceName: `Descry ${name}`, stdio: 'pipe' });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8' as never);
    stream?.on('data', (text: string) => log(`${name}: ${text.trimEnd()}`));
  }
  return {
    post: (message) => child.postMessage(message),
    listen: (onMessage) => child.on('message', (message: FromWorker) => onMessage(message)),
    onExit: (listener) => child.once('exit', (code) => listener(`exit code ${code}`)),
    kill: () => void child.kill(),
  };
}
