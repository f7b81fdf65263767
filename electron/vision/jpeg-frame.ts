/** Reads the marker segments of a JPEG (ITU-T T.81, annex B) up to its entropy-coded data. */

export interface JpegFrame {
  /** 0: baseline, 1: extended, 2: progressive, 3: lossless, 5 to 7: hierarchical, 9 to 15: with arithmetic coding (table B.1) */
  readonly process: number;
  /** bits per sample */
  readonly precision: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** offset of the entropy-coded data */
  readonly scanAt: number;
}

const [startOfFrame, huffmanTables, startOfScan, quantisation] = [0xc0, 0xc4, 0xda, 0xdb];
const notFrames = new Set([huffmanTables, 0xc8, 0xcc]);
const maxSegments = 1000;

/** @param at of the marker SOI @returns undefined if it is no whole head of a JPEG */
export function readJpegFrame(bytes: Buffer, at = 0): JpegFrame | undefined {
  if (at + 4 > bytes.length || bytes.readUInt16BE(at) !== 0xffd8) return undefined;
  let frame: Omit<JpegFrame, 'scanAt'> | undefined;
  let tables = false;
  let place = at + 2;
  for (let segment = 0; segment < maxSegments; segment++) {
    // fill bytes may stand before a marker (B.1.1.2)
    while (place + 4 <= bytes.length && bytes[place] === 0xff && bytes[place + 1] === 0xff) place++;
    if (place + 4 > bytes.length || bytes[place] !== 0xff) return undefined;
    const marker = bytes[place + 1]!;
    const length = bytes.readUInt16BE(place + 2);
    if (marker < startOfFrame || (marker >= 0xd0 && marker <= 0xd9) || length < 2) return undefined;
    if (place + 2 + length > bytes.length) return undefined;
    tables ||= marker === quantisation;
    if (marker < 0xd0 && !notFrames.has(marker)) {
      if (length < 11) return undefined;
      frame = {
        process: marker - startOfFrame,
        precision: bytes[place + 4]!,
        height: bytes.readUInt16BE(place + 5),
        width: bytes.readUInt16BE(place + 7),
        components: bytes[place + 9]!,
      };
      if (frame.width === 0 || length !== 8 + 3 * frame.components) return undefined;
    }
    place += 2 + length;
    // a lossless JPEG has no quantisation tables
    if (marker === startOfScan)
      return frame && (tables || frame.process % 4 === 3) ? { ...frame, scanAt: place } : undefined;
  }
  return undefined;
}

/** Whether common decoders (libjpeg with eight bits) open it. */
export const isCommonJpeg = ({ process, precision }: JpegFrame): boolean =>
  precision === 8 && [0, 1, 2, 9, 10].includes(process);

/** "a lossless JPEG", for what no decoder here opened */
export function describeJpeg({ process, precision }: JpegFrame): string {
  if (process % 4 === 3) return 'a lossless JPEG';
  if (process >= 5 && process !== 9 && process !== 10) return 'a hierarchical JPEG';
  return `a JPEG with ${precision} bits per sample`;
}
