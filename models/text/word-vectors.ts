/**
 * The compact table of word vectors: one file that is read at once and used without further parsing.
 *
 * A Map of 341,479 words takes longer to build than the whole file takes to read, so words are found by binary search
 * in their sorted bytes. Rows are in order of frequency (a word's row is its rank), in half precision: GloVe's own
 * text has five digits. Layout, little-endian:
 *
 *     header   96 bytes: magic, version, dimensions, size, bytes of all words, content hash (32), index hash (32)
 *     vectors  size × dimensions × 2, padded to 4
 *     index    starts of the words, u32 × (size + 1) · ranks in order of the words' bytes, u32 × size · the words, UTF-8
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { DescryError, errorCode, reasonOf } from '../errors.ts';
import { fromHalf, toHalf } from '../files/half.ts';
import { openRegularFileSync } from '../files/regular-file.ts';

const magic = 'DESCRYWV';
const formatVersion = 1;
const headerBytes = 96;
const remedy = 'Convert the word vectors again: remove the file and start Descry, or choose another GloVe file.';

const indexStart = (size: number, dimensions: number) => headerBytes + Math.ceil((size * dimensions * 2) / 4) * 4;

/** Word vectors by word and by rank (0 is the most frequent word). */
export class WordVectors {
  /** Hash of words and vectors: equal on every machine for the same source, and part of a trained model. */
  readonly id: string;
  readonly dimensions: number;
  readonly size: number;
  readonly #vectors: Uint16Array;
  readonly #starts: Uint32Array;
  readonly #order: Uint32Array;
  readonly #words: Buffer;

  /** @param bytes a whole table file, at an offset of its buffer that is a multiple of four */
  constructor(bytes: Buffer) {
    const { size, dimensions, wordBytes, index } = readHeader(bytes, bytes.length);
    this.dimensions = dimensions;
    this.size = size;
    // The vectors are 70 MB and the index 6: only the index, which a search relies on, is worth the time of a hash.
    const found = createHash('sha256').update(bytes.subarray(index)).digest();
    if (!found.equals(bytes.subarray(56, 88))) throw new RangeError('its index is damaged');
    this.id = bytes.toString('hex', 24, 40);
    const at = bytes.byteOffset;
    this.#vectors = new Uint16Array(bytes.buffer, at + headerBytes, this.size * this.dimensions);
    this.#starts = new Uint32Array(bytes.buffer, at + index, this.size + 1);
    this.#order = new Uint32Array(bytes.buffer, at + index + (this.size + 1) * 4, this.size);
    this.#words = bytes.subarray(bytes.length - wordBytes);
    // The hash stands in the file, so it does not tell what someone made of it: a search must not leave the table.
    if (!this.#isIndex()) throw new RangeError('its index is damaged');
  }

  /** Whether the words lie one after another from the first byte to the last, and every rank is a word's. */
  #isIndex(): boolean {
    const starts = this.#starts;
    if (starts[0] !== 0 || starts[this.size] !== this.#words.length) return false;
    for (let rank = 0; rank < this.size; rank++) if (starts[rank]! > starts[rank + 1]!) return false;
    return this.#order.every((rank) => rank < this.size);
  }

  /** The word's place in order of frequency, from 0; −1 where it has no vector. */
  rank(word: string): number {
    const sought = Buffer.from(word);
    let from = 0;
    let to = this.size - 1;
    while (from <= to) {
      const middle = (from + to) >>> 1;
      const rank = this.#order[middle]!;
      const order = this.#compare(rank, sought);
      if (order === 0) return rank;
      if (order < 0) from = middle + 1;
      else to = middle - 1;
    }
    return -1;
  }

  has(word: string): boolean {
    return this.rank(word) >= 0;
  }

  /** The vector of the word of this rank, [dimensions], into `out` where given. */
  row(rank: number, out = new Float32Array(this.dimensions)): Float32Array {
    return fromHalf(this.#vectors.subarray(rank * this.dimensions, (rank + 1) * this.dimensions), out);
  }

  word(rank: number): string {
    return this.#words.toString('utf8', this.#starts[rank], this.#starts[rank + 1]);
  }

  /** The words' UTF-8 bytes, for scans over the whole vocabulary: word r is bytes[starts[r]] up to bytes[starts[r + 1]]. */
  get spellings(): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
    return { bytes: this.#words, starts: this.#starts };
  }

  #compare(rank: number, sought: Uint8Array): number {
    const start = this.#starts[rank]!;
    const length = this.#starts[rank + 1]! - start;
    const common = Math.min(length, sought.length);
    for (let i = 0; i < common; i++) {
      const difference = this.#words[start + i]! - sought[i]!;
      if (difference !== 0) return difference;
    }
    return length - sought.length;
  }
}

/** @param size of the whole file @throws RangeError where the file is no table, or its length is not what its header says */
function readHeader(header: Buffer, size: number) {
  if (header.length < headerBytes || header.toString('latin1', 0, 8) !== magic) throw new RangeError('it is no table');
  const version = header.readUInt32LE(8);
  if (version !== formatVersion) throw new RangeError(`its format has the version ${version}, not ${formatVersion}`);
  const [dimensions, words, wordBytes] = [12, 16, 20].map((at) => header.readUInt32LE(at)) as [number, number, number];
  const index = indexStart(words, dimensions);
  if (size !== index + (2 * words + 1) * 4 + wordBytes) throw new RangeError('its length is wrong');
  return { dimensions, size: words, wordBytes, index };
}

/** Largest piece that one read call takes (a limit of Node's below 2 GiB). */
const readLimit = 1 << 30;

function readWhole(file: string): Buffer {
  const { descriptor: handle, found } = openRegularFileSync(file);
  try {
    const { size } = found;
    // Memory for the whole file is taken only where its length fits.
    const header = Buffer.alloc(Math.min(size, headerBytes));
    readHeader(header.subarray(0, readSync(handle, header, 0, header.length, 0)), size);
    const bytes = Buffer.from(new ArrayBuffer(size));
    for (let done = 0; done < size;) {
      const count = readSync(handle, bytes, done, Math.min(readLimit, size - done), done);
      if (count === 0) throw new RangeError('it became shorter while it was read');
      done += count;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/**
 * Reads a table that `convertWink` or `convertGloveText` wrote: about 0.1 s for GloVe's 341,479 words.
 * @throws DescryError asset-corrupt where the file is no such table, not-found or no-permission where it cannot be read
 */
export function loadWordVectors(file: string): WordVectors {
  try {
    return new WordVectors(readWhole(file));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'not-found')
      throw new DescryError(code, `There are no word vectors at ${file}. ${remedy}`, { cause: error });
    if (code === 'no-permission') {
      throw new DescryError(code, `The word vectors ${file} may not be read: check the file's permissions.`, {
        cause: error,
      });
    }
    const message = `${file} cannot be used as word vectors: ${reasonOf(error)}. ${remedy}`;
    throw new DescryError('asset-corrupt', message, { cause: error });
  }
}

/** Vectors are collected into pieces of about this size before they are written. */
const pieceBytes = 1 << 20;

/**
 * Writes a table row by row, so that a conversion never holds the vectors. The file appears under its name only when it
 * is complete; `abandon` leaves nothing behind.
 */
export class WordVectorsWriter {
  readonly #file: string;
  readonly #temporary: string;
  readonly #handle: number;
  readonly #dimensions: number;
  readonly #piece: Float32Array;
  readonly #content: Hash;
  #held = 0;
  #position = headerBytes;
  #open = true;
  readonly #words = new Set<string>();

  constructor(file: string, dimensions: number) {
    this.#file = file;
    this.#temporary = `${file}.${process.pid}.tmp`;
    this.#handle = openSync(this.#temporary, 'w');
    this.#dimensions = dimensions;
    this.#piece = new Float32Array(Math.max(1, Math.floor(pieceBytes / 2 / dimensions)) * dimensions);
    this.#content = createHash('sha256').update(`${magic} ${dimensions}\n`);
  }

  get size(): number {
    return this.#words.size;
  }

  has(word: string): boolean {
    return this.#words.has(word);
  }

  /** The next word in order of frequency; it must be new, and `vector` have the table's dimensions. */
  add(word: string, vector: ArrayLike<number>): void {
    this.#words.add(word);
    this.#piece.set(vector, this.#held);
    this.#held += this.#dimensions;
    if (this.#held === this.#piece.length) this.#flush();
  }

  /** Completes the file and gives it its name. */
  finish(): void {
    this.#flush();
    const words = [...this.#words];
    const spellings = words.map((word) => Buffer.from(word));
    const starts = new Uint32Array(words.length + 1);
    spellings.forEach((spelling, rank) => (starts[rank + 1] = starts[rank]! + spelling.length));
    const order = Uint32Array.from(words.keys()).sort((a, b) => Buffer.compare(spellings[a]!, spellings[b]!));
    const bytes = Buffer.concat(spellings);
    const index = Buffer.concat([Buffer.from(starts.buffer), Buffer.from(order.buffer), bytes]);
    this.#content.update(starts).update(bytes);

    const header = Buffer.alloc(headerBytes);
    header.write(magic, 'latin1');
    [formatVersion, this.#dimensions, words.length, bytes.length].forEach((n, i) => header.writeUInt32LE(n, 8 + 4 * i));
    this.#content.digest().copy(header, 24);
    createHash('sha256').update(index).digest().copy(header, 56);
    this.#write(index, indexStart(words.length, this.#dimensions));
    this.#write(header, 0);
    fsyncSync(this.#handle);
    this.#close();
    renameSync(this.#temporary, this.#file);
  }

  /** Removes what was written; after `finish` there is nothing to remove. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#handle);
    this.#open = false;
  }

  #flush(): void {
    if (this.#held === 0) return;
    const halves = toHalf(this.#piece.subarray(0, this.#held));
    const bytes = Buffer.from(halves.buffer, 0, halves.byteLength);
    this.#content.update(bytes);
    this.#write(bytes, this.#position);
    this.#position += bytes.length;
    this.#held = 0;
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.#handle, bytes, done, bytes.length - done, position + done);
  }
}
