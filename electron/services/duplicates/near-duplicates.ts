/**
 * Compares the photos of the library with each other, and keeps the stacks of near-duplicates up to date: the same picture in
 * another size or format, saved again, slightly cropped, turned or edited, and series of the same scene.
 *
 * Three steps, each for what the one before leaves: sketches of features find the nearest photos (sketches.ts), the features
 * themselves say which may be the same picture, and small grey pictures, moved onto each other, decide (alignment.ts). Only
 * photos that may have a near-duplicate are opened for this. Everything is stored, so that nothing is computed twice. How well
 * it works: docs/duplicates.md.
 */
import { existsSync } from 'node:fs';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { DuplicateReport } from '../../ipc/contract.ts';
import type { FeatureComparison } from '../../../models/contract/encoder.ts';
import { causesOutsideTheFile, errorMessage } from '../../../models/errors.ts';
import type { Candidate, ContentPair, DuplicateFile } from '../../store/similar-pairs.ts';
import type { Store } from '../../store/store.ts';
import type { Vision } from '../../vision/vision.ts';
import type { Indexer } from '../library/indexer.ts';
import type { Log } from '../shared/log.ts';
import { align, preparePicture, side, type PreparedPicture } from './alignment.ts';
import { duplicateGroups } from './report.ts';
import { isNear } from './rule.ts';
import {
  ExactSketchIndex,
  GraphSketchIndex,
  sketcher,
  sketchLength,
  sketchTolerance,
  type Sketch,
  type SketchIndex,
} from './sketches.ts';
import { photoKind } from '../library/photo-kind.ts';
import { groupStacks } from './stacks.ts';

/** The features to compare: their key in the cache, and how. */
export interface ComparedFeatures {
  readonly key: string;
  readonly comparison: FeatureComparison;
  /** how many numbers one has */
  readonly length: number;
}

/** Which features there are to compare; see compared-features.ts. All but `features` load nothing. */
export interface FeatureSource {
  /** null: there are none that can be compared */
  readonly features: () => Promise<ComparedFeatures | null>;
  /** whether some photos have not been compared by them */
  readonly hasToCompare: () => boolean;
  /** photos that cannot be compared, because the encoder in use cannot do it and they have no features of one that can */
  readonly uncompared: () => number;
}

export interface NearDuplicatesOptions extends FeatureSource {
  readonly store: Store;
  readonly vision: Pick<Vision, 'grey'>;
  readonly pacing: Pick<Indexer, 'mayGoOn' | 'rest'>;
  /** the stacks may be others now */
  readonly onChanged: () => void;
  readonly log: Log;
}

export interface ComparisonRun {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Photos that a photo is compared with at most: in a longer series, all are still near to some that are near to the others. */
const mostCandidates = 16;
/** From this many photos on that are to be compared, the graph is built. */
const manyPhotos = 1000;
/** ms of computing without a pause: the process answers searches in between. */
const sliceMs = 6;
const rowsPerRead = 500;
const pairsPerRead = 200;
const photosPerRequest = 16;
/** Prepared pictures kept in memory: 50 kB each. */
const mostPrepared = 400;

export class NearDuplicates {
  readonly #options: NearDuplicatesOptions;
  #running: Promise<void> | undefined;
  #again = false;
  #stacks: Map<number, number> | undefined;
  #index: { readonly key: string; readonly exact: ExactSketchIndex } | undefined;
  #sketch: { readonly length: number; readonly make: ReturnType<typeof sketcher> } | undefined;
  #sliceEnd = 0;

  constructor(options: NearDuplicatesOptions) {
    this.#options = options;
  }

  /** Whether a run would find something to do; loads nothing. */
  get hasWork(): boolean {
    return this.#options.hasToCompare() || this.#options.store.similarPairs.toVerify(1).length > 0;
  }

  /** Groups of equal and nearly equal photos; `complete` is false while photos are to be compared. */
  report(isWanted?: (file: DuplicateFile) => boolean): DuplicateReport {
    const { hasToCompare, store, uncompared: count } = this.#options;
    const uncompared = count();
    return {
      groups: duplicateGroups(store.similarPairs, this.stacks(), isWanted),
      complete: this.#running === undefined && !hasToCompare(),
      ...(uncompared > 0 ? { uncompared } : {}),
    };
  }

  /**
   * @param contents of the photos of a list: copies of a file have the same one
   * @returns for each photo the number of its stack, the same for all in it; 0: nothing in the list is equal to it, and it has no
   *   near-duplicate in the library
   */
  stacksOf(contents: Int32Array): Int32Array {
    const stacks = this.stacks();
    const seen = new Set<number>();
    const copied = new Set<number>();
    for (const content of contents) (seen.has(content) ? copied : seen).add(content);
    // A stack has the lowest content of its members as number, so that the content of copies is the number of no other stack.
    return contents.map((content) => stacks.get(content) ?? (copied.has(content) ? content : 0));
  }

  /** content → stack, of all that are in one */
  stacks(): ReadonlyMap<number, number> {
    if (!this.#stacks) {
      const { pairs, members } = this.#options.store.similarPairs.near();
      // Screenshots that differ in a line of text are the same picture at 32 × 32; only equal files of them are duplicates.
      const photos = members.filter((member) => photoKind(member) !== 'screenshot');
      this.#stacks = groupStacks(pairs, photos);
    }
    return this.#stacks;
  }

  /** To be called when photos were added, changed or removed: the stacks are made again when they are next asked for. */
  invalidate(): void {
    this.#stacks = undefined;
  }

  /** Compares all photos that have not been compared. A call during a run makes that run check again before it ends. */
  run(options: ComparisonRun = {}): Promise<void> {
    this.#again = true;
    this.#running ??= this.#work(options).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** As `run`, but errors are only logged; the next run goes on. */
  async runInBackground(options: ComparisonRun = {}): Promise<void> {
    try {
      await this.run(options);
    } catch (error) {
      if (options.signal?.aborted !== true) this.#options.log.warn(`comparing photos: ${errorMessage(error)}`);
    }
  }

  async #work(run: ComparisonRun): Promise<void> {
    this.#sliceEnd = performance.now() + sliceMs;
    while (this.#again) {
      this.#again = false;
      const features = await this.#options.features();
      if (features) await this.#findCandidates(features, run);
      await this.#verify(run);
    }
  }

  async #findCandidates(
    { key, comparison, length }: ComparedFeatures,
    { signal, onProgress }: ComparisonRun,
  ): Promise<void> {
    const { store, log } = this.#options;
    const { similarPairs, contents } = store;
    const total = similarPairs.toCompareCount(key);
    if (total === 0) return;
    const started = performance.now();
    const index = await this.#openIndex(key, total, signal);
    let after = 0;
    for (let done = 0; ;) {
      const chunk = similarPairs.toCompare(key, rowsPerRead, after);
      if (chunk.length === 0) break;
      after = chunk.at(-1)!;
      for (let from = 0; from < chunk.length;) {
        const found: { content: number; sketch: Sketch; candidates: Candidate[] }[] = [];
        // One transaction for what is computed in a slice.
        do {
          const content = chunk[from++]!;
          const feature = contents.feature(content, key, length);
          if (!feature) continue;
          const vector = comparison.vector(feature);
          const sketch = this.#sketchOf(vector);
          const least = comparison.leastCosine - sketchTolerance;
          const nearest = await index.nearest(sketch, mostCandidates + 1, least, () => this.#pause(signal));
          const candidates = nearest.flatMap((other): Candidate[] => {
            const theirs = other === content ? undefined : contents.feature(other, key, length);
            const cosine = theirs ? product(vector, comparison.vector(theirs)) : -1;
            return cosine >= comparison.leastCosine ? [{ content: other, cosine }] : [];
          });
          index.add(content, sketch);
          found.push({ content, sketch, candidates });
        } while (from < chunk.length && performance.now() < this.#sliceEnd);
        store.transaction(() => {
          for (const { content, sketch, candidates } of found) {
            similarPairs.setCompared(content, key, sketch, candidates);
          }
        });
        done += found.length;
        onProgress?.(done, Math.max(total, done));
        await this.#pause(signal);
      }
    }
    log.info(`${total} photos compared by their features in ${Math.round(performance.now() - started)} ms`);
  }

  async #openIndex(key: string, total: number, signal: AbortSignal | undefined): Promise<SketchIndex> {
    const few = total < manyPhotos;
    if (few && this.#index?.key === key) return this.#index.exact;
    this.#index = undefined;
    const exact = few ? new ExactSketchIndex() : undefined;
    const index = exact ?? new GraphSketchIndex();
    for (let after = 0; ;) {
      const rows = this.#options.store.similarPairs.sketches(key, rowsPerRead, after);
      if (rows.length === 0) break;
      after = rows.at(-1)!.content;
      for (const { content, sketch } of rows) {
        if (sketch.length === sketchLength) index.add(content, sketch);
        else this.#options.store.similarPairs.forgetSketch(content); // damaged: it is compared again
        if (performance.now() >= this.#sliceEnd) await this.#pause(signal);
      }
    }
    if (exact) this.#index = { key, exact };
    return index;
  }

  #sketchOf(vector: Float32Array): Sketch {
    if (this.#sketch?.length !== vector.length) {
      this.#sketch = { length: vector.length, make: sketcher(vector.length) };
    }
    return this.#sketch.make(vector);
  }

  /** Compares the pixels of the pairs that the features found. */
  async #verify({ signal }: ComparisonRun): Promise<void> {
    const { store, log, onChanged } = this.#options;
    const prepared = new Map<number, PreparedPicture>();
    let compared = 0;
    let near = 0;
    try {
      for (let after: ContentPair | undefined; ;) {
        const pairs = store.similarPairs.toVerify(pairsPerRead, after);
        if (pairs.length === 0) break;
        after = pairs.at(-1)!;
        const unreadable = await this.#fetchPictures(pairs, signal);
        const decided: { pair: ContentPair; near: boolean }[] = [];
        for (const pair of pairs) {
          const [one, other] = [this.#prepare(pair.content, prepared), this.#prepare(pair.other, prepared)];
          if (one && other) decided.push({ pair, near: isNear(pair.cosine, align(one, other)) });
          else if (unreadable.has(pair.content) || unreadable.has(pair.other)) decided.push({ pair, near: false });
          // Else it is on a disk that is not connected, and waits for it.
          if (performance.now() >= this.#sliceEnd) await this.#pause(signal);
        }
        store.transaction(() => decided.forEach(({ pair, near }) => store.similarPairs.setNear(pair, near)));
        compared += decided.length;
        near += decided.filter((pair) => pair.near).length;
      }
    } finally {
      if (near > 0) {
        this.invalidate();
        onChanged();
      }
    }
    if (compared > 0) log.info(`${compared} pairs of photos compared, ${near} of them near-duplicates`);
  }

  #prepare(content: number, prepared: Map<number, PreparedPicture>): PreparedPicture | undefined {
    const known = prepared.get(content);
    if (known) return known;
    const picture = this.#options.store.similarPairs.picture(content);
    if (picture?.length !== side * side) return undefined;
    const made = preparePicture(picture);
    if (prepared.size >= mostPrepared) prepared.delete(prepared.keys().next().value!);
    prepared.set(content, made);
    return made;
  }

  /** Makes the pictures that are missing. @returns contents that cannot be opened */
  async #fetchPictures(pairs: readonly ContentPair[], signal: AbortSignal | undefined): Promise<Set<number>> {
    const { store, vision } = this.#options;
    const unreadable = new Set<number>();
    const wanted = new Set(pairs.flatMap(({ content, other }) => [content, other]));
    const missing: { content: number; path: string }[] = [];
    for (const content of wanted) {
      if (store.similarPairs.picture(content)?.length === side * side) continue;
      const file = store.photos.ofContent(content).find(({ path }) => existsSync(path));
      if (file) missing.push({ content, path: file.path });
    }
    for (let from = 0; from < missing.length; from += photosPerRequest) {
      await this.#pause(signal);
      const some = missing.slice(from, from + photosPerRequest);
      const pictures = await vision.grey(
        some.map(({ path }) => path),
        side,
        store.folders.paths(),
      );
      store.transaction(() => {
        pictures.forEach((picture, i) => {
          const { content } = some[i]!;
          if ('failure' in picture) {
            const { code } = picture.failure;
            if (code !== 'not-found' && !causesOutsideTheFile.includes(code)) unreadable.add(content);
          } else if (store.contents.hash(content)?.equals(picture.hash)) {
            store.similarPairs.setPicture(content, picture.grey);
          }
          // else the file was changed: it is another content when it has been indexed
        });
      });
    }
    return unreadable;
  }

  /** Lets the process answer others, waits as long as it should, and starts the next slice. */
  async #pause(signal: AbortSignal | undefined): Promise<void> {
    const { pacing } = this.#options;
    await nextRound();
    await pacing.rest(this.#sliceEnd - sliceMs, signal);
    await pacing.mayGoOn(signal);
    this.#sliceEnd = performance.now() + sliceMs;
  }
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
