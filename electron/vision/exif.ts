/** Reads the EXIF fields that the library stores. Broken EXIF is common; the photo is accepted without it. */
import { clockTime } from './clock-time.ts';
import type { PhotoInformation } from './vision.ts';

export type ExifInformation = Omit<PhotoInformation, 'width' | 'height'>;

export const noExif: ExifInformation = {
  taken: null,
  camera: null,
  latitude: null,
  longitude: null,
  lens: null,
  exposure: null,
  aperture: null,
  iso: null,
  focal: null,
};

/** With the time of the file's last change (IFD0's DateTime), which cameras set, too: the worst of all times. */
export type ExifWithChange = ExifInformation & { readonly changed: number | null };

/** @param source an EXIF block from sharp; a whole TIFF or PNG file or its path, for which sharp returns none */
export async function readExif(source: Uint8Array | string | undefined): Promise<ExifWithChange> {
  const none = { ...noExif, changed: null };
  if (source === undefined) return none;
  // The default: Node finds no names in this CommonJS module, bundlers do.
  const { default: exifr } = await import('exifr');
  try {
    const tags = (await exifr.parse(typeof source === 'string' ? source : withoutMarker(source), {
      tiff: true,
      ifd0: { pick: ['Make', 'Model', 'ModifyDate'] },
      exif: {
        pick: ['DateTimeOriginal', 'CreateDate', 'LensModel', 'ExposureTime', 'FNumber', 'ISO', 'FocalLength'],
      },
      gps: { pick: ['GPSLatitude', 'GPSLatitudeRef', 'GPSLongitude', 'GPSLongitudeRef'] },
      xmp: false,
      icc: false,
      iptc: false,
      jfif: false,
      interop: false,
      mergeOutput: true,
      reviveValues: false,
    })) as Record<string, unknown> | undefined;
    if (!tags) return none;
    return {
      taken: clockTime(tags['DateTimeOriginal']) ?? clockTime(tags['CreateDate']),
      changed: clockTime(tags['ModifyDate']),
      camera: cameraName(tags['Make'], tags['Model']),
      lens: lensName(tags['LensModel']),
      exposure: positive(tags['ExposureTime'], 24 * 3600),
      aperture: positive(tags['FNumber'], 1000),
      // 65535 is the largest that the field holds, and stands for more (Exif 2.32, tag 34855)
      iso: positive(tags['ISO'], 65_534),
      focal: positive(tags['FocalLength'], 100_000),
      ...place(tags['latitude'], tags['longitude']),
    };
  } catch {
    return none;
  }
}

function withoutMarker(bytes: Uint8Array): Uint8Array {
  const marker = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(6, bytes.length)).toString('latin1');
  return marker === 'Exif\0\0' ? bytes.subarray(6) : bytes;
}

/** "Canon" and "Canon EOS 30D" become "Canon EOS 30D". */
export function cameraName(make: unknown, model: unknown): string | null {
  const [maker, type] = [plainText(make), plainText(model)];
  const brand = maker.split(/\s/)[0]!.toLowerCase();
  const name = type.toLowerCase().startsWith(brand) ? type : `${maker} ${type}`.trim();
  return name === '' ? null : name;
}

/** Cameras that do not know their lens write dashes, zeros or nothing. */
function lensName(model: unknown): string | null {
  const name = plainText(model);
  return /[a-z1-9]/i.test(name.replace(/mm|f/gi, '')) && !/^(?:unknown|none|n\/?a)\b/i.test(name) ? name : null;
}

/** Without control characters, and of at most 100 characters. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 100);
}

/** A number, or the first of several; cameras write 0, n/0 or 0/0 for what they do not know. */
function positive(value: unknown, most: number): number | null {
  const first: unknown =
    Array.isArray(value) || ArrayBuffer.isView(value) ? (value as unknown as ArrayLike<unknown>)[0] : value;
  return typeof first === 'number' && first > 0 && first <= most ? first : null;
}

function place(latitude: unknown, longitude: unknown): Pick<ExifInformation, 'latitude' | 'longitude'> {
  const valid =
    typeof latitude === 'number' &&
    typeof longitude === 'number' &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180 &&
    // cameras without a position write 0, 0
    (latitude !== 0 || longitude !== 0);
  return valid ? { latitude, longitude } : { latitude: null, longitude: null };
}
