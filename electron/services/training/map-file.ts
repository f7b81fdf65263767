/**
 * The maps that fine-tuning reads, of all captioned photos of the train and the val split, in one file of the run's folder: not in the
 * database, because they are large (131 kB a photo) and are needed for this run only. Batches are read from the file, so that
 * memory does not grow with the photos.
 *
 * `maps.f16` has a record for each photo, in half precision and in the order of `maps.json`, which says what they were made of.
 */
import { mkdir, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../../models/errors.ts';
import type { PhotoMaps } from '../../../models/contract/training.ts';
import { fromHalf, toHalf } from '../../../models/files/half.ts';
import { openRegularFile, readRegularFile } from '../../../models/files/regular-file.ts';
import { fileSize } from '../../ipc/format.ts';
import type { Vision } from '../../vision/vision.ts';
import { Rate } from '../shared/rate.ts';
import { writeAtomically } from '../shared/write-file.ts';
import { mapBytes, realFolders, type EncodedPhoto, type EncodingProgress } from './training-data.ts';

export interface WantedMaps {
  readonly vision: Pick<Vision, 'describe'>;
  /** id of the encoder */
  readonly encoder: string;
  /** key of the encoder's features: maps of another encoder, or of another version, are made again */
  readonly features: string;
  /** SHA-256 of a content's bytes, as the features were made of them */
  readonly hash: (content: number) => Buffer | undefined;
  /** numbers of a map */
  readonly mapLength: number;
  /** folder of the run */
  readonly folder: string;
}

/** Photos per request. */
const chunkSize = 64;

const place = (folder: string) => ({ maps: path.join(folder, 'maps.f16'), list: path.join(folder, 'maps.json') });
const isWanted = ({ split, captions }: Pick<EncodedPhoto, 'split' | 'captions'>) =>
  split !== 'test' && captions.length > 0;

/**
 * Makes the maps that are not in the file yet. It can be interrupted at any time, and the next call continues there.
 *
 * @throws DescryError `disk-full` before the first one, where they would not fit; `dataset-invalid` where a photo cannot be
 * opened any more
 */
export async function* writeMaps(
  { vision, encoder, features, hash, mapLength, folder }: WantedMaps,
  photos: readonly EncodedPhoto[],
  signal?: AbortSignal,
): AsyncGenerator<EncodingProgress> {
  const all = photos.filter(isWanted);
  const { maps, list } = place(folder);
  const made = JSON.stringify({ features, mapLength, contents: all.map(({ content }) => content) });
  await mkdir(folder, { recursive: true });
  if (String(await readRegularFile(list, { largest: 2 ** 26 }).catch(() => '')) !== made) {
    await rm(maps, { force: true });
    await writeAtomically(list, made);
  }
  const record = mapBytes(mapLength);
  const file = await open(maps, 'a');
  try {
    // What an interrupted call wrote of the last record is cut off.
    let done = Math.floor((await file.stat()).size / record);
    await file.truncate(done * record);
    const total = all.length - done;
    if (total > 0) await checkSpace(folder, total * record);
    const first = done;
    const rate = new Rate();
    const roots = await realFolders(all.slice(done).map((photo) => photo.file));
    while (done < all.length) {
      signal?.throwIfAborted();
      const chunk = all.slice(done, done + chunkSize);
      const described = await vision.describe(
        chunk.map((photo) => photo.file),
        encoder,
        { kind: 'maps' },
        roots,
      );
      const bytes = described.map((description, i) => {
        const { content, file } = chunk[i]!;
        if ('feature' in description) {
          if (hash(content)?.equals(description.hash)) return new Uint8Array(toHalf(description.feature).buffer);
          throw new DescryError(
            'dataset-invalid',
            `${file} was changed while the photos were read. Start again, so that it is read as it is now.`,
          );
        }
        throw new DescryError(
          'dataset-invalid',
          `${file} cannot be opened any more: ${description.failure.reason} Put the photo back, or take it out of the ` +
            'captions, and start again.',
        );
      });
      await file.appendFile(Buffer.concat(bytes));
      done += chunk.length;
      rate.add(chunk.length);
      yield { done: done - first, total, photosPerSecond: rate.perSecond(), maps: true };
    }
  } finally {
    await file.close();
  }
}

async function checkSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new DescryError(
    'disk-full',
    `Fine-tuning needs ${fileSize(needed)} for the maps of the photos, and the disk of ${folder} has ${fileSize(free)} free. ` +
      'Make room, or choose a recipe that leaves ResNet50 as it is.',
    { parameters: { neededBytes: needed, freeBytes: free } },
  );
}

/** The maps of a run, after `writeMaps`. */
export class MapFile implements PhotoMaps {
  readonly #file: FileHandle;
  readonly #mapLength: number;
  /** place of a photo in the run → its record */
  readonly #records: ReadonlyMap<number, number>;

  /** @param photos as they were given to `writeMaps`, which are those of the run, too */
  static async open(
    { folder, mapLength }: Pick<WantedMaps, 'folder' | 'mapLength'>,
    photos: readonly Pick<EncodedPhoto, 'split' | 'captions'>[],
  ): Promise<MapFile> {
    const records = new Map<number, number>();
    photos.forEach((photo, i) => {
      if (isWanted(photo)) records.set(i, records.size);
    });
    const { handle } = await openRegularFile(place(folder).maps);
    return new MapFile(handle, mapLength, records);
  }

  private constructor(file: FileHandle, mapLength: number, records: ReadonlyMap<number, number>) {
    this.#file = file;
    this.#mapLength = mapLength;
    this.#records = records;
  }

  async read(photos: Int32Array): Promise<Float32Array> {
    const length = this.#mapLength;
    const halves = new Uint16Array(photos.length * length);
    for (const [i, photo] of photos.entries()) {
      const record = this.#records.get(photo);
      if (record === undefined) throw new RangeError(`there is no map of photo ${photo}`);
      const bytes = new Uint8Array(halves.buffer, i * mapBytes(length), mapBytes(length));
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, record * bytes.length);
      if (bytesRead !== bytes.length) throw new RangeError(`the map of photo ${photo} is incomplete`);
    }
    return fromHalf(halves);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
