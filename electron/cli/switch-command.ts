/** `models use`: changes the model in use, and waits until that is done. */
import { DescryError } from '../../models/errors.ts';
import { duration, fileSize, plural } from '../ipc/format.ts';
import { lostText, type LostModel } from '../services/models/lost-model.ts';
import type { Session } from './session.ts';

export async function useModel(id: string, session: Session): Promise<void> {
  const { descry, out, signal } = session;
  const { switching, models } = descry;
  const { photos, toEncode, bytes, seconds } = await switching.needs(id);
  const present = models.inUse();
  if (toEncode > 0) {
    const time = seconds === null ? '' : `about ${duration(seconds)} and `;
    out.notice(
      `${plural(toEncode, 'photo')} of ${photos} must be opened for ${id}, which takes ${time}${fileSize(bytes)} of disk space. ` +
        `Until then ${present} stays in use. It can be interrupted; the same command goes on.`,
    );
  }
  const bar = out.bar(toEncode > 0 ? 'Encoding photos' : 'Projecting');
  try {
    await descry.useModel(id, ({ done, total }) => bar.update(done, total, note(session, done, total)), signal);
  } catch (error) {
    if (signal.aborted && switching.wanted() === id) throw interrupted(id, present);
    throw error;
  } finally {
    bar.stop();
  }
  out.result({ model: id }, () => `${id} is in use.`);
}

function note({ descry }: Session, done: number, total: number): string {
  const left = descry.switching.state?.secondsLeft ?? null;
  return `${done} of ${total} photos${left === null ? '' : `, ${duration(left)} left`}`;
}

const interrupted = (id: string, present: string) =>
  new DescryError(
    'cancelled',
    `Stopped; ${present} stays in use. What was computed for ${id} is kept. To go on: descry models use ${id} (the window ` +
      `goes on by itself). To give it up: descry models use ${present}`,
  );

/** Where a change to another model was begun and is not done: what is left. */
export function switchNotice({ descry }: Pick<Session, 'descry'>): string | undefined {
  const wanted = descry.switching.wanted();
  if (wanted === undefined) return undefined;
  return `A change to the model ${wanted} was begun. To go on: descry models use ${wanted}`;
}

/** The chosen model cannot be used: why, which one answers, and what to type. */
export const lostModelText = (lost: LostModel): string =>
  `${lostText(lost)} To choose it: descry models use ${lost.instead}`;
