/** Computes the embeddings of another model from cached features, without opening a photo. */
import { setImmediate as turn } from 'node:timers/promises';
import { asRows } from '../../../models/contract/embedder.ts';
import type { Store } from '../../store/store.ts';
import type { LoadedModel } from './models.ts';

export interface ReprojectionProgress {
  readonly done: number;
  readonly total: number;
}

const chunkSize = 256;

/**
 * Existing embeddings of the model are kept, so an interrupted run is resumed. Photos without a feature of the model's encoder
 * are left to the indexer.
 */
export async function reproject(
  { contents, transaction }: Pick<Store, 'contents' | 'transaction'>,
  model: LoadedModel,
  onProgress?: (progress: ReprojectionProgress) => void,
  signal?: AbortSignal,
): Promise<void> {
  const total = contents.toProjectCount(model.features, model.id);
  for (let [done, last] = [0, 0]; ;) {
    signal?.throwIfAborted();
    const chunk = contents.toProject(model.features, model.id, chunkSize, last);
    if (chunk.length === 0) return;
    await embedContents({ contents, transaction }, model, chunk);
    done += chunk.length;
    last = chunk.at(-1)!;
    onProgress?.({ done, total: Math.max(total, done) });
    await turn();
  }
}

/**
 * Computes and stores the embeddings of contents from their features. A damaged feature is deleted: the indexer then computes it
 * from the photo.
 *
 * @returns the embeddings, by content
 */
export async function embedContents(
  { contents, transaction }: Pick<Store, 'contents' | 'transaction'>,
  model: LoadedModel,
  some: readonly number[],
): Promise<Map<number, Float32Array>> {
  const { id, features, featureLength, dimensions } = model;
  const found = some.flatMap((content) => {
    const feature = contents.feature(content, features, featureLength);
    return feature ? [{ content, feature }] : [];
  });
  const rows = found.map(({ feature }) => feature);
  const embeddings = rows.length > 0 ? await model.embedFeatures(asRows(rows), rows.length) : new Float32Array();
  const embeddingOf = new Map(
    found.map(({ content }, i) => [content, embeddings.slice(i * dimensions, (i + 1) * dimensions)]),
  );
  transaction(() => {
    for (const content of some) {
      const embedding = embeddingOf.get(content);
      if (embedding) contents.setEmbedding(content, id, embedding);
      else contents.removeFeatures(features, content);
    }
  });
  return embeddingOf;
}
