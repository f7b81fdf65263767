/** Vision for a process that must not open photos: photos without a cached feature count as unreadable. */
import type { PhotoFailure, Vision } from './vision.ts';
import { DescryError } from '../../models/errors.ts';

const failure: PhotoFailure = {
  code: 'photo-unreadable',
  reason: 'It could not be opened when the photos were encoded.',
};

export const refusedVision: Vision = {
  identify: (paths) => Promise.resolve(paths.map(() => ({ failure }))),
  describe: (paths) => Promise.resolve(paths.map(() => ({ failure }))),
  inspect: (paths) => Promise.resolve(paths.map(() => ({ failure }))),
  thumbnail: ({ path }) => Promise.reject(new DescryError('internal', `${path} is not opened in this process.`)),
  previews: (thumbnails) => Promise.resolve(thumbnails.map(() => null)),
  grey: (paths) => Promise.resolve(paths.map(() => ({ failure }))),
  dispose: () => Promise.resolve(),
};
