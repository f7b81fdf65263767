/** `encoders`. */
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import type { EncoderSummary } from '../ipc/contract.ts';
import { removalOf } from '../ipc/encoder-removal.ts';
import { decimal, fileSize, plural } from '../ipc/format.ts';
import { isFolder, type AddingState } from '../services/encoders/adding.ts';
import { useModel } from './switch-command.ts';
import type { Session } from './session.ts';
import { waitingFor, type ProgressBar } from './terminal.ts';

export function listEncoders({ descry, out }: Session): void {
  const encoders = descry.machineEncoders.list();
  out.result(encoders, () => table(encoders).join('\n'));
}

/** An id that is offered, else a folder; one of the same name is meant by `./NAME`. */
export async function addEncoder(named: string, { descry, out, signal }: Session): Promise<void> {
  const { adding } = descry.machineEncoders;
  const show = progress(out);
  try {
    const offered = adding.offered.some(({ id }) => id === named);
    if (!offered && !(await isFolder(named))) {
      const known = adding.offered.map(({ id }) => id).join(', ');
      throw new DescryError('not-found', `${named} is neither an encoder that is offered (${known}) nor a folder.`);
    }
    const options = { signal, onProgress: show.update };
    const { id } = await (offered ? adding.add(named, options) : adding.addFolder(path.resolve(named), options));
    show.stop();
    const summary = descry.machineEncoders.summary(id);
    out.result(
      summary,
      () => `${summary.title} was added and works here${speed(summary)}. Use it: descry encoders use ${id}`,
    );
  } finally {
    show.stop();
  }
}

export async function useEncoder(id: string, session: Session): Promise<void> {
  const { state, title, zeroShot, error } = session.descry.machineEncoders.summary(id);
  if (state !== 'built-in' && state !== 'added') {
    throw new DescryError('not-found', `${title} is not on this computer yet. Add it first: descry encoders add ${id}`);
  }
  if (error) throw new DescryError(error.code, error.message);
  if (zeroShot === null) throw new DescryError('usage', `${title} has no model that can be used without training.`);
  await useModel(zeroShot, session);
}

/** @param yes what goes with it was named before */
export async function removeEncoder(id: string, { yes = false }: { yes?: boolean }, session: Session): Promise<void> {
  const { descry, out } = session;
  const summary = descry.machineEncoders.summary(id);
  // One that cannot be removed is refused below, whatever would go with it.
  if (!yes && !summary.inUse && summary.state !== 'built-in') await requireYes(summary, session);
  const removed = await descry.machineEncoders.remove(id);
  out.result({ removed: id, ...removed }, () => {
    const { bytes, features, models, wasFetched } = removed;
    if (bytes === 0)
      return wasFetched ? `What was fetched of ${id} was deleted.` : `Nothing of ${id} is on this computer.`;
    const trained = models.length > 0 ? `, and the models trained on it: ${models.join(', ')}` : '';
    return `${id} was removed: ${fileSize(bytes)} on this computer, the data of ${plural(features, 'photo')} in this library${trained}.`;
  });
}

/** @throws DescryError `usage` with what would go with an encoder, beside its own files and features */
async function requireYes({ id, title, zeroShot }: EncoderSummary, { descry }: Session): Promise<void> {
  const wanted = descry.switching.wanted() ?? null;
  const { models, change } = removalOf({ id, zeroShot }, await descry.models.list(), wanted);
  const also = [
    ...(models.length === 0
      ? []
      : [`deletes ${models.length === 1 ? 'the model' : 'the models'} trained on it (${models.join(', ')})`]),
    ...(change === null ? [] : [`ends the change to ${change === id ? title : change} that was begun`]),
  ];
  if (also.length === 0) return;
  throw new DescryError(
    'usage',
    `To remove ${title} also ${also.join(', and ')}. If that is what you want: descry encoders remove ${id} --yes`,
  );
}

const speed = ({ measured }: EncoderSummary) =>
  measured ? `: ${decimal(measured.photosPerSecond)} photos a second, ${fileSize(measured.peakBytes)} of memory` : '';

const states: Readonly<Record<EncoderSummary['state'], string>> = {
  'built-in': 'built in',
  offered: 'can be added',
  fetching: 'is being fetched',
  checking: 'is being checked',
  added: 'added',
};

function table(encoders: readonly EncoderSummary[]): string[] {
  const rows = encoders.map((one) => [
    one.inUse ? '*' : '',
    one.id,
    one.state === 'added' && one.error ? 'damaged' : states[one.state],
    fileSize(one.bytes),
    one.measured ? fileSize(one.measured.peakBytes) : '–',
    one.measured ? decimal(one.measured.photosPerSecond) : '–',
    one.title,
  ]);
  const all = [['', 'id', 'state', 'size', 'memory', 'photos a second', 'name'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** A bar for what takes long; in a pipe a line for each step. */
function progress(out: Session['out']): { update: (state: AddingState) => void; stop: () => void } {
  let bar: ProgressBar | undefined;
  let shown: string | undefined;
  const titles: Readonly<Record<AddingState['step'], (title: string) => string>> = {
    waiting: () => waitingFor('is adding an encoder'),
    fetching: (title) => `Fetching ${title}`,
    copying: (title) => `Copying ${title}`,
    checking: (title) => `Trying out ${title}`,
  };
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    update: ({ step, title, doneBytes, bytes }) => {
      const text = titles[step](title);
      if (text !== shown) {
        stop();
        shown = text;
        if (step === 'checking' || !process.stderr.isTTY) out.notice(`${text} …`);
      }
      if (step !== 'fetching' && step !== 'copying') return;
      bar ??= out.bar(text);
      if (bytes > 0) bar.update(doneBytes, bytes, `${fileSize(doneBytes)} of ${fileSize(bytes)}`);
    },
  };
}
