/**
 * Reads the directories of TIFF files (TIFF 6.0, section 2; BigTIFF) and of the camera raw files that are built like them.
 * Every offset and count is checked against the file, and their number is limited: the files are untrusted.
 */

/** The tags that are read here, by their names in TIFF 6.0, TIFF/EP and DNG. */
export const tags = {
  width: 0x100,
  height: 0x101,
  bitsPerSample: 0x102,
  compression: 0x103,
  photometric: 0x106,
  make: 0x10f,
  stripOffsets: 0x111,
  orientation: 0x112,
  samplesPerPixel: 0x115,
  stripByteCounts: 0x117,
  planarConfiguration: 0x11c,
  predictor: 0x13d,
  tileOffsets: 0x144,
  tileByteCounts: 0x145,
  subDirectories: 0x14a,
  sampleFormat: 0x153,
  jpegOffset: 0x201,
  jpegLength: 0x202,
  /** Panasonic's RW2: the whole JPEG */
  jpgFromRaw: 0x2e,
  exif: 0x8769,
  gps: 0x8825,
  dngVersion: 0xc612,
} as const;

/** Bytes of a value, by TIFF's number of its type; 13: an offset, 16 to 18: 64 bits. */
const sizes: Readonly<Record<number, number>> = {
  1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}; // prettier-ignore

export interface Entry {
  readonly type: number;
  readonly count: number;
  /** where its value lies in the file */
  readonly at: number;
  readonly bytes: number;
  /** where the entry itself lies */
  readonly entryAt: number;
}

export interface Directory {
  readonly entries: ReadonlyMap<number, Entry>;
  /** offset of the next directory; 0: none */
  readonly next: number;
}

/** Directories of one file: cameras write about ten. */
const maxDirectories = 64;
/** Values of one entry that are read: a strip for each row of the largest picture. */
const maxValues = 1 << 20;

export class TiffReader {
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
  readonly big: boolean;

  /** @throws RangeError when it is no TIFF; its number may be another one than 42, as in RW2 and ORF files */
  constructor(bytes: Buffer) {
    const order = bytes.toString('latin1', 0, 2);
    if ((order !== 'II' && order !== 'MM') || bytes.length < 16) throw new RangeError('not a TIFF');
    this.bytes = bytes;
    this.littleEndian = order === 'II';
    this.big = this.#short(2) === 43;
  }

  /** The first directory, those that follow it, and those below them, each once. */
  directories(): Directory[] {
    const found: Directory[] = [];
    const seen = new Set<number>();
    const pending = [this.big ? this.#offset(8) : this.#long(4)];
    while (pending.length > 0 && found.length < maxDirectories) {
      const at = pending.shift()!;
      if (at === 0 || seen.has(at)) continue;
      seen.add(at);
      const directory = this.directory(at);
      if (!directory) continue;
      found.push(directory);
      pending.push(...this.numbers(directory, tags.subDirectories).slice(0, maxDirectories), directory.next);
    }
    return found;
  }

  /** @returns undefined when it does not lie in the file */
  directory(at: number): Directory | undefined {
    const [head, length] = this.big ? [8, 20] : [2, 12];
    if (!(at >= 8) || at + head > this.bytes.length) return undefined;
    const count = this.big ? this.#offset(at) : this.#short(at);
    const end = at + head + count * length;
    if (count > 4096 || end > this.bytes.length) return undefined;
    const entries = new Map<number, Entry>();
    for (let entryAt = at + head; entryAt < end; entryAt += length) {
      const type = this.#short(entryAt + 2);
      const values = this.big ? this.#offset(entryAt + 4) : this.#long(entryAt + 4);
      const bytes = (sizes[type] ?? 1) * values;
      const inline = this.big ? 8 : 4;
      const place = entryAt + length - inline;
      const valueAt = bytes <= inline ? place : this.big ? this.#offset(place) : this.#long(place);
      if (valueAt + bytes > this.bytes.length) continue;
      entries.set(this.#short(entryAt), { type, count: values, at: valueAt, bytes, entryAt });
    }
    const next = end + (this.big ? 8 : 4) > this.bytes.length ? 0 : this.big ? this.#offset(end) : this.#long(end);
    return { entries, next };
  }

  /** Whole numbers of an entry; empty: there is none, or it holds something else. */
  numbers({ entries }: Directory, tag: number): number[] {
    const entry = entries.get(tag);
    if (!entry || entry.count > maxValues) return [];
    const size = sizes[entry.type]!;
    const read = {
      1: (at: number) => this.bytes[at]!,
      3: (at: number) => this.#short(at),
      4: (at: number) => this.#long(at),
      7: (at: number) => this.bytes[at]!,
      13: (at: number) => this.#long(at),
      16: (at: number) => this.#offset(at),
      18: (at: number) => this.#offset(at),
    }[entry.type];
    return read ? Array.from({ length: entry.count }, (_, index) => read(entry.at + index * size)) : [];
  }

  number(directory: Directory, tag: number): number | undefined {
    return this.numbers(directory, tag)[0];
  }

  #short(at: number): number {
    return this.littleEndian ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at);
  }

  #long(at: number): number {
    return this.littleEndian ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at);
  }

  #offset(at: number): number {
    return Number(this.littleEndian ? this.bytes.readBigUInt64LE(at) : this.bytes.readBigUInt64BE(at));
  }
}
