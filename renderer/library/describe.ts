/** How far indexing and the models have come, in words. */
import type { AssetsProgress, IndexingProgress, LibraryOverview, PhotoFolder } from '../../electron/ipc/contract.ts';
import { errorText } from '../base/errors.ts';
import { texts } from '../base/texts.ts';
import { fileSize, decimal, duration, percent } from '../../electron/ipc/format.ts';

export function indexingTitle({ state, done, total }: IndexingProgress): string {
  switch (state) {
    case 'idle':
      return texts.indexing.idle;
    case 'scanning':
      return texts.indexing.scanning;
    case 'indexing':
      return texts.indexing.indexing(done, total);
    case 'paused':
      return texts.indexing.paused(Math.max(0, total - done));
    case 'waiting-for-assets':
      return texts.indexing.waiting;
    case 'failed':
      return texts.indexing.failed;
  }
}

/** That all is indexed is said of what can be known: not of folders that cannot be read or are only partly watched. */
export function idleTitle(overview: LibraryOverview): string {
  const { folders, photos, failures } = overview;
  const waiting = waitingPhotos(overview);
  if (waiting > 0) return texts.indexing.idleWaiting(waiting);
  if (folderTroubles(folders).length > 0) return texts.indexing.idleWithTrouble;
  if (photos === 0) return texts.indexing.idleWithout;
  return failures > 0 ? texts.indexing.idleWithFailures : texts.indexing.idle;
}

/** Photos that are not indexed though this process has nothing to do: another one is indexing them. */
export const waitingPhotos = ({ photos, indexed, failures }: LibraryOverview): number =>
  Math.max(0, photos - indexed - failures);

/** What keeps photos from being found, in a sentence for each kind. */
export function folderTroubles(folders: LibraryOverview['folders']): string[] {
  const sum = (are: (folder: PhotoFolder) => boolean) => folders.filter(are).length;
  const { unreadable, vanished, partlyWatched } = texts.indexing;
  const kinds = [
    [sum(({ absence }) => absence !== null), unreadable],
    [sum(photosVanished), vanished],
    [sum(isPartlyWatched), partlyWatched],
  ] as const;
  return kinds.filter(([count]) => count > 0).map(([count, text]) => text(count));
}

/** Photos of a folder that can be read are missing, and the user has not said what happened. */
export const photosVanished = ({ absence, missing }: PhotoFolder) => absence === null && missing?.keep === false;

/** A limit of the system is reached; on network disks a scan from time to time is all there is. */
export const isPartlyWatched = ({ state, clock }: PhotoFolder) =>
  state === 'watching' && clock !== null && clock.why !== 'network';

export function indexingPace({ state, photosPerSecond, secondsLeft, error }: IndexingProgress): string {
  if (state === 'failed') return error ? errorText(error) : '';
  if (state !== 'indexing') return '';
  const parts = [];
  if (photosPerSecond > 0) parts.push(texts.indexing.rate(decimal(photosPerSecond)));
  if (secondsLeft !== null) parts.push(texts.indexing.left(duration(secondsLeft)));
  return parts.join(' · ');
}

export const indexingShare = ({ state, done, total }: IndexingProgress): number | null =>
  state === 'scanning' || total === 0 ? null : done / total;

export function assetsTitle({ state, item }: AssetsProgress): string {
  const what = item ?? texts.assets.someModel;
  if (state === 'fetching') return texts.assets.fetching(what);
  if (state === 'converting') return texts.assets.converting(what);
  if (state === 'failed') return texts.assets.failed;
  if (state === 'waiting') return texts.assets.waiting;
  return texts.assets.missing;
}

export function assetsPace(
  { state, doneBytes, totalBytes, error }: AssetsProgress,
  secondsLeft: number | null,
): string {
  if (state === 'failed') return error ? errorText(error) : '';
  if (state !== 'fetching' || totalBytes === 0) return texts.assets.once;
  const amount = texts.assets.amount(fileSize(doneBytes), fileSize(totalBytes));
  return secondsLeft === null ? amount : `${amount} · ${texts.assets.left(duration(secondsLeft))}`;
}

export const assetsShare = ({ state, doneBytes, totalBytes }: AssetsProgress): number | null =>
  state === 'fetching' && totalBytes > 0 ? doneBytes / totalBytes : null;

/** How far something is, in a narrow place; null: not known. */
export const shareMark = (share: number | null): string => (share === null ? '…' : percent(share));
