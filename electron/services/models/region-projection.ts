/** Computes the embeddings of regions from what is stored of them, without opening a photo. */
import { asRows } from '../../../models/contract/embedder.ts';
import { setImmediate as turn } from 'node:timers/promises';
import type { Store } from '../../store/store.ts';
import type { WantedRegions } from '../../store/regions.ts';
import type { LoadedModel } from './models.ts';

/** Photos at a time: a run of the network blocks the process that answers searches, for about 50 ms. */
const atOnce = 8;

/** What is stored of the regions that a model reads; undefined where it reads none. */
export function wantedRegions({ features, frames }: LoadedModel): WantedRegions | undefined {
  return frames ? { encoder: features, version: frames.version } : undefined;
}

/**
 * Embeds the regions of all photos of the library whose regions are stored and that have an embedding. It goes on where an
 * earlier call was interrupted.
 *
 * @param pause called after each step, with the time when it began
 * @param after only contents with a greater id: those before it were done by an earlier call
 * @returns how many photos it embedded
 */
export async function projectRegions(
  store: Store,
  model: LoadedModel,
  pause: (since: number) => Promise<void>,
  after = 0,
): Promise<number> {
  const wanted = wantedRegions(model);
  if (!wanted) return 0;
  for (let [done, last] = [0, after]; ;) {
    const started = performance.now();
    const contents = store.regions.toProject(wanted, model.id, last, atOnce);
    if (contents.length === 0) return done;
    done += await embedRegions(store, model, wanted, contents);
    last = contents.at(-1)!;
    await turn();
    await pause(started);
  }
}

/** What is damaged is deleted, and made again from the photo. @returns how many photos were embedded */
async function embedRegions(
  store: Store,
  { id, features: key, featureLength, frames, regions, dimensions }: LoadedModel,
  wanted: WantedRegions,
  some: readonly number[],
): Promise<number> {
  const photos = some.flatMap((content) => {
    const feature = store.contents.feature(content, key, featureLength);
    const data = store.regions.get(content, wanted);
    if (feature && data?.length === frames!.bytes) return [{ content, feature, data }];
    if (feature) store.regions.remove(content, wanted);
    else store.contents.removeFeatures(key, content);
    return [];
  });
  const count = photos.length;
  if (count === 0) return 0;
  const contents = photos.map(({ content }) => content);
  const features = asRows(photos.map(({ feature }) => feature));
  const stored = new Uint8Array(count * frames!.bytes);
  photos.forEach(({ data }, i) => stored.set(data, i * frames!.bytes));
  const embeddings = await regions!.embed(features, stored, count);
  const numbers = frames!.frames.length * dimensions;
  store.transaction(() =>
    contents.forEach((content, i) =>
      store.regions.setEmbeddings(
        content,
        id,
        embeddings.subarray(i * numbers, (i + 1) * numbers),
        frames!.frames.length,
      ),
    ),
  );
  return count;
}
