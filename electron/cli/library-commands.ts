/** `index`, `search`, `folders` and `status`. */
import { realpath } from 'node:fs/promises';
import { DescryError } from '../../models/errors.ts';
import { diskUse } from '../services/disk-use.ts';
import { isInside, type FolderRow } from '../services/library.ts';
import type { Session } from './session.ts';
import { duration, fileSize } from './terminal.ts';

export async function index(
  folders: readonly string[],
  { retry }: { retry?: boolean },
  session: Session,
): Promise<void> {
  const { descry, out } = session;
  const started = performance.now();
  const rows: FolderRow[] = [];
  for (const folder of folders) rows.push(await descry.library.add(folder));
  if (retry) descry.store.failures.clear(rows.flatMap(({ id }) => descry.store.failures.inFolder(id).map((f) => f.id)));
  const { photos, indexed } = await scanAndIndex(rows, session);
  const failed = rows.flatMap(({ id }) => descry.store.failures.inFolder(id));
  const seconds = (performance.now() - started) / 1000;
  const report = {
    photos,
    indexed,
    reused: photos - indexed - failed.length,
    failed: failed.map(({ path, code, reason }) => ({ path, code, reason })),
    seconds: round(seconds, 3),
    photosPerSecond: round(indexed / seconds, 2),
  };
  out.result(report, () =>
    [
      `${photos} photos: ${indexed} indexed, ${report.reused} known already, ${failed.length} failed, in ${duration(seconds)}.`,
      ...report.failed.map(({ path, reason }) => `  ${path}: ${reason}`),
    ].join('\n'),
  );
}

/** @returns how many photos the folders hold, and how many were computed now */
async function scanAndIndex(folders: readonly FolderRow[], { descry, out, signal }: Session) {
  let photos = 0;
  for (const folder of folders) {
    const report = await descry.library.scan(folder.id, signal);
    if (report.found === 0 && descry.store.photos.inFolder(folder.id).length === 0) descry.library.remove(folder.id);
    descry.library.requirePhotos(folder, report);
    photos += report.found;
  }
  const bar = out.bar('Indexing');
  const timer = setInterval(() => {
    const { done, total, photosPerSecond, secondsLeft } = descry.indexer.progress;
    const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`;
    if (total > 0) bar.update(done, total, `${done} of ${total} photos, ${photosPerSecond.toFixed(1)} a second${left}`);
  }, 100);
  try {
    const { indexed } = await descry.indexer.run({ signal });
    return { photos, indexed };
  } finally {
    clearInterval(timer);
    bar.stop();
  }
}

export async function search(
  sentence: string,
  { folder, top }: { folder?: string; top: number },
  session: Session,
): Promise<void> {
  const { descry, out } = session;
  const among = folder === undefined ? undefined : await photosBelow(folder, session);
  if (among === undefined && descry.store.photos.count() === 0) {
    throw new DescryError('no-photos', 'The library is empty. Index your photos first: descry index FOLDER.');
  }
  const ranking = await descry.search.query(sentence, { limit: top, among });
  const results = Array.from(ranking.ids, (id, i) => ({
    rank: i + 1,
    path: descry.store.photos.get(id)!.path,
    score: round(ranking.scores[i]!, 4),
    relevance: round(ranking.relevance[i]!, 4),
    copies: descry.store.photos.copies(id),
  }));
  const { query, unknownWords, model } = ranking;
  out.result({ query, unknownWords, tookMs: round(ranking.tookMs, 1), model, results }, () =>
    [
      ...unknownWords.map(({ word, suggestion }) =>
        suggestion ? `"${word}" is not known; did you mean "${suggestion}"?` : `"${word}" is not known.`,
      ),
      ...results.map(({ rank, score, path }) => `${String(rank).padStart(3)}  ${score.toFixed(3)}  ${path}`),
    ].join('\n'),
  );
}

/** Ids of the photos in a folder; one that is not in the library yet is indexed first. */
async function photosBelow(folder: string, session: Session): Promise<Set<number>> {
  const { descry } = session;
  const real = await realpath(folder).catch(() => folder);
  const holder = descry.library.folders().find((known) => isInside(real, known.path));
  if (holder && holder.path !== real) {
    const below = descry.store.photos.inFolder(holder.id).filter((photo) => isInside(photo.path, real));
    return new Set(below.map((photo) => photo.id));
  }
  const row = holder ?? (await descry.library.add(folder));
  const pending = descry.store.photos.pendingCount(descry.models.inUse()) > 0;
  if (row.lastScan === null || pending) await scanAndIndex([row], session);
  return descry.store.photos.idsInFolder(row.id);
}

export async function folders({ descry, out }: Session): Promise<void> {
  const { folders } = descry.library.overview(descry.models.inUse());
  out.result(folders, () =>
    folders.length === 0
      ? 'No folder is in the library. Add one: descry index FOLDER.'
      : folders
          .map(
            ({ path, photos, indexed, failures }) =>
              `${path}: ${photos} photos, ${indexed} indexed, ${failures} failed`,
          )
          .join('\n'),
  );
}

export async function removeFolder(folder: string, { descry, out }: Session): Promise<void> {
  const real = await realpath(folder).catch(() => folder);
  const found = descry.library.folders().find(({ path }) => path === real);
  if (!found) throw new DescryError('not-found', `${real} is not in the library. descry folders lists what is.`);
  descry.library.remove(found.id);
  out.result({ removed: real }, () => `${real} is not in the library any more. The photos were not touched.`);
}

export async function status({ descry, out }: Session, version: string): Promise<void> {
  const model = descry.models.inUse();
  const { folders, photos, indexed, failures } = descry.library.overview(model);
  const database = descry.store.file;
  const report = {
    folders: folders.map(({ path, photos, indexed, failures, lastScan }) => ({
      path,
      photos,
      indexed,
      failures,
      lastScan,
    })),
    photos,
    indexed,
    failures: descry.store.failures.list().map(({ path, code, reason }) => ({ path, code, reason })),
    model,
    engine: (await descry.engine()).description,
    versions: { descry: version, node: process.versions.node },
    paths: { home: descry.home, database, assets: descry.assets.folder },
    sizes: {
      database: (await diskUse(database)) + (await diskUse(`${database}-wal`)),
      assets: await diskUse(descry.assets.folder),
    },
    assets: descry.assets.state().state,
  };
  out.result(report, () =>
    [
      `${photos} photos in ${folders.length} folders, ${indexed} indexed, ${failures} failed`,
      ...report.folders.map((folder) => `  ${folder.path}: ${folder.photos} photos`),
      `Model     ${model}`,
      `Engine    ${report.engine}`,
      `Library   ${descry.home} (${fileSize(report.sizes.database)})`,
      `Weights   ${descry.assets.folder} (${fileSize(report.sizes.assets)}, ${report.assets})`,
      `Versions  Descry ${version}, Node ${process.versions.node}`,
    ].join('\n'),
  );
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
