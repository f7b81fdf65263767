/** Libraries of the version before are written in fewer bytes: nothing is lost, in between either, and the file gets smaller. */
import { spawn } from 'node:child_process';
import { copyFileSync, statSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PackingUpdate } from '../../electron/services/library/packing.ts';
import type { LoadedModel } from '../../electron/services/models/models.ts';
import { projectRegions } from '../../electron/services/models/region-projection.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { Store } from '../../electron/store/store.ts';
import { fromHalf, toHalf } from '../../models/files/half.ts';
import { principalComponents } from '../../models/math/principal-components.ts';
import { seededRandom } from '../../models/math/random.ts';
import { transposed } from '../../models/math/transposed.ts';
import { regions } from '../../models/resnet50-glove/regions.ts';
import { encoderOfVersion8, libraryOfVersion8, modelOfVersion8 } from '../fixtures/library-version-8.ts';
import { scratch } from '../fixtures/tiny-library.ts';
import { cosine } from '../fixtures/cosine.ts';

const photos = 120;
const dimensions = 512;
let folder: string;
let file: string;
let remove: () => void;
beforeEach(() => {
  ({ folder, remove } = scratch('packing'));
  file = path.join(folder, 'library.db');
});
afterEach(() => remove());

const noPace = { mayGoOn: () => Promise.resolve(), rest: () => Promise.resolve() };
const wanted = (store: Store) => ({ encoder: store.encoders.key(encoderOfVersion8), version: 1 });

const featureOf = (i: number) => {
  const random = seededRandom(i + 1);
  const averages = Float32Array.from({ length: 2048 }, () => -Math.log(1 - random.uniform()) * 0.4);
  return fromHalf(
    toHalf(
      Float32Array.from([...averages, ...averages.map((value) => Math.sqrt(value) * (1.2 + 0.3 * random.uniform()))]),
    ),
  );
};
const unit = (values: Float32Array, norm = Math.hypot(...values)) => values.map((value) => value / norm);
const embeddingOf = (i: number) => {
  const random = seededRandom(i + 10_000);
  return unit(Float32Array.from({ length: dimensions }, () => random.uniform() - 0.5));
};
/** Fine integers, as until version 8: of each region a scale and 192 numbers, a scale and 64. */
function regionsOf(i: number): Uint8Array {
  const random = seededRandom(i + 20_000);
  const stored = new Uint8Array(regions.bytes);
  const view = new DataView(stored.buffer);
  for (let at = 0; at < stored.length;) {
    for (const count of [192, 64]) {
      view.setFloat32(at, 0.02 + random.uniform() * 0.02, true);
      for (let k = 0; k < count; k++) view.setInt8(at + 4 + k, Math.round((random.uniform() - 0.5) * 254));
      at += 4 + count;
    }
  }
  return stored;
}
/** They differ from the photo in nine directions. */
const regionEmbeddingsOf = (i: number) =>
  Float32Array.from(
    Array.from({ length: 9 }, (_, k) => [
      ...embeddingOf(i).map((value, d) => value + 0.03 * Math.sin((d + 1) * (k + 1))),
    ]).flat(),
  );
const make = (count = photos) =>
  libraryOfVersion8(file, count, (i) => ({
    feature: featureOf(i),
    embedding: embeddingOf(i),
    regions: regionsOf(i),
    regionEmbeddings: regionEmbeddingsOf(i),
  }));

const products = async (rows: Float32Array, columns: Float32Array, width: number) => {
  const [n, m] = [rows.length / width, columns.length / width];
  const result = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += rows[i * width + k]! * columns[j * width + k]!;
      result[i * m + j] = sum;
    }
  }
  return result;
};
const update = (store: Store) => new PackingUpdate({ store, regions: [regions], pace: noPace, log: silentLog });

function expectAll(store: Store, least: number, count = photos): void {
  const key = store.encoders.key(encoderOfVersion8);
  for (let i = 0; i < count; i++) {
    expect(cosine(store.contents.feature(i + 1, key, 4096)!, featureOf(i))).toBeGreaterThan(least);
    expect(cosine(store.contents.embedding(i + 1, modelOfVersion8)!, embeddingOf(i))).toBeGreaterThan(0.999);
    expect(store.regions.get(i + 1, wanted(store))).toHaveLength(regions.bytes);
    expect(store.regions.hasEmbeddings(i + 1, modelOfVersion8)).toBe(true);
  }
}

function problems(): unknown[] {
  const plain = new Sqlite(file, { readonly: true });
  try {
    return [...(plain.pragma('integrity_check') as unknown[]), ...(plain.pragma('foreign_key_check') as unknown[])];
  } finally {
    plain.close();
  }
}

describe('a library of version 8', () => {
  it('is read as it is, and then packed: features, regions, and nothing else changes', async () => {
    make();
    const store = new Store(file);
    expect(store.packing.progress()).toEqual({ done: 0, total: 2 * photos });
    expectAll(store, 0.99999);
    const before = store.regions.get(5, wanted(store))!;
    expect([...before]).toEqual([...regionsOf(4)]);
    const steps: number[] = [];
    expect(await update(store).run({ onProgress: (done) => steps.push(done) })).toBe(photos);
    expect(steps.length).toBeGreaterThan(5);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(store.packing.progress()).toBeUndefined();
    expectAll(store, 0.996);
    expect([...store.regions.get(5, wanted(store))!]).toEqual([...regions.coarser!(regionsOf(4), featureOf(4))]);
    expect(await update(store).run()).toBe(0);
    store.close();
    expect(problems()).toEqual([{ integrity_check: 'ok' }]);
    const plain = new Sqlite(file, { readonly: true });
    expect(plain.prepare('SELECT max(length(data)) FROM features').pluck().get()).toBeLessThan(2100);
    plain.close();
  });

  it('may be interrupted after each step, and goes on where it was', () => {
    make(40);
    let packed = 0;
    for (let round = 0; round < 100; round++) {
      const store = new Store(file);
      if (!store.packing.progress()) {
        store.close();
        break;
      }
      packed += store.packing.next(7, (stored, feature) => regions.coarser!(stored, feature));
      expectAll(store, 0.996, 40);
      store.close();
    }
    expect(packed).toBe(40);
    expect(problems()).toEqual([{ integrity_check: 'ok' }]);
  });

  it('stops when it is told to', async () => {
    make(40);
    const store = new Store(file);
    const ending = new AbortController();
    const run = update(store).run({
      signal: ending.signal,
      onProgress: (done) => done > 0 && ending.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(store.packing.progress()!.done).toBeGreaterThan(0);
    expect(await update(store).run()).toBeGreaterThan(0);
    expectAll(store, 0.996, 40);
    store.close();
  });

  it('leaves a damaged feature for the one who uses it', async () => {
    make(20);
    const plain = new Sqlite(file);
    plain.prepare('UPDATE features SET data = ? WHERE content = 3').run(Buffer.alloc(8192, 0xff));
    plain.prepare('UPDATE features SET data = ? WHERE content = 4').run(Buffer.alloc(7));
    plain.close();
    const store = new Store(file);
    const key = store.encoders.key(encoderOfVersion8);
    expect(await update(store).run()).toBe(18);
    expect(store.contents.feature(3, key)).toBeUndefined();
    expect(store.contents.hasSoundFeature(4, key)).toBe(false);
    expect(store.contents.featureRows([1, 3, 4, 5], key, 4096).contents).toEqual([1, 5]);
    store.close();
  });

  it('that is new, or has no features, has nothing to pack', () => {
    const store = new Store(file);
    expect(store.packing.progress()).toBeUndefined();
    expect(store.space.state().inSteps).toBe(true);
    store.close();
  });
});

describe('embeddings of regions', () => {
  const wholes = Array.from({ length: photos }, (_, i) => featureOf(i).subarray(0, 64));
  /** A model whose embeddings of regions are those that version 8 stored. */
  function modelOf(store: Store): { model: LoadedModel; embedded: () => number } {
    let embedded = 0;
    const made = {
      id: modelOfVersion8,
      features: store.encoders.key(encoderOfVersion8),
      featureLength: 4096,
      dimensions,
      frames: regions,
      regions: {
        embed: async (features: Float32Array, _: Uint8Array, count: number) => {
          embedded += count;
          const rows = Array.from({ length: count }, (_, row) => {
            const scores = wholes.map((whole) => cosine(whole, features.subarray(row * 4096, row * 4096 + 64)));
            return regionEmbeddingsOf(scores.indexOf(Math.max(...scores)));
          });
          return Float32Array.from(rows.flatMap((row) => [...row]));
        },
        directions: async (rows: Float32Array) =>
          transposed(await principalComponents(products, rows, dimensions, 24, seededRandom(1)), dimensions, 24),
      },
    };
    return { model: made as unknown as LoadedModel, embedded: () => embedded };
  }
  /** scores of a content's regions for a sentence, and the exact ones */
  function scores(store: Store, i: number): { found: Float32Array; exact: Float32Array } {
    const query = unit(embeddingOf(i).map((value, d) => value + 0.05 * Math.sin(3 * (d + 1))));
    const found = new Float32Array(9);
    const whole = embeddingOf(i).reduce((sum, value, d) => sum + value * query[d]!, 0);
    expect(store.regions.scorer(modelOfVersion8, query)(i + 1, whole, found)).toBe(true);
    const rows = regionEmbeddingsOf(i);
    const exact = found.map((_, k) => query.reduce((sum, value, d) => sum + value * rows[k * dimensions + d]!, 0));
    return { found, exact };
  }
  const expectScores = (store: Store) => {
    for (const i of [0, 3, 50, photos - 1]) {
      const { found, exact } = scores(store, i);
      found.forEach((score, k) => expect(Math.abs(score - exact[k]!)).toBeLessThan(0.05));
    }
  };
  const inOther = (database: string, sql: string) => {
    const plain = new Sqlite(database);
    try {
      return plain.prepare(sql).raw().all();
    } finally {
      plain.close();
    }
  };

  it('are stored along the directions in which they differ from their photos, in a fifth of the bytes; interrupted, it goes on', async () => {
    make();
    const store = new Store(file);
    expectScores(store);
    const { model, embedded } = modelOf(store);
    let steps = 0;
    const interrupted = projectRegions(store, model, async () => {
      if (++steps === 17) throw new Error('enough');
    });
    await expect(interrupted).rejects.toThrow('enough');
    const forms = () =>
      inOther(file, 'SELECT directions IS NULL, count(*), max(length(data)) FROM region_embeddings GROUP BY 1');
    expect(forms()).toEqual([
      [0, expect.any(Number), 9 * (4 + 12)],
      [1, expect.any(Number), 9 * (4 + 256)],
    ]);
    expectScores(store);
    const before = embedded();
    await projectRegions(store, model, noPace.rest);
    expect(embedded(), 'only the sample was embedded').toBe(before);
    expect(forms()).toEqual([[0, photos, 9 * (4 + 12)]]);
    expectScores(store);
    // one that is new is stored along the same directions
    store.regions.removeEmbeddings(4, modelOfVersion8);
    await projectRegions(store, model, noPace.rest);
    expect(forms()).toEqual([[0, photos, 9 * (4 + 12)]]);
    expectScores(store);
    store.close();
  });

  it('of few photos are stored whole, and along directions once there are more', async () => {
    make();
    const store = new Store(file);
    const { model } = modelOf(store);
    const kept = inOther(file, 'SELECT content, data FROM regions WHERE content > 20');
    inOther(file, 'DELETE FROM regions WHERE content > 20 RETURNING 1');
    await projectRegions(store, model, noPace.rest);
    expect(store.regions.directions.of(modelOfVersion8)).toBeUndefined();
    for (const [content, data] of kept as [number, Buffer][]) store.regions.set(content, wanted(store), data);
    await projectRegions(store, model, noPace.rest);
    expect(store.regions.directions.of(modelOfVersion8)?.count).toBe(24);
    expectScores(store);
    store.close();
  });

  it('count as damaged where their directions are not those of the model, or are damaged, and are made again', async () => {
    make();
    const store = new Store(file);
    const { model } = modelOf(store);
    await projectRegions(store, model, noPace.rest);
    inOther(file, 'UPDATE region_directions SET data = zeroblob(length(data)) RETURNING 1');
    const fresh = new Store(file);
    const out = new Float32Array(9);
    expect(fresh.regions.scorer(modelOfVersion8, embeddingOf(0))(1, 1, out)).toBe('damaged');
    await projectRegions(fresh, model, noPace.rest);
    expect(fresh.regions.scorer(modelOfVersion8, embeddingOf(0))(1, 1, out)).toBe('damaged');
    fresh.regions.removeEmbeddings(1, modelOfVersion8);
    await projectRegions(fresh, model, noPace.rest);
    expect(scores(fresh, 0).found.every(Number.isFinite)).toBe(true);
    fresh.contents.removeModel(modelOfVersion8);
    expect(fresh.regions.directions.of(modelOfVersion8)).toBeUndefined();
    fresh.close();
    store.close();
  });
});

describe('the file of the database', () => {
  it('of version 8 is written anew once it is half empty, with the numbers of its rows', async () => {
    make(1000);
    const store = new Store(file);
    expect(store.space.isRewriteDue()).toBe(false);
    await update(store).run();
    const numbers = () => {
      const plain = new Sqlite(file, { readonly: true });
      const rows = ['features', 'embeddings', 'regions', 'region_embeddings'].map((table) =>
        plain.prepare(`SELECT rowid, content FROM ${table} ORDER BY rowid`).raw().all(),
      );
      plain.close();
      return rows;
    };
    store.contents.removeFeatures(store.encoders.key(encoderOfVersion8), 7);
    const before = numbers();
    expect(store.space.isRewriteDue()).toBe(true);
    const bytes = store.space.state().bytes;
    expect(store.space.rewrite()).toBe(true);
    expect(store.space.state().bytes).toBeLessThan(bytes * 0.7);
    expect(store.space.state().inSteps).toBe(true);
    expect(store.space.isRewriteDue()).toBe(false);
    expect(numbers()).toEqual(before);
    store.close();
    expect(statSync(file).size).toBeLessThan(bytes * 0.7);
    expect(problems()).toEqual([{ integrity_check: 'ok' }]);
  });

  it('of this version gives space back in steps when photos are removed', () => {
    const store = new Store(file);
    const { id } = store.folders.add('/photos');
    const key = store.encoders.key(encoderOfVersion8);
    const feature = featureOf(0);
    store.transaction(() => {
      for (let i = 0; i < 3000; i++) {
        const hash = Buffer.alloc(32);
        hash.writeUInt32LE(i + 1);
        const content = store.contents.ensure(hash);
        store.contents.setFeature(content, key, feature);
        store.photos.setContent(
          store.photos.upsert(id, { path: `/photos/${i}.jpg`, bytes: 1, modified: 1 }).id,
          content,
        );
      }
    });
    const { bytes } = store.space.state();
    expect(store.space.step(100)).toBe(false);
    store.folders.remove(id);
    store.unused.releaseUnused(true);
    store.unused.remove(store.unused.list(Date.now(), 10_000));
    let steps = 1;
    while (store.space.step(100)) steps++;
    expect(steps).toBeGreaterThan(5);
    expect(store.space.state().bytes).toBeLessThan(bytes / 2);
    store.close();
    expect(statSync(file).size).toBeLessThan(bytes / 2);
    expect(problems()).toEqual([{ integrity_check: 'ok' }]);
  });
});

describe('a process that is killed while it packs', () => {
  const script = path.resolve(import.meta.dirname, '../fixtures/pack-library.ts');

  /** Kills the process some ms after it has printed `word`. */
  function killed(word: string, afterMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      let isDue = false;
      child.stdout.on('data', (text: Buffer) => {
        if (isDue || !text.toString().includes(word)) return;
        isDue = true;
        setTimeout(() => child.kill('SIGKILL'), afterMs);
      });
      child.on('error', reject);
      child.on('exit', () => (isDue ? resolve() : reject(new Error(`it ended before it printed ${word}`))));
    });
  }

  it.each([
    ['packed', 0],
    ['packed', 15],
    ['rewriting', 5],
    ['rewriting', 60],
  ])('after %s and %i ms, nothing is lost, and the next one ends it', async (word, afterMs) => {
    make();
    await killed(word, afterMs);
    const store = new Store(file);
    expectAll(store, 0.996);
    await update(store).run();
    expectAll(store, 0.996);
    store.space.rewrite();
    expectAll(store, 0.996);
    store.close();
    expect(problems()).toEqual([{ integrity_check: 'ok' }]);
  });

  it('leaves a copy of a killed process’s files readable, too', async () => {
    make();
    await killed('packed', 5);
    const copy = path.join(folder, 'copy.db');
    for (const ending of ['', '-wal']) copyFileSync(file + ending, copy + ending);
    const store = new Store(copy);
    expectAll(store, 0.996);
    store.close();
  });
});
