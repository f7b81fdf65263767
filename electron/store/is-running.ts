import { systemCode } from '../../models/errors.ts';

/** Whether this computer has a process of this number; it may be another program's by now. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // signal 0 only asks
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
