/** Reads the EXIF fields that the library stores. Broken EXIF is common; the photo is accepted without it. */
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

/** @param bytes an EXIF block from sharp, or a whole TIFF or PNG file, for which sharp returns none */
export async function readExif(bytes: Uint8Array | undefined): Promise<ExifInformation> {
  if (!bytes) return noExif;
  const { parse } = await import('exifr');
  const marker = Buffer.from(bytes.buffer, bytes.byteOffset, 6).toString('latin1') === 'Exif\0\0';
  try {
    const tags = (await parse(marker ? bytes.subarray(6) : bytes, {
      tiff: true,
      ifd0: { pick: ['Make', 'Model'] },
      exif: { pick: ['DateTimeOriginal', 'CreateDate'] },
      gps: { pick: ['GPSLatitude', 'GPSLatitudeRef', 'GPSLongitude', 'GPSLongitudeRef'] },
      xmp: false,
      icc: false,
      iptc: false,
      jfif: false,
      interop: false,
      mergeOutput: true,
      reviveValues: false,
    })) as Record<string, unknown> | undefined;
    if (!tags) return noExif;
    return {
      ...noExif,
      taken: cameraTime(tags['DateTimeOriginal']) ?? cameraTime(tags['CreateDate']),
      camera: cameraName(tags['Make'], tags['Model']),
      ...place(tags['latitude'], tags['longitude']),
    };
  } catch {
    return noExif;
  }
}

/** EXIF has the camera's wall clock without a time zone; it is read in this computer's time zone. */
export function cameraTime(value: unknown): number | null {
  const digits =
    typeof value === 'string' ? /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/.exec(value) : null;
  if (!digits) return null;
  const [year, month, day, hour, minute, second] = digits.slice(1).map((digit) => Number(digit ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(year, month - 1, day, hour, minute, second);
  // cameras without a set clock write "0000:00:00 00:00:00"
  const real = year >= 1826 && date.getMonth() === month - 1 && date.getDate() === day;
  return real ? date.getTime() : null;
}

/** "Canon" and "Canon EOS 30D" become "Canon EOS 30D". */
export function cameraName(make: unknown, model: unknown): string | null {
  const [maker, type] = [make, model].map((text) =>
    typeof text === 'string'
      ? text
          .replace(/[\x00-\x1f\x7f]+/g, ' ')
          .trim()
          .slice(0, 100)
      : '',
  ) as [string, string];
  const brand = maker.split(/\s/)[0]!.toLowerCase();
  const name = type.toLowerCase().startsWith(brand) ? type : `${maker} ${type}`.trim();
  return name === '' ? null : name;
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
