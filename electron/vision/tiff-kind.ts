/**
 * Which decoder opens a TIFF: a TIFF may hold almost anything.
 *
 * Told by the directory, not by trying: sharp 0.35.5 returned black pixels without an error for tiles with LZMA or ZSTD, in
 * its WebAssembly build also with WebP, and for floating-point grey; wrong colours for uncompressed YCbCr and for 32-bit
 * samples.
 */
import { isCutShort } from './formats.ts';
import { tags, TiffReader, type Directory } from './tiff-directory.ts';

/** @property opener by sharp, by ImageMagick (magick.ts), after its parts were decompressed (tiff-parts.ts), or none */
export type TiffKind =
  { readonly opener: 'sharp' | 'magick' | 'parts' | 'raw' } | { readonly opener: 'none'; readonly name: string };

/** Names of the compressions (libtiff's tiff.h), with who decompresses them. */
const compressions: Readonly<Record<number, readonly [opener: 'sharp' | 'magick' | 'parts' | 'none', name: string]>> = {
  1: ['sharp', 'no compression'],
  2: ['sharp', 'CCITT compression'],
  3: ['sharp', 'fax compression (group 3)'],
  4: ['sharp', 'fax compression (group 4)'],
  5: ['sharp', 'LZW compression'],
  6: ['magick', 'old JPEG compression'],
  7: ['sharp', 'JPEG compression'],
  8: ['sharp', 'Deflate compression'],
  9: ['none', 'JBIG compression'],
  10: ['none', 'JBIG compression'],
  32766: ['magick', 'NeXT compression'],
  32771: ['sharp', 'CCITT compression'],
  32773: ['sharp', 'PackBits compression'],
  32809: ['magick', 'ThunderScan compression'],
  32908: ['none', 'Pixar compression'],
  32909: ['magick', 'Pixar compression'],
  32946: ['sharp', 'Deflate compression'],
  33003: ['none', 'JPEG 2000 compression'],
  33004: ['none', 'JPEG 2000 compression'],
  33005: ['none', 'JPEG 2000 compression'],
  34661: ['none', 'JBIG compression'],
  34676: ['magick', 'LogLuv compression'],
  34677: ['magick', 'LogLuv compression'],
  34712: ['none', 'JPEG 2000 compression'],
  34887: ['none', 'LERC compression'],
  34925: ['parts', 'LZMA compression'],
  34933: ['none', 'PNG compression'],
  34934: ['none', 'JPEG XR compression'],
  50000: ['parts', 'ZSTD compression'],
  50001: ['parts', 'WebP compression'],
  50002: ['none', 'JPEG XL compression'],
  52546: ['none', 'JPEG XL compression'],
};

/** Compressions of camera raw files: Nikon's, Sony's, Samsung's, Pentax', Kodak's, Epson's, lossy DNG. */
const rawCompressions = new Set([32767, 32769, 32770, 32772, 34713, 34892, 65000, 65535]);
const [colourFilterArray, linearRaw] = [32803, 34892];

/** @param bytes the whole file */
export function tiffKind(bytes: Buffer): TiffKind {
  const reader = new TiffReader(bytes);
  const directories = reader.directories();
  const [first] = directories;
  // sharp says that the directory is broken
  if (!first) return { opener: 'sharp' };
  if (directories.some((directory) => isRaw(reader, directory))) return { opener: 'raw' };

  const compression = reader.number(first, tags.compression) ?? 1;
  const [opener, name] = compressions[compression] ?? ['none', `compression ${compression}, which is not known`];
  if (opener === 'none') return { opener, name: `a TIFF with ${name}` };
  if (opener !== 'sharp') return { opener };
  return { opener: isPlain(reader, first, compression) ? 'sharp' : 'magick' };
}

function isRaw(reader: TiffReader, directory: Directory): boolean {
  const photometric = reader.number(directory, tags.photometric);
  return (
    directory.entries.has(tags.dngVersion) ||
    photometric === colourFilterArray ||
    photometric === linearRaw ||
    rawCompressions.has(reader.number(directory, tags.compression) ?? 1)
  );
}

/** Whether sharp reads its samples and colours as they are meant. */
function isPlain(reader: TiffReader, directory: Directory, compression: number): boolean {
  const bits = reader.numbers(directory, tags.bitsPerSample);
  const photometric = reader.number(directory, tags.photometric) ?? 1;
  const tiledPlanes =
    reader.number(directory, tags.planarConfiguration) === 2 && directory.entries.has(tags.tileOffsets);
  const wholeNumbers = reader.numbers(directory, tags.sampleFormat).every((format) => format === 1);
  const [least, most] = bits.length === 0 ? [1, 1] : [Math.min(...bits.slice(0, 32)), Math.max(...bits.slice(0, 32))];
  const depth = least === most && (most === 8 || most === 16 || (most < 8 && bits.length <= 1));
  // white is zero, black is zero, RGB, palette, CMYK; YCbCr where the JPEG decoder converts it
  const colours = [0, 1, 2, 3, 5].includes(photometric) || (photometric === 6 && compression === 7);
  return depth && colours && wholeNumbers && !tiledPlanes;
}

/** What a valid TIFF is, for the message when no decoder opened it: "a TIFF with 24 bits per sample". */
export function describeTiff(bytes: Buffer): string {
  const reader = new TiffReader(bytes);
  const [first] = reader.directories();
  if (!first) return 'a TIFF';
  const compression = reader.number(first, tags.compression) ?? 1;
  const bits = reader.number(first, tags.bitsPerSample) ?? 1;
  const compressed = compressions[compression]?.[1] ?? `compression ${compression}`;
  return `a TIFF with ${bits} bits per sample and ${compressed}`;
}

/** Whether the directory, or a strip or tile of the first picture, lies beyond the file's end. */
export function isTiffCutShort(bytes: Buffer): boolean {
  const reader = new TiffReader(bytes);
  const [first] = reader.directories();
  // Most programs write the directory last.
  if (!first) return isCutShort('tiff', bytes);
  const pairs = [
    [tags.stripOffsets, tags.stripByteCounts],
    [tags.tileOffsets, tags.tileByteCounts],
  ] as const;
  return pairs.some(([offsets, counts]) => {
    const lengths = reader.numbers(first, counts);
    return reader.numbers(first, offsets).some((at, index) => at + (lengths[index] ?? 0) > bytes.length);
  });
}
