/** What photo files say of themselves, in all formats: read with the pixels and without them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { decodePhoto, inspectPhoto } from '../../electron/vision/decode.ts';
import { readIptcDate } from '../../electron/vision/iptc.ts';
import { readXmp } from '../../electron/vision/xmp.ts';
import {
  datedPhoto,
  datedTiff,
  iptcBlock,
  withSegment,
  xmpPacket,
  type DatedFormat,
} from '../fixtures/dated-photos.ts';
import { squashed } from '../fixtures/preprocessing.ts';
import { describeShared } from '../fixtures/shared.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'descry-metadata-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const clock = (at: number | null) => (at === null ? null : new Date(at).toISOString().slice(0, 19));

/** What is read of a file; both ways must say the same, but of damage, which only decoding finds. */
async function read(bytes: Buffer, name = 'photo') {
  const file = path.join(scratch, name);
  writeFileSync(file, bytes);
  const { information } = await decodePhoto(file, squashed(32));
  expect(information.damage).toBeNull();
  expect(await inspectPhoto(file)).toEqual({ ...information, damage: undefined });
  return information;
}

const formats: DatedFormat[] = ['jpeg', 'png', 'webp', 'avif'];

describe.each(formats)('%s', (format) => {
  it('has the time, the camera and how it was set in EXIF', async () => {
    const found = await read(
      await datedPhoto(format, {
        exif: {
          IFD0: { Make: 'Canon', Model: 'Canon EOS 30D', DateTime: '2020:01:01 00:00:00' },
          IFD2: {
            DateTimeOriginal: '2014:05:12 23:30:00',
            DateTimeDigitized: '2014:05:13 10:00:00',
            LensModel: 'EF50mm f/1.8 II',
            ExposureTime: '1/250',
            FNumber: '28/10',
            PhotographicSensitivity: '400',
            ISOSpeedRatings: '400',
            FocalLength: '50/1',
          },
        },
      }),
    );
    expect(clock(found.taken)).toBe('2014-05-12T23:30:00');
    expect(found).toMatchObject({ camera: 'Canon EOS 30D', lens: 'EF50mm f/1.8 II', iso: 400, focal: 50 });
    expect(found.exposure).toBeCloseTo(1 / 250, 8);
    expect(found.aperture).toBeCloseTo(2.8, 8);
  });

  it('has a date in XMP, whose zone is left out', async () => {
    const xmp = 'exif:DateTimeOriginal="2011-11-11T23:11:11-08:00" aux:Lens="EF-S 18&amp;55"';
    const found = await read(await datedPhoto(format, { xmp }));
    expect([clock(found.taken), found.lens]).toEqual(['2011-11-11T23:11:11', 'EF-S 18&55']);
  });
});

describe('tiff', () => {
  test.each(['little', 'big'] as const)(
    '%s endian: the date in EXIF, else XMP, else IPTC, else the last change',
    async (order) => {
      const iptc = iptcBlock({ 55: '20040404' });
      const xmp = xmpPacket('xmp:CreateDate="2003-03-03T03:03:03"');
      const changed = '2005:05:05 05:05:05';
      const original = '2001:01:01 01:01:01';
      const found: (string | null)[] = [];
      for (const blocks of [
        { original, changed, xmp, iptc },
        { changed, xmp, iptc },
        { changed, iptc },
        { changed },
        {},
      ]) {
        found.push(clock((await read(datedTiff(blocks, order))).taken));
      }
      expect(found).toEqual([
        '2001-01-01T01:01:01',
        '2003-03-03T03:03:03',
        '2004-04-04T00:00:00',
        '2005-05-05T05:05:05',
        null,
      ]);
    },
  );
});

describe('the order', () => {
  const iptc = iptcBlock({ 55: '20040404', 60: '040404+0200' });
  const full = {
    exif: {
      IFD0: { DateTime: '2005:05:05 05:05:05' },
      IFD2: { DateTimeOriginal: '2001:01:01 01:01:01', DateTimeDigitized: '2002:02:02 02:02:02' },
    },
    xmp: 'photoshop:DateCreated="2003-03-03T03:03:03"',
  };

  test('original, digitised, XMP, IPTC, the last change; what is zero or impossible is passed over', async () => {
    const found: (string | null)[] = [];
    const { exif, xmp } = full;
    const { DateTimeDigitized } = exif.IFD2;
    const without = [
      full,
      { exif: { ...exif, IFD2: { DateTimeOriginal: '0000:00:00 00:00:00', DateTimeDigitized } }, xmp },
      {
        exif: { ...exif, IFD2: { DateTimeOriginal: '2001:13:01 01:01:01', DateTimeDigitized: '2002:02:30 02:02:02' } },
        xmp,
      },
      { exif: { IFD0: exif.IFD0 } },
    ];
    for (const blocks of without) {
      found.push(clock((await read(withSegment(await datedPhoto('jpeg', blocks), 0xed, iptc))).taken));
    }
    found.push(clock((await read(await datedPhoto('jpeg', { exif: { IFD0: exif.IFD0 } }))).taken));
    const never = { exif: { IFD0: { DateTime: '    :  :     :  :  ' } }, xmp: 'xmp:CreateDate=""' };
    found.push(
      clock((await read(withSegment(await datedPhoto('jpeg', never), 0xed, iptcBlock({ 55: '00000000' })))).taken),
    );
    expect(found).toEqual([
      '2001-01-01T01:01:01',
      '2002-02-02T02:02:02',
      '2003-03-03T03:03:03',
      '2004-04-04T04:04:04',
      '2005-05-05T05:05:05',
      null,
    ]);
  });
});

describe('XMP', () => {
  const at = (attributes: string, elements = '') => clock(readXmp(Buffer.from(xmpPacket(attributes, elements))).taken);

  test('as attributes and as elements, in the names that programs use', () => {
    expect(at(`exif:DateTimeOriginal='2011-11-11T11:11:11'`)).toBe('2011-11-11T11:11:11');
    expect(at('', '<exif:DateTimeOriginal>2011-11-11T11:11:11.50+01:00</exif:DateTimeOriginal>')).toBe(
      '2011-11-11T11:11:11',
    );
    expect(at('', '<photoshop:DateCreated>\n 2011-11-11 </photoshop:DateCreated>')).toBe('2011-11-11T00:00:00');
    expect(at('', '<xap:CreateDate>2011-11-11T11:11Z</xap:CreateDate>')).toBe('2011-11-11T11:11:00');
    expect(at('xmp:CreateDate = "2011-11-11T11:11:11"')).toBe('2011-11-11T11:11:11');
  });

  test('original before created before digitised', () => {
    const all = 'xmp:CreateDate="2014-01-01" exif:DateTimeDigitized="2013-01-01" photoshop:DateCreated="2012-01-01"';
    expect(at(`${all} exif:DateTimeOriginal="2011-01-01"`)).toBe('2011-01-01T00:00:00');
    expect(at(`${all} exif:DateTimeOriginal="2011-13-01"`)).toBe('2012-01-01T00:00:00');
    expect(at('xmp:CreateDate="2014-01-01" exif:DateTimeDigitized="2013-01-01"')).toBe('2013-01-01T00:00:00');
  });

  test('other dates are none of the photo', () => {
    expect(
      at('xmp:ModifyDate="2014-01-01" xmp:MetadataDate="2014-01-01" my-exif:DateTimeOriginal="2014-01-01"'),
    ).toBeNull();
    expect(at('exif:DateTimeOriginal="2014"')).toBeNull();
  });
});

describe('IPTC', () => {
  const at = (fields: Record<number, string>) => clock(readIptcDate(iptcBlock(fields)));

  test('date and time created, else those of the digital copy', () => {
    expect(at({ 5: 'a title', 55: '20140512', 60: '101500+0900' })).toBe('2014-05-12T10:15:00');
    expect(at({ 55: '20140512' })).toBe('2014-05-12T00:00:00');
    expect(at({ 55: '20140512', 60: '990000' })).toBe('2014-05-12T00:00:00');
    expect(at({ 55: '20141312', 62: '20140513', 63: '101500' })).toBe('2014-05-13T10:15:00');
    expect(at({ 55: '20140500' })).toBeNull();
  });

  test('bare, without Photoshop’s block, and broken', () => {
    const bare = iptcBlock({ 55: '20140512' }).subarray(26, 26 + 13);
    expect(clock(readIptcDate(bare))).toBe('2014-05-12T00:00:00');
    for (let end = 0; end < bare.length; end++) expect(readIptcDate(bare.subarray(0, end))).toBeNull();
    expect(readIptcDate(undefined)).toBeNull();
  });
});

test('settings that a camera does not know are none', async () => {
  const zero = { ExposureTime: '0/1', FNumber: '0/0', ISOSpeedRatings: '0', FocalLength: '1/0', LensModel: '----' };
  const none = { exposure: null, aperture: null, iso: null, focal: null, lens: null };
  expect(await read(await datedPhoto('jpeg', { exif: { IFD2: zero } }))).toMatchObject(none);
});

describeShared('photos of shared/photos', (shared) => {
  const folder = path.join(shared, 'photos');
  test.each([
    ['cases/date-0030-new-year.jpg', '2020-01-01T00:30:00'],
    ['cases/date-only-ifd0-datetime-2014.jpg', '2014-04-02T12:56:32'],
    ['cases/date-only-in-xmp.jpg', '2011-11-11T11:11:11'],
    ['formats/heic_iphone_IMG_5195.HEIC', '2021-04-11T15:47:53'],
    ['formats/avif_orientation6_iphone_gps.avif', '2020-03-05T11:28:10'],
    ['formats/png_with_exif_gps.png', '2003-12-14T12:01:44'],
  ])('%s', async (name, wanted) => {
    const information = await inspectPhoto(path.join(folder, name));
    expect((await decodePhoto(path.join(folder, name), squashed(32))).information).toEqual({
      ...information,
      damage: null,
    });
    expect(clock(information.taken)).toBe(wanted);
  });
});
