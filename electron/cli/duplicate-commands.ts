/** `duplicates`. */
import { fileSize, plural } from '../ipc/format.ts';
import { DescryError } from '../../models/errors.ts';
import { freeableBytes } from '../services/duplicates/report.ts';
import { photosBelow } from './library-commands.ts';
import type { Session } from './session.ts';

export async function duplicates({ folder }: { folder?: string }, session: Session): Promise<void> {
  const { descry, out, signal } = session;
  const among = folder === undefined ? undefined : await photosBelow(folder, session);
  if (among === undefined && descry.store.photos.count() === 0) {
    throw new DescryError('no-photos', 'The library is empty. Index your photos first: descry index FOLDER.');
  }
  await compare(session);
  signal.throwIfAborted();
  const report = descry.nearDuplicates.report(among && (({ id }) => among.has(id)));
  const groups = report.groups.map(({ kind, paths, bytes, widths, heights }) => ({
    kind,
    freeableBytes: freeableBytes(bytes),
    photos: paths.map((path, i) => ({ path, bytes: bytes[i]!, width: widths[i]!, height: heights[i]! })),
  }));
  const freeable = (kind: 'exact' | 'near') =>
    groups.filter((group) => group.kind === kind).reduce((sum, group) => sum + group.freeableBytes, 0);
  const result = { complete: report.complete, exactBytes: freeable('exact'), nearBytes: freeable('near'), groups };
  out.result(result, () =>
    [
      ...groups.flatMap((group) => [
        `${group.kind === 'exact' ? 'The same' : 'Nearly the same'}, ${fileSize(group.freeableBytes)} more than the largest alone:`,
        ...group.photos.map(({ path, bytes, width, height }) => `  ${path}  ${width} × ${height}, ${fileSize(bytes)}`),
      ]),
      groups.length === 0
        ? 'No photo is there twice.'
        : `${plural(groups.length, 'group')}: equal files take ${fileSize(result.exactBytes)}, ` +
          `near-duplicates ${fileSize(result.nearBytes)} more than the largest of each group alone.`,
      ...(report.complete ? [] : ['Some photos have not been compared yet: index them first.']),
    ].join('\n'),
  );
}

/** Compares the photos that have not been compared, which may take minutes in a library of an earlier version. */
async function compare({ descry, out, signal }: Session): Promise<void> {
  if (descry.nearDuplicates.hasWork) {
    const bar = out.bar('Comparing');
    try {
      await descry.nearDuplicates.run({ signal, onProgress: (done, total) => bar.update(done, total, '') });
    } finally {
      bar.stop();
    }
  }
}
