/** Embeddings that are damaged in the database: left out of searches, deleted, and computed anew. */
import { errorMessage } from '../../../models/errors.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from '../models/models.ts';
import { embedContents } from '../models/reprojection.ts';
import type { Log } from '../shared/log.ts';

/** So many are computed before the search goes on, in less than a second; the indexer computes the others. */
const atOnce = 256;

/**
 * @param photos with a damaged embedding by the model
 * @returns new embeddings by photo, of those that have a sound feature. The others wait for indexing, which opens the photo
 */
export async function mendEmbeddings(
  store: Store,
  model: LoadedModel,
  photos: readonly number[],
  log: Log,
): Promise<Map<number, Float32Array>> {
  log.warn(`the embeddings of ${photos.length} photos are damaged in the database, and computed again`);
  const contentOf = new Map<number, number>();
  for (const photo of photos) {
    const content = store.photos.get(photo)?.content;
    if (content != null) contentOf.set(photo, content);
  }
  const contents = [...new Set(contentOf.values())];
  const mended = new Map<number, Float32Array>();
  try {
    store.transaction(() => contents.forEach((content) => store.contents.removeEmbedding(content, model.id)));
    const embeddings = await embedContents(store, model, contents.slice(0, atOnce));
    for (const [photo, content] of contentOf) {
      const embedding = embeddings.get(content);
      if (embedding) mended.set(photo, embedding);
    }
  } catch (error) {
    // A library that is read-only, or that another program writes: they are left out of this search.
    log.warn(`damaged embeddings cannot be computed now: ${errorMessage(error)}`);
  }
  return mended;
}
