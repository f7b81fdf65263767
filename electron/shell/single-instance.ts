/** One program for each library: a second start hands its sentence over and ends. */
import { app } from 'electron';

interface Handover {
  readonly sentence: string | null;
}

/**
 * @param sentence of this start's command line
 * @param onSecondStart called in the first program when another one is started
 * @returns false in the second program, which has nothing left to do
 */
export function isFirstInstance(
  sentence: string | undefined,
  onSecondStart: (sentence: string | undefined) => void,
): boolean {
  // Passed as data: Chromium reorders the command line of a second start.
  const handover: Handover = { sentence: sentence ?? null };
  if (!app.requestSingleInstanceLock({ ...handover })) return false;
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const given = (data as Partial<Handover> | null)?.sentence;
    onSecondStart(typeof given === 'string' && given !== '' ? given : undefined);
  });
  return true;
}
