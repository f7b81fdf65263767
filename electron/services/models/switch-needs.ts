/** What a change to another model needs, before it begins. */
import { DescryError } from '../../../models/errors.ts';
import { fileSize } from '../../ipc/format.ts';
import { limits } from '../../ipc/limits.ts';
import type { SwitchNeeds } from '../../ipc/contract.ts';
import type { Store } from '../../store/store.ts';
import type { Encoder } from '../../../models/contract/encoder.ts';
import { countEncoded, lookedAtOnce } from '../library/encode-library.ts';
import { featuresOf } from './features-of.ts';
import { formOf } from './open-encoders.ts';
import type { Models } from './models.ts';

export interface SwitchNeedsOptions {
  readonly store: Store;
  readonly models: Models;
  /** whether an encoder's weights are there */
  readonly isReady: (encoder: Encoder) => boolean;
}

/** Of a number of a feature, packed: 1,820 bytes for 4,096 numbers (models/files/packed-features.ts). */
const bytesPerNumber = { packed: 1820 / 4096, halves: 2 } as const;
/** Of a row of features and one of embeddings, beside the numbers: keys, indexes, what is left free in pages. */
const otherBytes = 400;
/** Where no embedding tells it. */
const usualEmbeddingBytes = 700;

const rateKey = (encoder: string) => `photos-per-second ${encoder}`;

/** Notes how fast an encoder was here, with opening the photos. */
export function noteRate({ preferences }: Pick<Store, 'preferences'>, encoder: string, perSecond: number | null): void {
  if (perSecond !== null && perSecond > 0) preferences.set(rateKey(encoder), Number(perSecond.toPrecision(3)));
}

/** Photos of 12 to 24 megapixels that are decoded in a second: measured on two cores (docs/performance.md, `indexing`). */
const decodedPerSecond = 20;

/**
 * Photos a second of an encoder: in this library, else when it was added, which was measured without opening photos; null: not
 * measured.
 */
export function measuredRate({ preferences }: Pick<Store, 'preferences'>, { id, added }: Encoder): number | null {
  const noted = preferences.get(rateKey(id));
  if (typeof noted === 'number' && noted > 0) return noted;
  const alone = added?.measured?.photosPerSecond;
  return alone === undefined ? null : 1 / (1 / alone + 1 / decodedPerSecond);
}

/**
 * @param id of a model; it is not loaded, and nothing is fetched
 * @throws DescryError `model-unknown`, `model-incompatible`, `model-invalid`
 */
export async function switchNeeds(options: SwitchNeedsOptions, id: string, signal?: AbortSignal): Promise<SwitchNeeds> {
  const { store, models, isReady } = options;
  const encoder = models.encoderOf(id);
  const key = isReady(encoder) ? (await models.photoSide(id)).features : knownKey(options, id, encoder);
  const { contents, encoded } = await countEncoded(store, key, signal);
  const unread = store.toEncode.unread();
  const missing = contents - encoded;
  // Where only photos are left that no encoder has opened yet, the change is made at once, and they are indexed after it.
  const toEncode = missing === 0 || (await isReadNow(options, key)) ? 0 : missing + unread;
  const perPhoto =
    ((key === undefined ? undefined : storedBytes(store, key, encoded)) ??
      encoder.featureLength * bytesPerNumber[formOf(encoder)]) +
    (encoder.regions?.bytes ?? 0) +
    otherBytes;
  const ofEmbedding =
    store.toEncode.embeddingBytes(id) ?? store.toEncode.embeddingBytes(models.inUse()) ?? usualEmbeddingBytes;
  const toEmbed = store.toEncode.embeddingBytes(id) === undefined ? contents + unread : toEncode;
  const rate = measuredRate(store, encoder);
  return {
    photos: contents + unread,
    toEncode,
    bytes: Math.round(toEncode * perPhoto + toEmbed * ofEmbedding),
    freeBytes: store.space.freeOnDisk(),
    seconds: rate === null ? null : toEncode / rate,
  };
}

/** Whether the model in use reads these features, too: then what is missing is indexed anyway. */
async function isReadNow({ models, isReady }: SwitchNeedsOptions, key: string | undefined): Promise<boolean> {
  if (key === undefined || !isReady(models.encoderOf(models.inUse()))) return false;
  return (await models.photoSide(models.inUse()).catch(() => null))?.features === key;
}

/** @throws DescryError `disk-full` */
export function requireRoom({ bytes, freeBytes }: SwitchNeeds): void {
  if (freeBytes === null || freeBytes >= bytes + limits.keptFreeBytes) return;
  const neededBytes = bytes + limits.keptFreeBytes;
  throw new DescryError(
    'disk-full',
    `The change to this model needs about ${fileSize(neededBytes)} on the disk of the library, and ${fileSize(freeBytes)} are ` +
      'free there. Make room and try again. The model in use stays.',
    { parameters: { neededBytes, freeBytes } },
  );
}

/** Without the weights only a model that was used before tells the key. */
function knownKey(
  { store, models }: SwitchNeedsOptions,
  id: string,
  { id: encoder, version }: Encoder,
): string | undefined {
  const read = store.encoders.readBy(id);
  const keys = featuresOf(store, models, encoder);
  return store.encoders.all().find((one) => one.id === read && one.version === version && keys.includes(one.key))?.key;
}

/** Measured on the first ones that there are. */
function storedBytes(store: Store, key: string, encoded: number): number | undefined {
  if (encoded === 0) return undefined;
  const last = store.unused.lastContent();
  for (let from = 1; from <= last; from += lookedAtOnce) {
    const bytes = store.toEncode.featureBytes(key, from, from + lookedAtOnce - 1);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}
