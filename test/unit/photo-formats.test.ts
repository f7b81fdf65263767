import { describe, expect, test } from 'vitest';
import { clockTime } from '../../electron/vision/clock-time.ts';
import { noExif, cameraName, readExif } from '../../electron/vision/exif.ts';
import { isCutShort, isPhoto, kindOf, sniff } from '../../electron/vision/formats.ts';

describe('which files are photos', () => {
  test.each(['a.jpg', 'A.JPG', 'b.jpeg', 'c.HEIC', 'd.heif', 'e.avif', 'f.webp', 'g.tiff', 'h.gif', 'i.bmp', 'j.mpo'])(
    '%s is',
    (file) => expect(isPhoto(`/photos/${file}`)).toBe(true),
  );
  test.each(['a.txt', 'a.jpg.txt', 'jpg', '.jpg', 'a.mp4', 'a.nef', 'a.svg', 'a'])('%s is not', (file) =>
    expect(isPhoto(`/photos/${file}`)).toBe(false),
  );
  test.each([
    ['a.JPG', 'photo'],
    ['a.pgm', 'photo'],
    ['a.jxl', 'photo'],
    ['IMG_0001.CR2', 'raw'],
    ['a.dng', 'raw'],
    ['a.b.Nef', 'raw'],
    ['clip.MOV', 'video'],
    ['clip.m2ts', 'video'],
    ['00001.MTS', 'video'],
    ['main.ts', undefined],
    ['go.mod', undefined],
    ['a.svg', undefined],
    ['.nef', undefined],
    ['mov', undefined],
  ])('%s is of the kind %s', (file, kind) => expect(kindOf(`/photos/${file}`)).toBe(kind));
});

const text = (value: string) => Buffer.from(value, 'latin1');

describe('what a file really is', () => {
  test.each([
    ['\xff\xd8\xff\xe0....', 'jpeg'],
    ['\x89PNG\r\n\x1a\n....', 'png'],
    ['RIFF....WEBPVP8 ', 'webp'],
    ['GIF89a......', 'gif'],
    ['II*\0\x08\0\0\0', 'tiff'],
    ['MM\0*\0\0\0\x08', 'tiff'],
    ['II+\0\x08\0\0\0', 'tiff'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'heif'],
    ['\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf', 'heif'],
    ['BM............\x28\0\0\0', 'bmp'],
    ['BM............\x0c\0\0\0', 'bmp'],
    ['P6\n# a comment\n4 4\n255\n', 'pnm'],
    ['P1 2 2 0 1 1 0', 'pnm'],
    ['P7\nWIDTH 4\n', 'pam'],
    ['\0\0\0\x0cJXL \r\n\x87\n', 'jxl'],
    ['\xff\x0a\x00\x10', 'jxl'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'jp2'],
    ['\xff\x4f\xff\x51\0\x2f', 'j2k'],
    ['8BPS\0\x01\0\0\0\0\0\0\0\x03', 'psd'],
    ['II*\0\x10\0\0\0CR\x02\0', 'raw'],
    ['IIU\0\x18\0\0\0', 'raw'],
    ['IIRO\x08\0\0\0', 'raw'],
    ['FUJIFILMCCD-RAW 0201', 'raw'],
    ['\0\0\0\x18ftypcrx \0\0\0\x01crx isom', 'raw'],
    ['FOVb\0\0\x02\0', 'raw'],
  ])('%j is opened as %s', (bytes, format) => expect(sniff(text(bytes))).toEqual({ format }));

  test.each([
    ['\0\0\0\x14ftypmp42\0\0\0\0isom', 'an MP4 or QuickTime video'],
    ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'an MP4 or QuickTime video'],
    ['\0\0\x10\0moov....', 'a QuickTime video'],
    ['RIFF....AVI LIST', 'an AVI video'],
    ['\x1a\x45\xdf\xa3', 'a Matroska or WebM video'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'an SVG drawing'],
    ['<?xml version="1.0"?>\n<!-- drawn -->\n<svg/>', 'an SVG drawing'],
    ['<!DOCTYPE html><title>404</title>', 'a web page (HTML)'],
    ['\xef\xbb\xbf\r\n<html lang="en">', 'a web page (HTML)'],
    ['<?xml version="1.0"?><kml/>', 'an XML text'],
    ['%PDF-1.4\n', 'a PDF document'],
    ['%!PS-Adobe-3.0 EPSF-3.0', 'PostScript (EPS)'],
    ['PK\x03\x04....', 'a ZIP archive'],
    ['v/1\x01\x02\0\0\0', 'OpenEXR'],
    ['#?RADIANCE\n', 'Radiance HDR'],
    ['PF\n4 4\n-1.0\n', 'a portable float map (PFM)'],
    ['\0\0\x01\0\x01\0\x10\x10\0\0\x01\0', 'a Windows icon (ICO)'],
    ['\0\0\x02\0\0\0\0\0\0\0\0\0\xa0\0\x78\0\x18\0', 'TGA'],
    ['\x0a\x05\x01\x08\0\0\0\0', 'PCX'],
    ['gimp xcf v011', 'GIMP (XCF)'],
    ['II\xbc\x01\x20\0\0\0', 'JPEG XR'],
    ['\x01\xda\x01\x01\0\x03\x01\x40', 'SGI'],
    ['/* XPM */\nstatic char *a[] = {', 'X PixMap (XPM)'],
    ['#define a_width 16\n#define a_height 7', 'X BitMap (XBM)'],
    ['\x59\xa6\x6a\x95\0\0', 'Sun Raster'],
    ['icns\0\0\x10\0', 'a macOS icon (ICNS)'],
  ])('%j is named %s', (bytes, unsupported) => expect(sniff(text(bytes))).toEqual({ unsupported }));

  test.each(['hello', 'BMW drives', 'P6', 'P8\n', 'GIF', '\0\0\0\0\0\0\0\0\0\0', ''])('%j is nothing', (bytes) =>
    expect(sniff(text(bytes))).toBeUndefined(),
  );
});

describe('whether the container says that bytes are missing', () => {
  test('a box of an ISO file that ends after the file', () => {
    const whole = text('\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x0cmdatabcd');
    expect(isCutShort('heif', whole)).toBe(false);
    expect(isCutShort('heif', whole.subarray(0, -1))).toBe(true);
    expect(isCutShort('heif', Buffer.concat([whole, text('\0\0\0')]))).toBe(false);
  });

  test('a RIFF file that is shorter than it says', () => {
    const whole = text('RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0');
    expect(isCutShort('webp', whole)).toBe(false);
    expect(isCutShort('webp', whole.subarray(0, -2))).toBe(true);
  });

  test('a TIFF whose directory lies beyond the end', () => {
    expect(isCutShort('tiff', text('II*\0\x08\0\0\0\0\0\0\0\0\0\0\0'))).toBe(false);
    expect(isCutShort('tiff', text('II*\0\xff\0\0\0\0\0\0\0\0\0\0\0'))).toBe(true);
    expect(isCutShort('tiff', text('MM\0*\0\0\0\x08\0\x02\0\0\0\0\0\0'))).toBe(true);
  });
});

describe('EXIF', () => {
  test.each([
    ['2018:07:25 16:34:23', '2018-07-25T16:34:23'],
    ['2018-07-25T16:34:23', '2018-07-25T16:34:23'],
    ['2018-07-25T16:34:23.25', '2018-07-25T16:34:23'],
    ['2014-05-12T10:15:00+09:00', '2014-05-12T10:15:00'],
    ['2014-05-12T23:15:00Z', '2014-05-12T23:15:00'],
    ['2014-05-12T23:15-08:00', '2014-05-12T23:15:00'],
    ['2014/05/12 10:15:00', '2014-05-12T10:15:00'],
    ['2014:05:12 24:00:00', null],
    ['2014:05:12   :  :  ', '2014-05-12T00:00:00'],
    ['2014-05-12', '2014-05-12T00:00:00'],
    ['1890:05:12 10:15:00\0', '1890-05-12T10:15:00'],
    ['2016:02:29 10:00:00', '2016-02-29T10:00:00'],
  ])('%j shows %j', (value, wanted) => {
    const at = clockTime(value);
    expect(at === null ? null : new Date(at).toISOString().slice(0, 19)).toBe(wanted);
  });

  test.each([
    ['0000:00:00 00:00:00'],
    ['    :  :     :  :  '],
    ['0001:01:01 00:00:00'],
    ['2018:13:40 10:00:00'],
    ['2018:02:30 10:00:00'],
    ['2015:02:29 10:00:00'],
    ['2018:00:10 10:00:00'],
    ['2018:05:12 25:61:00'],
    ['2018'],
    ['2018-05'],
    ['10:15:00'],
    ['yesterday'],
    [''],
    [undefined],
    [42],
  ])('%j is no time', (value) => expect(clockTime(value)).toBeNull());

  test.each([
    ['Canon', 'Canon EOS 30D', 'Canon EOS 30D'],
    ['NIKON CORPORATION', 'NIKON D70', 'NIKON D70'],
    ['Apple', 'iPhone XS', 'Apple iPhone XS'],
    ['Google\0', ' Pixel 2 ', 'Google Pixel 2'],
    ['Nintendo', undefined, 'Nintendo'],
    [undefined, 'X100', 'X100'],
    ['', '  ', null],
  ])('camera %j %j is %j', (make, model, expected) => expect(cameraName(make, model)).toBe(expected));

  test('a broken block is no error', async () => {
    const nothing = { ...noExif, changed: null };
    expect(await readExif(Buffer.from('Exif\0\0II*\0\xff\xff\xff\xff', 'latin1'))).toEqual(nothing);
    expect(await readExif(Buffer.from('Exif\0\0nonsense'))).toEqual(nothing);
    expect(await readExif(undefined)).toEqual(nothing);
  });
});
