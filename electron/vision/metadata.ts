/** What a photo file says of how it was taken: EXIF, then XMP, then IPTC. */
import { readExif, type ExifInformation } from './exif.ts';
import { readIptcDate } from './iptc.ts';
import { readXmp } from './xmp.ts';

/** The blocks of a file, as sharp gives them. */
export interface MetadataBlocks {
  /** with or without its marker; a whole TIFF or PNG, or its path, where sharp gives none */
  readonly exif?: Uint8Array | string | undefined;
  readonly xmp?: Uint8Array | undefined;
  readonly iptc?: Uint8Array | undefined;
}

/**
 * The time is the first that is real of EXIF's original and digitised, XMP, IPTC and EXIF's time of the file's last change.
 * A change of what is read here is to be noted in `metadataVersion` (electron/store/contents.ts).
 */
export async function readMetadata({ exif, xmp, iptc }: MetadataBlocks): Promise<ExifInformation> {
  const { changed, ...fromExif } = await readExif(exif);
  const fromXmp = readXmp(xmp);
  return {
    ...fromExif,
    taken: fromExif.taken ?? fromXmp.taken ?? readIptcDate(iptc) ?? changed,
    lens: fromExif.lens ?? fromXmp.lens,
  };
}
