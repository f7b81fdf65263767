/** What photos and their names say: EXIF, XMP, IPTC, clocks, formats, kinds. */
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { firstYear, wallClock } from '../../electron/ipc/wall-clock.ts';
import { photoKind } from '../../electron/services/library/photo-kind.ts';
import { pathFilter } from '../../electron/services/library/path-filter.ts';
import { fold } from '../../electron/services/places/format.ts';
import { photoTime } from '../../electron/store/photo-time.ts';
import { timeInName } from '../../electron/store/name-time.ts';
import { clockTime } from '../../electron/vision/clock-time.ts';
import { readExif } from '../../electron/vision/exif.ts';
import { isCutShort, isPhoto, sniff } from '../../electron/vision/formats.ts';
import { readIptcDate } from '../../electron/vision/iptc.ts';
import { loadSharp } from '../../electron/vision/sharp.ts';
import { readXmp } from '../../electron/vision/xmp.ts';
import { datedPhoto, datedTiff, iptcBlock, xmpPacket } from '../fixtures/dated-photos.ts';
import { damaged, property, textOf } from '../fixtures/properties.ts';

/** Null, or a wall clock of a year that a photo can be of, in whole seconds. */
function expectTime(at: number | null, { last = 9999, first = firstYear, unit = 1000 } = {}): void {
  if (at === null) return;
  expect(Number.isInteger(at) && at % unit === 0).toBe(true);
  const year = new Date(at).getUTCFullYear();
  expect(year).toBeGreaterThanOrEqual(first);
  expect(year).toBeLessThanOrEqual(last);
}

const dated = { original: '2014:05:12 10:15:00', changed: '2015:01:01 00:00:00' };
const tiffs = [datedTiff(dated, 'little'), datedTiff({ ...dated, xmp: xmpPacket('') }, 'big')];
const iptc = iptcBlock({ 55: '20140512', 60: '101500+0200', 62: '20140512', 63: '101500' });
const xmp = Buffer.from(
  xmpPacket(
    'exif:DateTimeOriginal="2014-05-12T10:15:00" aux:Lens="EF50mm f/1.8 &amp; more"',
    '<xmp:CreateDate>2014-05-12T10:15:00.5+09:00</xmp:CreateDate><photoshop:DateCreated>2014-05-12</photoshop:DateCreated>',
  ),
);

describe('metadata', () => {
  property('damaged EXIF gives nothing, or what is in range', damaged(...tiffs), async (bytes) => {
    const { taken, changed, camera, lens, exposure, aperture, iso, focal, latitude, longitude } = await readExif(bytes);
    expectTime(taken);
    expectTime(changed);
    for (const name of [camera, lens]) if (name !== null) expect(name.length).toBeLessThanOrEqual(201);
    for (const number of [exposure, aperture, iso, focal]) if (number !== null) expect(number).toBeGreaterThan(0);
    expect(latitude === null).toBe(longitude === null);
    if (latitude !== null) expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
    if (longitude !== null) expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
  });

  describe('of a camera', () => {
    const found: { exif?: Uint8Array } = {};
    beforeAll(async () => {
      const exif = {
        IFD0: { Make: 'Canon', Model: 'Canon EOS 30D', DateTime: '2014:05:12 10:15:00' },
        IFD2: {
          DateTimeOriginal: '2014:05:12 10:15:00',
          FNumber: '28/10',
          ISOSpeedRatings: '400',
          LensModel: 'EF50mm',
        },
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '48/1 51/1 30/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '2/1 21/1 3/1',
        },
      };
      found.exif = (await loadSharp()(await datedPhoto('jpeg', { exif })).metadata()).exif!;
    });
    test('is there before it is damaged', async () => {
      expect(await readExif(found.exif)).toMatchObject({
        camera: 'Canon EOS 30D',
        aperture: 2.8,
        latitude: 48.858333333333334,
      });
    });
    const changes = fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { minLength: 1, maxLength: 4 });
    property('is in range where bytes are others', changes, async (wanted) => {
      const bytes = Uint8Array.from(found.exif!);
      // Not the upper bytes of counts, which are 0: exifr takes memory for that many values, up to 0.2 s each, before it refuses.
      const places = [...bytes.keys()].filter((at) => bytes[at] !== 0);
      for (const [at, value] of wanted) bytes[places[at % places.length]!] = value;
      const { taken, latitude, longitude, aperture } = await readExif(bytes);
      expectTime(taken);
      expect(latitude === null).toBe(longitude === null);
      if (latitude !== null) expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
      if (aperture !== null) expect(aperture > 0 && aperture <= 1000).toBe(true);
    });
  });

  property('damaged XMP gives nothing, or a time and a short name', damaged(xmp), (bytes) => {
    const { taken, lens } = readXmp(bytes);
    expectTime(taken);
    if (lens !== null) expect(lens.length > 0 && lens.length <= 100).toBe(true);
  });
  const packet = textOf(
    [
      'exif:DateTimeOriginal',
      'xmp:CreateDate',
      'aux:Lens',
      '=',
      '"',
      "'",
      '>',
      '<',
      ' ',
      '2014-05-12',
      'T10:15',
      '&amp;',
    ],
    { most: 20 },
  );
  property('XMP of its own words gives nothing, or a time', packet, (text) =>
    expectTime(readXmp(Buffer.from(text)).taken),
  );
  property('damaged IPTC gives nothing, or a time', damaged(iptc), (bytes) => expectTime(readIptcDate(bytes)));

  property(
    'a clock is a real time',
    textOf([
      '2014',
      '1826',
      '0000',
      ':',
      '-',
      '/',
      '.',
      '05',
      '12',
      '31',
      '02',
      '29',
      ' ',
      'T',
      '23',
      '60',
      '+09:00',
      'Z',
    ]),
    (text) => expectTime(clockTime(text)),
  );
  const clock = fc.tuple(
    ...([
      fc.integer({ min: firstYear, max: 9999 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 28 }),
    ] as const),
    ...([fc.nat(23), fc.nat(59), fc.nat(59)] as const),
  );
  property('a clock that is written is read', clock, (parts) => {
    const [year, ...others] = parts.map(String) as [string, ...string[]];
    const [month, day, hour, minute, second] = others.map((part) => part.padStart(2, '0'));
    const at = wallClock(...parts);
    expect(at).not.toBeNull();
    expect(clockTime(`${year}:${month}:${day} ${hour}:${minute}:${second}`)).toBe(at);
    expect(clockTime(`${year}-${month}-${day}T${hour}:${minute}:${second}.5+09:00`)).toBe(at);
    if (parts[0] >= 1990 && parts[0] <= 2099) {
      expect(timeInName(`IMG_${year}${month}${day}_${hour}${minute}${second}.jpg`)).toBe(at);
    }
  });
});

describe('names of files', () => {
  const name = textOf(
    [
      ...[
        'IMG_',
        'IMG',
        'PXL_',
        'Screenshot ',
        'FB_IMG_',
        'mmexport',
        '/',
        '\\',
        '.jpg',
        '.',
        '-',
        '_',
        ' at ',
        ' um ',
      ],
      ...[
        '2014',
        '05',
        '12',
        '20140512',
        '101500',
        '10.15.30',
        '1567123456789',
        ' PM',
        'T',
        'é',
        'a',
        'WhatsApp Image',
      ],
    ],
    { most: 10 },
  );
  property('have no time, or a real one', name, (text) => {
    expectTime(timeInName(text), { last: 2099, unit: 1 });
    expect(typeof isPhoto(text)).toBe('boolean');
    const kind = photoKind({ path: text, width: 100, height: 50, camera: null });
    expect([null, 'screenshot', 'panorama']).toContain(kind);
  });

  property(
    'are left out or not by any patterns',
    fc.tuple(
      fc.array(
        textOf(['*', '**', '/', '.', '!', '(', ')', '[', ']', '{', '}', ',', 'a', '\\', '?', '+', '@', '|', '1..9']),
        { maxLength: 3 },
      ),
      name,
    ),
    ([excludes, file]) => {
      expect(typeof pathFilter(excludes)(file)).toBe('boolean');
    },
  );

  property(
    'are left out or not by name inside their folder as by their whole path',
    fc.tuple(
      fc.array(textOf(['*', '**', '/', '.', 'a', 'b', 'c.jpg', '.jpg', '{a,b}']), { maxLength: 3 }),
      fc.array(
        fc.constantFrom(
          'a',
          'b',
          'c.jpg',
          'A.JPG',
          '.hidden',
          'node_modules',
          'x.photoslibrary',
          'resources',
          'y.lrdata',
        ),
        { minLength: 1, maxLength: 4 },
      ),
    ),
    ([excludes, parts]) => {
      const accepts = pathFilter(excludes);
      const byName = parts.every((part, depth) => accepts.inside(parts.slice(0, depth).join(path.sep))(part));
      expect(byName).toBe(accepts(parts.join(path.sep)));
    },
  );

  property(
    'of places are looked up by what is folded once',
    textOf(['St.', 'Mt ', 'Xi', "'an", 'D.C.', 'ß', 'É', 'ø', ' ', '-', 'İ', 'ŉ']),
    (text) => {
      const folded = fold(text);
      expect(folded).toBe(folded.trim());
      expect(fold(folded)).toBe(folded);
    },
  );
});

describe('formats', () => {
  const ftyp = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypmif1\0\0\0\0mif1heic')]);
  const boxes = Buffer.concat([
    ftyp,
    Buffer.from([0, 0, 0, 8]),
    Buffer.from('mdat'),
    Buffer.from([0, 0, 0, 1]),
    Buffer.from('free\0\0\0\0\0\0\0\x10'),
  ]);
  const webp = Buffer.from('RIFF\x20\0\0\0WEBPVP8 ');
  const files = [
    boxes,
    webp,
    ...tiffs,
    Buffer.from('\xff\xd8\xff\xe0', 'latin1'),
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  ];
  property('are told by any bytes, also of very short files', damaged(...files), (bytes) => {
    const buffer = Buffer.from(bytes);
    const found = sniff(buffer);
    if (found && 'format' in found) expect(typeof isCutShort(found.format, buffer)).toBe('boolean');
  });

  const times = fc.record({ taken: fc.option(fc.integer()), named: fc.option(fc.integer()), modified: fc.integer() });
  property('and times of any files are not in the future', times, (stored) => {
    const latest = Date.UTC(2026, 10, 27);
    expect(photoTime(stored, latest).at).toBeLessThanOrEqual(latest);
  });
});
