/** The process that carries out one trial (photo-modes.ts), for the command line. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { forkWorker } from '../workers/fork.ts';
import type { WorkerHost } from '../workers/host.ts';
import { WorkerSupervisor } from '../workers/supervisor.ts';
import type { TrialMethods } from './photo-modes.ts';

export function trialProcess(): WorkerHost<TrialMethods> {
  // In a checkout the worker's source, else what was built of it.
  const source = path.join(import.meta.dirname, '../network-trial-worker.ts');
  const program = existsSync(source) ? source : path.join(import.meta.dirname, '../../dist/trial.cjs');
  return new WorkerSupervisor<TrialMethods>({
    name: 'trial',
    start: () => forkWorker(program, {}, { quiet: true }),
    log: () => undefined,
  });
}
