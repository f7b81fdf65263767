/**
 * The other processes: utility processes of Electron. (The packaged program cannot run as plain Node: that
 * fuse is off.) The library's process is started from here; its own workers, vision, training and datasets, are started when it asks
 * for them, have a channel of their own to it, and end with it.
 */
import { MessageChannelMain, utilityProcess, type UtilityProcess } from 'electron';
import type { LibraryMethods } from '../ipc/library.ts';
import { serveLauncher, type LaunchedProcess } from '../workers/launcher.ts';
import { messagePort, type MessagePortLike } from '../workers/port.ts';
import type { FromWorker, ToWorker, WorkerProcess } from '../workers/protocol.ts';
import { WorkerSupervisor } from '../workers/supervisor.ts';
import { recoveredAfterMs } from './library-client.ts';
import { places } from './places.ts';

export interface ProcessLog {
  /** @param line of a process's standard output or error */
  info(line: string): void;
  warn(line: string): void;
}

export function libraryHost(log: ProcessLog): WorkerSupervisor<LibraryMethods> {
  return new WorkerSupervisor({ name: 'library', start: () => startLibrary(log), log: log.warn, recoveredAfterMs });
}

function startLibrary(log: ProcessLog): WorkerProcess {
  const requests = channel();
  const launches = channel();
  const child = fork('library', [requests.theirs, launches.theirs], log);
  const endWorkers = serveLauncher(launches.ours, (name) => launchWorker(name, log));
  child.once('exit', endWorkers);
  return {
    ...messagePort<ToWorker, FromWorker>(requests.ours),
    onExit: (listener) => child.once('exit', (code) => listener(`exit code ${code}`)),
    kill: () => void child.kill(),
  };
}

function launchWorker(name: string, log: ProcessLog): LaunchedProcess {
  if (name !== 'vision' && name !== 'training' && name !== 'datasets' && name !== 'trial' && name !== 'check')
    throw new Error(`there is no worker named ${name}`);
  const { ours, theirs } = channel();
  const child = fork(name, [theirs], log);
  return {
    port: ours,
    onExit: (listener) => child.once('exit', (code) => listener(`exit code ${code}`)),
    kill: () => void child.kill(),
  };
}

function fork(name: keyof typeof places.programs, ports: MessagePortLike[], log: ProcessLog): UtilityProcess {
  const child = utilityProcess.fork(places.programs[name], [], { serviceName: `Descry ${name}`, stdio: 'pipe' });
  for (const [stream, level] of [[child.stdout, 'info'] as const, [child.stderr, 'warn'] as const]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => log[level](`${name}: ${text.trimEnd()}`));
  }
  // They came from MessageChannelMain, and workers/ names only what it uses of them.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  child.postMessage(undefined, ports as Electron.MessagePortMain[]);
  return child;
}

function channel(): { ours: MessagePortLike; theirs: MessagePortLike } {
  const { port1, port2 } = new MessageChannelMain();
  return { ours: port1, theirs: port2 };
}
