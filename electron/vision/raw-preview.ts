/**
 * The picture that a camera wrote into its raw file: a JPEG, upright after EXIF's orientation of the raw file.
 *
 * Files that are built like a TIFF (DNG, NEF, CR2, ARW, PEF, SRW, RW2, ORF …) name it in a directory (TIFF/EP: ISO 12234-2).
 * Others (CR3, RAF, X3F, MRW, CRW), and makers' notes whose structure only their maker knows, are searched for a JPEG: a
 * baseline or progressive head of which every marker fits is found by chance in no file.
 */
import { unsupported } from './photo-errors.ts';
import { boxesAt } from './iso-boxes.ts';
import { readJpegFrame } from './jpeg-frame.ts';
import { tags, TiffReader, type Directory } from './tiff-directory.ts';

export interface RawPreview {
  /** with the raw file's orientation in an EXIF block of its own */
  readonly jpeg: Buffer;
  /** a TIFF that holds the raw file's EXIF; undefined: the JPEG's own */
  readonly exif: Buffer | undefined;
}

/** Smaller ones are thumbnails (160 × 120 by EXIF), too small to be found by their content. */
const leastSide = 160;
/** With so many there is no need to look for a larger one in the makers' notes. */
const goodPixels = 640 * 480;
/** Bounds for hostile files, which may hold a start marker in every third byte. */
const maxStarts = 20_000;

interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly pixels: number;
}

/** @throws DescryError photo-unsupported when there is none */
export function rawPreview(bytes: Buffer): RawPreview {
  const tiff = openTiff(bytes);
  const directories = tiff?.directories() ?? [];
  const named = tiff ? directories.flatMap((directory) => namedPreviews(tiff, directory)) : [];
  const search = () => searchPreviews(bytes, tiff ? pixelData(tiff, directories) : []);
  const best = largest(named.some(({ pixels }) => pixels >= goodPixels) ? named : [...named, ...search()]);
  if (!best) throw unsupported('camera raw without an embedded preview');
  const jpeg = bytes.subarray(best.start, best.end);
  if (tiff) {
    const orientation = directories[0] && tiff.number(directories[0], tags.orientation);
    return { jpeg: withOrientation(jpeg, orientation ?? 1), exif: asTiff(bytes) };
  }
  const canon = canonExif(bytes);
  if (canon) return { jpeg: withOrientation(jpeg, canon.orientation), exif: canon.exif };
  return { jpeg, exif: undefined };
}

function openTiff(bytes: Buffer): TiffReader | undefined {
  // Canon's CRW begins like a TIFF and is none
  if (/^(?:II\x1a\0|\0MRM|FOVb|FUJI)/.test(bytes.toString('latin1', 0, 4))) return undefined;
  try {
    return new TiffReader(bytes);
  } catch {
    return undefined;
  }
}

function largest(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.reduce<Candidate | undefined>((a, b) => (a && a.pixels >= b.pixels ? a : b), undefined);
}

function namedPreviews(tiff: TiffReader, directory: Directory): Candidate[] {
  const places: [at: number | undefined, length: number | undefined][] = [
    [tiff.number(directory, tags.jpegOffset), tiff.number(directory, tags.jpegLength)],
  ];
  const whole = directory.entries.get(tags.jpgFromRaw);
  if (whole) places.push([whole.at, whole.bytes]);
  const strips = tiff.numbers(directory, tags.stripOffsets);
  if (strips.length === 1) places.push([strips[0], tiff.number(directory, tags.stripByteCounts)]);
  return places.flatMap(([at, length]) => {
    if (at === undefined || length === undefined || length < 100) return [];
    return candidateAt(tiff.bytes, at, at + length) ?? [];
  });
}

function candidateAt(bytes: Buffer, start: number, end: number): Candidate | undefined {
  const frame = readJpegFrame(bytes, start);
  if (!frame || frame.scanAt >= end || end > bytes.length) return undefined;
  const { process, precision, components, width, height } = frame;
  const shown = (process === 0 || process === 1 || process === 2) && precision === 8 && [1, 3].includes(components);
  if (!shown || Math.min(width, height) < leastSide) return undefined;
  return { start, end, pixels: width * height };
}

/** @param leftOut places whose JPEGs are parts of the raw picture, such as the tiles of a lossy DNG */
function searchPreviews(bytes: Buffer, leftOut: readonly Range[]): Candidate[] {
  const found: Candidate[] = [];
  const skipped = [...leftOut].sort((a, b) => a.start - b.start);
  let at = 0;
  // The first end at or after the last place that was asked for: kept, so that the file is passed over once only.
  let end = -1;
  for (let starts = 0; starts < maxStarts; starts++) {
    at = bytes.indexOf('ffd8ff', at, 'hex');
    if (at < 0) break;
    while (skipped.length > 0 && skipped[0]!.end <= at) skipped.shift();
    if (skipped[0] && skipped[0].start <= at) {
      at = skipped[0].end;
      continue;
    }
    const frame = readJpegFrame(bytes, at);
    // inside entropy-coded data every FF is followed by 00 or a restart marker
    if (frame && end < frame.scanAt) end = bytes.indexOf('ffd9', frame.scanAt, 'hex');
    if (frame && end < 0) break;
    const candidate = frame && candidateAt(bytes, at, end + 2);
    if (candidate) found.push(candidate);
    at = candidate ? candidate.end : at + 3;
  }
  return found;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function pixelData(tiff: TiffReader, directories: readonly Directory[]): Range[] {
  return directories.flatMap((directory) => {
    const pairs = [
      [tags.stripOffsets, tags.stripByteCounts],
      [tags.tileOffsets, tags.tileByteCounts],
    ] as const;
    return pairs.flatMap(([offsets, counts]) => {
      const lengths = tiff.numbers(directory, counts);
      return tiff.numbers(directory, offsets).map((start, i) => ({ start, end: start + (lengths[i] ?? 0) }));
    });
  });
}

/** The same with TIFF's own number: RW2 and ORF files have another one, which EXIF readers do not know. */
function asTiff(bytes: Buffer): Buffer {
  const little = bytes[0] === 0x49;
  const number = little ? bytes.readUInt16LE(2) : bytes.readUInt16BE(2);
  if (number === 42 || number === 43) return bytes;
  const copy = Buffer.from(bytes);
  if (little) copy.writeUInt16LE(42, 2);
  else copy.writeUInt16BE(42, 2);
  return copy;
}

const canonUuid = Buffer.from('85c0b687820f11e08111f4ce462b6a48', 'hex');

/**
 * The EXIF of a CR3, which stands in three TIFFs: IFD0, EXIF, GPS (github.com/lclevy/canon_cr3). They are joined to one: the
 * offsets in a directory count from the beginning of its TIFF.
 */
function canonExif(bytes: Buffer): { exif: Buffer; orientation: number } | undefined {
  for (const content of boxesAt(bytes, ['moov', 'uuid'])) {
    if (!content.subarray(0, 16).equals(canonUuid)) continue;
    const inside = content.subarray(16);
    const [main] = boxesAt(inside, ['CMT1']);
    const first = main && openTiff(main)?.directories()[0];
    if (!main || !first) return undefined;
    const exif = joinTiffs(main, [
      [tags.exif, boxesAt(inside, ['CMT2']).next().value as Buffer | undefined],
      [tags.gps, boxesAt(inside, ['CMT4']).next().value as Buffer | undefined],
    ]);
    return { exif, orientation: new TiffReader(main).number(first, tags.orientation) ?? 1 };
  }
  return undefined;
}

/** One little-endian TIFF of the first directories of several; those that cannot be read are left out. */
function joinTiffs(main: Buffer, others: readonly [pointer: number, tiff: Buffer | undefined][]): Buffer {
  const parts: Buffer[] = [Buffer.from('II*\0\0\0\0\0', 'latin1')];
  let length = 8;
  const append = (part: Buffer) => {
    const at = length;
    parts.push(part);
    length += part.length;
    return at;
  };
  const directory = (tiff: Buffer, pointers: readonly (readonly [tag: number, at: number])[]): number | undefined => {
    const reader = openTiff(tiff);
    const first = reader?.littleEndian ? reader.directories()[0] : undefined;
    if (!first) return undefined;
    const base = append(tiff);
    const kept = [...first.entries].filter(([tag]) => tag !== tags.exif && tag !== tags.gps);
    const rows = kept.map(([tag, { entryAt, bytes, at }]) => {
      const row = Buffer.from(tiff.subarray(entryAt, entryAt + 12));
      if (bytes > 4) row.writeUInt32LE(base + at, 8);
      return { tag, row };
    });
    for (const [tag, at] of pointers) {
      const row = Buffer.alloc(12);
      row.writeUInt16LE(tag, 0);
      row.writeUInt16LE(4, 2);
      row.writeUInt32LE(1, 4);
      row.writeUInt32LE(at, 8);
      rows.push({ tag, row });
    }
    rows.sort((a, b) => a.tag - b.tag);
    const head = Buffer.alloc(2);
    head.writeUInt16LE(rows.length);
    return append(Buffer.concat([head, ...rows.map(({ row }) => row), Buffer.alloc(4)]));
  };
  const pointers = others.flatMap(([pointer, tiff]) => {
    const at = tiff && directory(tiff, []);
    return at === undefined ? [] : [[pointer, at] as const];
  });
  parts[0]!.writeUInt32LE(directory(main, pointers) ?? 0, 4);
  return Buffer.concat(parts);
}

/**
 * The same JPEG with an EXIF block that holds nothing but an orientation; its own are left out, because programs differ in
 * whether they wrote the raw file's orientation into them.
 */
export function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const kept: Buffer[] = [];
  let at = 2;
  // its head was read before: every segment lies inside
  while (jpeg[at] === 0xff && jpeg[at + 1]! >= 0xe0 && jpeg[at + 1]! <= 0xef) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    const segment = jpeg.subarray(at, end);
    if (jpeg[at + 1] !== 0xe1 || segment.toString('latin1', 4, 8) !== 'Exif') kept.push(segment);
    at = end;
  }
  const valid = orientation >= 1 && orientation <= 8 ? orientation : 1;
  const exif = Buffer.from(
    'ffe100224578696600004d4d002a00000008000101120003000000010000000000000000'.replace(
      /^(.{56})0000/,
      `$1${valid.toString(16).padStart(4, '0')}`,
    ),
    'hex',
  );
  return Buffer.concat([jpeg.subarray(0, 2), exif, ...kept, jpeg.subarray(at)]);
}
