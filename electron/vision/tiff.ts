/**
 * Wraps raw RGB pixels into an uncompressed TIFF with a colour profile.
 *
 * libheif returns pixels in the photo's colour space (Display P3 on an iPhone), and sharp reads a profile only from a file. An
 * uncompressed TIFF is a simple file format with a profile.
 */

const types = { short: 3, long: 4, undefined: 7 } as const;

/** @param pixels [height, width, 3], uint8; @param profile an ICC profile */
export function tiffWithProfile(pixels: Uint8Array, width: number, height: number, profile: Uint8Array): Buffer {
  // TIFF 6.0, section 6 (RGB full-colour images); entries must be in the order of their tags
  const entries: [tag: number, type: number, count: number, value: number][] = [];
  const entry = (tag: number, type: keyof typeof types, count: number, value: number) =>
    entries.push([tag, types[type], count, value]);
  const directoryBytes = 2 + 11 * 12 + 4;
  const bitsAt = 8 + directoryBytes;
  const profileAt = bitsAt + 6;
  const pixelsAt = profileAt + profile.length + (profile.length & 1);
  entry(256, 'long', 1, width);
  entry(257, 'long', 1, height);
  entry(258, 'short', 3, bitsAt); // bits per sample
  entry(259, 'short', 1, 1); // not compressed
  entry(262, 'short', 1, 2); // RGB
  entry(273, 'long', 1, pixelsAt);
  entry(277, 'short', 1, 3); // samples per pixel
  entry(278, 'long', 1, height); // one strip
  entry(279, 'long', 1, pixels.length);
  entry(284, 'short', 1, 1); // interleaved
  entry(34675, 'undefined', profile.length, profileAt); // ICC.1:2010 annex B.4

  const file = Buffer.alloc(pixelsAt + pixels.length);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  for (let sample = 0; sample < 3; sample++) file.writeUInt16LE(8, bitsAt + sample * 2);
  file.set(profile, profileAt);
  file.set(pixels, pixelsAt);
  return file;
}
