/**
 * The requests that only read. Where the library's process dies while one of them is under way, it can be sent again; of
 * any other request nobody knows then whether it was carried out. Without zod, so that the window's page can have it, too.
 */
import type { RequestName } from './contract.ts';

const names = [
  'app.info',
  'app.storage',
  'assets.state',
  'library.overview',
  'library.notices',
  'library.failures',
  'library.timeline',
  'indexing.state',
  'search.query',
  'search.facets',
  'search.saved',
  'search.recent',
  'photo.details',
  'photo.problem',
  'photo.thumbnail',
  'photos.thumbnails',
  'photos.previews',
  'photos.duplicates',
  'settings.get',
  'models.list',
  'models.needs',
  'models.switching',
  'encoders.list',
  'training.checkDataset',
  'training.checkPhotos',
  'training.encoders',
  'training.state',
] as const satisfies readonly RequestName[];

export const readsOnly = (name: RequestName): boolean => (names as readonly RequestName[]).includes(name);
