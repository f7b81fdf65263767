/** Computes the embeddings of another model from cached features, without opening a photo. */
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
  for (let done = 0; ;) {
    signal?.throwIfAborted();
    const chunk = contents.toProject(model.features, model.id, chunkSize);
    if (chunk.length === 0) return;
    const rows = chunk.map((content) => contents.feature(content, model.features)!);
    const embeddings = await model.embedFeatures(asRows(rows), rows.length);
    transaction(() =>
      chunk.forEach((content, i) =>
        contents.setEmbedding(content, model.id, embeddings.subarray(i * model.dimensions, (i + 1) * model.dimensions)),
      ),
    );
    done += chunk.length;
    onProgress?.({ done, total: Math.max(total, done) });
  }
}
