/** `index`, `folders` and `status`. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import type { PhotoFolder } from '../ipc/contract.ts';
import { duration, elapsed, fileSize, plural } from '../ipc/format.ts';
import { joinedLeftOut, leftOutAdvice, leftOutName, leftOutText, type LeftOutCount } from '../ipc/left-out.ts';
import { diskUse } from '../services/shared/disk-use.ts';
import type { FolderRow } from '../services/library/library.ts';
import { isInside } from '../services/shared/paths.ts';
import { assertFolder } from '../services/library/scan.ts';
import { absenceError } from '../services/library/folder-place.ts';
import { withShownCopies } from '../services/library/existing-path.ts';
import { moveFolder } from '../services/library/move-folder.ts';
import { terminalText } from './error-texts.ts';
import type { Session } from './session.ts';
import { lostModelText, switchNotice } from './switch-command.ts';

export async function index(
  folders: readonly string[],
  { retry, check, acceptMissing = false }: { retry?: boolean; check?: boolean; acceptMissing?: boolean },
  session: Session,
): Promise<void> {
  const { descry, out } = session;
  const started = performance.now();
  const rows = await descry.library.addAll(folders);
  if (retry) descry.store.failures.clear(rows.flatMap(({ id }) => descry.store.failures.inFolder(id).map((f) => f.id)));
  if (check) rows.forEach(({ id }) => descry.library.checkAll(id));
  const indexed = await scanAndIndex(rows, session, acceptMissing);
  const missing = missingIn(rows, session);
  const photos = rows.reduce((sum, { id }) => sum + descry.store.photos.idsInFolder(id).size, 0);
  const failed = rows.flatMap(({ id }) => descry.store.failures.inFolder(id));
  const counts = descry.store.leftOut.counts();
  const leftOut = joinedLeftOut(rows.map(({ id }) => counts.get(id) ?? []));
  const seconds = (performance.now() - started) / 1000;
  const report = {
    photos,
    indexed,
    reused: photos - indexed - failed.length,
    /** kept although their files are not there, because many vanished at once */
    missing: missing.reduce((sum, { photos }) => sum + photos, 0),
    failed: failed.map(({ path, code, reason }) => ({ path, code, reason })),
    leftOut: byReason(leftOut),
    seconds: round(seconds, 3),
    photosPerSecond: round(indexed / seconds, 2),
  };
  out.result(report, () =>
    [
      `${plural(photos, 'photo')}: ${indexed} indexed, ${report.reused} known already, ${failed.length} failed, in ${elapsed(seconds)}.`,
      ...report.failed.map(({ path, reason }) => `  ${path}: ${reason}`),
      ...(leftOut.length > 0 ? [`${leftOutText(leftOut)}. Their names: descry status --left-out`] : []),
    ].join('\n'),
  );
  for (const { path, photos } of missing) out.notice(missingText(path, photos));
  const change = switchNotice(session);
  if (change !== undefined) out.notice(change);
}

/** @returns how many photos of the folders were computed now */
async function scanAndIndex(
  folders: readonly FolderRow[],
  { descry, out, signal }: Session,
  acceptMissing = false,
): Promise<number> {
  const noPhotos: unknown[] = [];
  for (const folder of folders) {
    try {
      const report = await descry.library.scan(folder.id, { signal, acceptMissing });
      // All photos of a folder may be missing: this is said at the end.
      if (report.missing === undefined && !acceptMissing) descry.library.requirePhotos(folder, report);
    } catch (error) {
      if (signal.aborted) throw error;
      // A folder without photos, or one that cannot be read, is not added to the library.
      if (folder.lastScan === null && descry.store.photos.idsInFolder(folder.id).size === 0) {
        descry.library.remove(folder.id);
      }
      noPhotos.push(error);
    }
  }
  await checkChanges({ descry, out, signal });
  const bar = out.bar('Indexing');
  const timer = setInterval(() => {
    const { done, total, photosPerSecond, secondsLeft } = descry.indexer.progress;
    const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`;
    if (total > 0) bar.update(done, total, `${done} of ${total} photos, ${photosPerSecond.toFixed(1)} a second${left}`);
  }, 100);
  try {
    // Before photos are encoded with them.
    await descry.checkWeights(signal);
    // The photos of the other folders are indexed before the error is reported.
    const { indexedIn } = await descry.indexer.run({ signal });
    await readMetadata({ descry, out, signal });
    await packFeatures({ descry, out, signal });
    await readRegions({ descry, out, signal });
    await descry.cleanup.runInBackground({ signal });
    descry.file.shrink();
    if (noPhotos.length > 0) throw noPhotos[0];
    return folders.reduce((sum, { id }) => sum + (indexedIn.get(id) ?? 0), 0);
  } finally {
    clearInterval(timer);
    bar.stop();
  }
}

/** Reads files again that may have been edited although their size and time are the same. */
async function checkChanges({ descry, out, signal }: Session): Promise<void> {
  const bar = out.bar('Reading changed files again');
  try {
    const onProgress = (done: number, total: number) => bar.update(done, total, `${done} of ${plural(total, 'file')}`);
    await descry.changes.run({ signal, onProgress });
  } finally {
    bar.stop();
  }
}

/** What an earlier version of Descry did not read. */
async function readMetadata({ descry, out, signal }: Session): Promise<void> {
  const bar = out.bar('Reading dates and cameras');
  const total = descry.store.contents.outdatedMetadataCount();
  try {
    const onProgress = (done: number) => bar.update(done, Math.max(total, done), `${done} of ${total} photos`);
    await descry.metadata.run({ signal, onProgress });
  } finally {
    bar.stop();
  }
}

/** What an earlier version of Descry stored in more bytes. */
async function packFeatures({ descry, out, signal }: Session): Promise<void> {
  const bar = out.bar('Making the library smaller');
  try {
    await descry.packing.run({ signal, onProgress: (done, total) => bar.update(done, total, '') });
  } finally {
    bar.stop();
  }
}

/** The regions of photos that were indexed before regions were stored, and the embeddings of all. */
async function readRegions({ descry, out, signal }: Session): Promise<void> {
  const bar = out.bar('Looking at the parts of photos');
  try {
    await descry.regions.run({
      signal,
      onProgress: (done, total) => bar.update(done, total, `${done} of ${total} photos`),
    });
  } finally {
    bar.stop();
  }
}

/** Ids of the photos in a folder; one that is not in the library yet is indexed first. */
export async function photosBelow(folder: string, session: Session): Promise<Set<number>> {
  const { descry } = session;
  const real = await realpath(folder).catch(() => path.resolve(folder));
  const holder = descry.library.folders().find((known) => isInside(real, known.path));
  const row = holder ?? (await descry.library.add(folder));
  const below = () =>
    row.path === real
      ? descry.store.photos.idsInFolder(row.id)
      : new Set(
          descry.store.photos
            .inFolder(row.id)
            .filter((photo) => isInside(photo.path, real))
            .map(({ id }) => id),
        );
  const known = below();
  const {
    photos = 0,
    indexed = 0,
    failures = 0,
  } = descry.store.folders.counts(descry.models.inUse()).get(row.id) ?? {};
  // A folder that is away can still be searched.
  const absence = known.size > 0 ? await descry.library.absence(row.id) : undefined;
  if (absence) {
    await descry.library.look();
    session.out.notice(terminalText(absenceError(row.path, absence, known.size)));
    return withShownCopies(descry.store, known, descry.search.index.hidden());
  }
  if (known.size > 0 && row.lastScan !== null && photos === indexed + failures) return known;
  await assertFolder(folder);
  await scanAndIndex([row], session);
  const found = below();
  if (found.size === 0)
    throw new DescryError('no-photos', `${real} holds no photos. Name the folder that holds yours.`);
  return found;
}

export async function folders({ descry, out }: Session): Promise<void> {
  await descry.library.look();
  const { folders } = descry.library.overview(descry.models.inUse());
  out.result(folders, () =>
    folders.length === 0
      ? 'No folder is in the library. Add one: descry index FOLDER.'
      : folders
          .map((folder) => {
            const { path, photos, indexed, failures } = folder;
            return [
              `${path}: ${plural(photos, 'photo')}, ${indexed} indexed, ${failures} failed`,
              ...troubles(folder),
            ].join('\n  ');
          })
          .join('\n'),
  );
}

/** What is to be said of a folder that cannot be read, or of which photos are missing. */
function troubles({ path, photos, absence, missing }: PhotoFolder): string[] {
  return [
    ...(absence ? [terminalText(absenceError(path, absence, photos))] : []),
    ...(missing ? [missingText(path, missing.photos)] : []),
  ];
}

const missingText = (folder: string, photos: number) =>
  `${folder}: the files of ${plural(photos, 'photo')} are not there any more. So many at once may be a disk that is not ` +
  'connected, so that they stay in the library. If they were deleted: descry index FOLDER --accept-missing';

function missingIn(rows: readonly FolderRow[], { descry }: Session): { path: string; photos: number }[] {
  const counts = descry.store.missing.counts();
  return rows.flatMap(({ id, path }) => (counts.has(id) ? [{ path, photos: counts.get(id)! }] : []));
}

/** A folder that was moved or renamed is taken up at its new place. */
export async function moveFolderTo(from: string, to: string, { descry, out, signal }: Session): Promise<void> {
  const found = await registered(from, { descry });
  await moveFolder(descry.library, descry.store, found.id, to);
  const { found: photos, added, removed } = await descry.library.scan(found.id, { signal });
  const { path } = descry.store.folders.get(found.id)!;
  out.result({ moved: found.path, to: path, photos, added, removed }, () =>
    [
      `${found.path} is ${path} now, with ${plural(photos, 'photo')}.`,
      ...(added > 0
        ? [`${plural(added, 'photo')} of them ${added === 1 ? 'is' : 'are'} new: descry index ${path}`]
        : []),
    ].join('\n'),
  );
}

async function registered(folder: string, { descry }: Pick<Session, 'descry'>): Promise<FolderRow> {
  // A folder that is not there any more has no real path.
  const real = await realpath(folder).catch(() => path.resolve(folder));
  const found = descry.library.folders().find(({ path }) => path === real);
  if (!found) throw new DescryError('not-found', `${real} is not in the library. descry folders lists what is.`);
  return found;
}

export async function removeFolder(folder: string, { descry, out, signal }: Session): Promise<void> {
  const found = await registered(folder, { descry });
  const real = found.path;
  const photos = descry.store.photos.idsInFolder(found.id).size;
  descry.library.remove(found.id);
  const forgotten = await deleteUnused({ descry, out, signal });
  out.result({ removed: real, photos, forgotten }, () =>
    [
      `${real} is not in the library any more; its ${plural(photos, 'photo')} ${photos === 1 ? 'was' : 'were'} not touched.`,
      `What was computed from ${plural(forgotten, 'photo')} that nothing else uses was deleted.`,
    ].join('\n'),
  );
}

/** @returns how many contents were deleted, with their features, embeddings and thumbnails */
async function deleteUnused({ descry, out, signal }: Session): Promise<number> {
  const bar = out.bar('Deleting what was computed');
  const total = descry.store.unused.count(0);
  try {
    return await descry.cleanup.run({ signal, onProgress: (done) => bar.update(done, Math.max(total, done), '') });
  } finally {
    bar.stop();
  }
}

export async function status(
  { leftOut: listed }: { leftOut?: boolean },
  { descry, out }: Session,
  version: string,
): Promise<void> {
  await descry.library.look();
  // First, because it may find that the chosen model cannot be used. If no engine loads, the rest of the report is still shown.
  const engine = await descry
    .engine()
    .then(async () => (await descry.engineText()) ?? '')
    .catch(terminalText);
  const model = descry.models.inUse();
  const { folders, photos, indexed, failures } = descry.library.overview(model);
  const database = descry.store.file;
  const names = (id: number, counts: readonly LeftOutCount[]) =>
    counts.map(({ reason, count }) => ({ reason, count, paths: descry.store.leftOut.list(id, reason) }));
  const report = {
    folders: folders.map(({ id, path, photos, indexed, failures, leftOut, lastScan, absence, missing }) => ({
      path,
      photos,
      indexed,
      failures,
      leftOut: byReason(leftOut),
      ...(listed ? { leftOutPaths: Object.fromEntries(names(id, leftOut).map((one) => [one.reason, one.paths])) } : {}),
      lastScan,
      absence,
      missing: missing?.photos ?? 0,
    })),
    photos,
    indexed,
    failures: descry.store.failures.list().map(({ path, code, reason }) => ({ path, code, reason })),
    model,
    /** the chosen model where it cannot be used, and why; null: it can */
    lostModel: descry.models.lost(),
    /** the model of a change that was begun; null: none was */
    wantedModel: descry.switching.wanted() ?? null,
    engine,
    versions: { descry: version, node: process.versions.node },
    paths: { home: descry.home, database, assets: descry.assets.folder },
    sizes: {
      database: (await diskUse(database)) + (await diskUse(`${database}-wal`)),
      assets: await diskUse(descry.assets.folder),
    },
    assets: descry.assets.state().state,
  };
  const folderLines = (folder: (typeof folders)[number]) => [
    `  ${folder.path}: ${plural(folder.photos, 'photo')}`,
    ...troubles(folder).map((line) => `    ${line}`),
    ...(folder.leftOut.length > 0 && !listed ? [`    ${leftOutText(folder.leftOut)}`] : []),
    ...(listed
      ? names(folder.id, folder.leftOut).flatMap(({ paths, ...one }) => [
          `    Not shown: ${leftOutName(one)}. ${leftOutAdvice(one.reason)}`,
          ...paths.map((path) => `      ${path}`),
        ])
      : []),
  ];
  out.result(report, () =>
    [
      `${plural(photos, 'photo')} in ${plural(folders.length, 'folder')}, ${indexed} indexed, ${failures} failed`,
      ...folders.flatMap(folderLines),
      `Model     ${model}`,
      ...(report.lostModel === null ? [] : [`          ${lostModelText(report.lostModel)}`]),
      ...(report.wantedModel === null ? [] : [`          ${switchNotice({ descry })}`]),
      `Engine    ${report.engine}`,
      `Library   ${descry.home} (${fileSize(report.sizes.database)})`,
      `Weights   ${descry.assets.folder} (${fileSize(report.sizes.assets)}, ${report.assets})`,
      `Versions  Descry ${version}, Node ${process.versions.node}`,
    ].join('\n'),
  );
}

const byReason = (counts: readonly LeftOutCount[]) =>
  Object.fromEntries(counts.map(({ reason, count }) => [reason, count]));

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
