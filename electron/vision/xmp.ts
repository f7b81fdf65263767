/** Reads the properties of XMP (ISO 16684-1) that EXIF may lack. Other programs than cameras write dates often only there. */
import { clockTime } from './clock-time.ts';
import { plainText } from './exif.ts';

export interface XmpInformation {
  readonly taken: number | null;
  readonly lens: string | null;
}

/** When the picture was taken, in the order of the Metadata Working Group's guidelines (2.0, section 5): original, digitised. */
const dates = [
  'exif:DateTimeOriginal',
  'photoshop:DateCreated',
  'exif:DateTimeDigitized',
  'xmp:CreateDate',
  'xap:CreateDate', // before 2005
];
const lenses = ['exifEX:LensModel', 'aux:Lens'];

/** @param packet UTF-8; properties stand in it as attributes or as elements */
export function readXmp(packet: Uint8Array | undefined): XmpInformation {
  if (!packet) return { taken: null, lens: null };
  const text = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength).toString('utf8');
  const first = <T>(names: readonly string[], read: (value: string) => T | null): T | null => {
    for (const name of names) {
      for (const [, quoted, single, element] of text.matchAll(property(name))) {
        const value = read(unescaped((quoted ?? single ?? element ?? '').trim()));
        if (value !== null) return value;
      }
    }
    return null;
  };
  return { taken: first(dates, clockTime), lens: first(lenses, (value) => plainText(value) || null) };
}

/** A value is short: without a limit the end of each of n names would be looked for in all of the text, n times. */
const property = (name: string) =>
  new RegExp(
    `(?<![\\w:/.-])${name}\\s{0,99}(?:=\\s{0,99}"([^"<]{0,999})"|=\\s{0,99}'([^'<]{0,999})'|>([^<]{0,999})<)`,
    'g',
  );

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (text: string) => text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name]!);
