/** Computes the embeddings of regions from what is stored of them, without opening a photo. */
import { asRows } from '../../../models/contract/embedder.ts';
import { setImmediate as turn } from 'node:timers/promises';
import { areSound, differences, fromNibbles } from '../../store/region-rows.ts';
import type { Store } from '../../store/store.ts';
import type { WantedRegions } from '../../store/regions.ts';
import type { LoadedModel } from './models.ts';

/** Photos at a time: a run of the network blocks the process that answers searches, for about 50 ms. */
const atOnce = 8;

/** What is stored of the regions that a model reads; undefined where it reads none. */
export function wantedRegions({ features, frames }: LoadedModel): WantedRegions | undefined {
  return frames ? { encoder: features, version: frames.version } : undefined;
}

/** Photos of which the directions are taken; fewer than `fewest` say too little of those that are added later. */
const sampled = { most: 128, fewest: 64 } as const;
/** Rows of the table that are looked at in one transaction when embeddings are stored along directions. */
const rewrittenAtOnce = 32;
/** Where, for a model, the rewriting is, while it is not done. */
const rewritingKey = (model: string) => `regions-rewritten ${model}`;

type Pause = (since: number) => Promise<void>;

/**
 * Embeds the regions of all photos of the library whose regions are stored and that have an embedding. It goes on where an
 * earlier call was interrupted.
 *
 * @param pause called after each step, with the time when it began
 * @param after only contents with a greater id: those before it were done by an earlier call
 * @returns how many photos it embedded
 */
export async function projectRegions(store: Store, model: LoadedModel, pause: Pause, after = 0): Promise<number> {
  const wanted = wantedRegions(model);
  if (!wanted) return 0;
  await findDirections(store, model, wanted, pause);
  await rewrite(store, model, pause);
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

/** Takes the directions along which embeddings of regions are stored from some photos, once there are enough. */
async function findDirections(store: Store, model: LoadedModel, wanted: WantedRegions, pause: Pause): Promise<void> {
  const { id, regions } = model;
  if (!regions?.directions || store.regions.directions.of(id)) return;
  const sample = store.regions.sample(wanted, id, sampled.most);
  if (sample.length < sampled.fewest) return;
  const found: Float32Array[] = [];
  for (let from = 0; from < sample.length; from += atOnce) {
    const started = performance.now();
    for (const { content, rows } of await embed(store, model, wanted, sample.slice(from, from + atOnce))) {
      const whole = store.contents.embedding(content, id);
      if (whole) found.push(differences(rows, whole));
    }
    await turn();
    await pause(started);
  }
  const directions = found.length > 0 ? await regions.directions(asRows(found)) : null;
  if (!directions) return;
  store.transaction(() => {
    store.regions.directions.set(id, directions, directions.length / model.dimensions);
    store.preferences.set(rewritingKey(id), 0);
  });
}

/** Stores the embeddings that are still stored whole along the directions. */
async function rewrite(store: Store, { id, dimensions, frames }: LoadedModel, pause: Pause): Promise<void> {
  const count = frames!.frames.length;
  for (;;) {
    const after = store.preferences.get(rewritingKey(id));
    if (typeof after !== 'number') return;
    const started = performance.now();
    store.transaction(() => {
      const some = store.regions.wholeEmbeddings(id, after, rewrittenAtOnce);
      if (!some) return store.preferences.remove(rewritingKey(id));
      for (const { content, data } of some) {
        const whole = store.contents.embedding(content, id);
        // What is damaged is met by a search, and made again.
        if (!whole || !areSound(data, count, dimensions)) continue;
        store.regions.setEmbeddings(content, id, fromNibbles(data, count, dimensions), count, whole);
      }
      store.preferences.set(rewritingKey(id), after + rewrittenAtOnce);
    });
    await turn();
    await pause(started);
  }
}

/** What is damaged is deleted, and made again from the photo. @returns how many photos were embedded */
async function embedRegions(
  store: Store,
  model: LoadedModel,
  wanted: WantedRegions,
  some: readonly number[],
): Promise<number> {
  const embedded = await embed(store, model, wanted, some);
  const count = model.frames!.frames.length;
  store.transaction(() => {
    for (const { content, rows } of embedded) {
      const whole = store.contents.embedding(content, model.id);
      store.regions.setEmbeddings(content, model.id, rows, count, whole);
    }
  });
  return embedded.length;
}

/** @returns of each content embeddings of its regions [regions, dimensions] */
async function embed(
  store: Store,
  { features: key, featureLength, frames, regions, dimensions }: LoadedModel,
  wanted: WantedRegions,
  some: readonly number[],
): Promise<{ content: number; rows: Float32Array }[]> {
  const photos = some.flatMap((content) => {
    const feature = store.contents.feature(content, key, featureLength);
    const data = store.regions.get(content, wanted);
    if (feature && data?.length === frames!.bytes) return [{ content, feature, data }];
    if (feature) store.regions.remove(content, wanted);
    else store.contents.removeFeatures(key, content);
    return [];
  });
  if (photos.length === 0) return [];
  const features = asRows(photos.map(({ feature }) => feature));
  const stored = new Uint8Array(photos.length * frames!.bytes);
  photos.forEach(({ data }, i) => stored.set(data, i * frames!.bytes));
  const embeddings = await regions!.embed(features, stored, photos.length);
  const numbers = frames!.frames.length * dimensions;
  return photos.map(({ content }, i) => ({ content, rows: embeddings.subarray(i * numbers, (i + 1) * numbers) }));
}
