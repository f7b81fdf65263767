/** `duplicates` and `similar`. */
import type { SearchForm } from '../ipc/contract.ts';
import { fileSize, plural } from '../ipc/format.ts';
import { DescryError } from '../../models/errors.ts';
import { freeableBytes } from '../services/duplicates/report.ts';
import { existingPaths } from '../services/library/existing-path.ts';
import { examplesOf, photoFile } from './files.ts';
import { photosBelow } from './library-commands.ts';
import type { Session } from './session.ts';

export async function duplicates({ folder }: { folder?: string }, session: Session): Promise<void> {
  const { descry, out, signal } = session;
  const among = await photosOf(folder, session);
  await compare(session);
  signal.throwIfAborted();
  await descry.library.look();
  const hidden = descry.search.index.hidden();
  const report = descry.nearDuplicates.report(({ id }) => (!among || among.has(id)) && !hidden.has(id));
  const groups = report.groups.map(({ kind, paths, bytes, widths, heights }) => ({
    kind,
    freeableBytes: freeableBytes(bytes),
    photos: paths.map((path, i) => ({ path, bytes: bytes[i]!, width: widths[i]!, height: heights[i]! })),
  }));
  const freeable = (kind: 'exact' | 'near') =>
    groups.filter((group) => group.kind === kind).reduce((sum, group) => sum + group.freeableBytes, 0);
  const { complete, uncompared = 0 } = report;
  const result = { complete, uncompared, exactBytes: freeable('exact'), nearBytes: freeable('near'), groups };
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
      ...(complete ? [] : ['Some photos have not been compared yet: index them first.']),
      ...(uncompared === 0
        ? []
        : [`${plural(uncompared, 'photo')} could not be compared: ${inUseTitle(descry)} finds no near-duplicates.`]),
    ].join('\n'),
  );
}

const inUseTitle = ({ models }: Session['descry']) => models.encoderOf(models.inUse()).title;

/** Ranks by the embedding of the file, which is opened for this and not added to the library. */
export async function similar(
  file: string,
  { folder, top }: { folder?: string; top: number },
  session: Session,
): Promise<void> {
  const { descry, out } = session;
  const given = await photoFile(file);
  const among = await photosOf(folder, session);
  await descry.library.look();
  const like = await examplesOf([given], session);
  const form: SearchForm = { text: '', filter: {}, literal: [], like, order: 'relevance' };
  const ranking = await descry.search.query(form, { limit: top, among });
  const results = existingPaths(descry.store, ranking.ids).map((path, i) => ({
    rank: i + 1,
    path,
    score: Number(ranking.scores[i]!.toFixed(4)),
  }));
  const { model, tookMs } = ranking;
  out.result({ file: given, model, tookMs: Number(tookMs.toFixed(1)), results }, () =>
    results.length === 0
      ? 'No photo there is indexed.'
      : results.map(({ rank, score, path }) => `${String(rank).padStart(3)}  ${score.toFixed(3)}  ${path}`).join('\n'),
  );
}

/** Ids of a folder's photos; undefined: all photos of the library. @throws DescryError `no-photos` */
async function photosOf(folder: string | undefined, session: Session): Promise<Set<number> | undefined> {
  if (folder !== undefined) return photosBelow(folder, session);
  if (session.descry.store.photos.count() > 0) return undefined;
  throw new DescryError('no-photos', 'The library is empty. Index your photos first: descry index FOLDER.');
}

/** Compares the photos that have not been compared, which may take minutes in a library of an earlier version. */
async function compare({ descry, out, signal }: Session): Promise<void> {
  if (descry.nearDuplicates.hasWork && descry.store.readOnly === undefined) {
    const bar = out.bar('Comparing');
    try {
      await descry.nearDuplicates.run({ signal, onProgress: (done, total) => bar.update(done, total, '') });
    } finally {
      bar.stop();
    }
  }
}
