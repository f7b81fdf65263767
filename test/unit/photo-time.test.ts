import { describe, expect, it, test } from 'vitest';
import { timeInName } from '../../electron/store/name-time.ts';
import { dayOf, localClock } from '../../electron/ipc/wall-clock.ts';
import { latestBelieved, photoTime } from '../../electron/store/photo-time.ts';

const clock = (at: number | null) => (at === null ? null : new Date(at).toISOString().slice(0, 19).replace('T', ' '));

describe('the time in a name', () => {
  test.each([
    ['IMG_20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['IMG20140512101500.jpg', '2014-05-12 10:15:00'],
    ['IMG_20140512_101500_HDR.jpg', '2014-05-12 10:15:00'],
    ['IMG_20140512_101500_123.jpg', '2014-05-12 10:15:00'],
    ['IMG_20140512_101500~2.jpg', '2014-05-12 10:15:00'],
    ['IMG_20140512_101500 (1).jpg', '2014-05-12 10:15:00'],
    ['MVIMG_20180704_235959.jpg', '2018-07-04 23:59:59'],
    ['PXL_20210101_101500123.jpg', '2021-01-01 10:15:00'],
    ['PXL_20210101_101500123.PORTRAIT.jpg', '2021-01-01 10:15:00'],
    ['PANO_20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['VID_20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['20140512101500.jpg', '2014-05-12 10:15:00'],
    ['20140512T101500.png', '2014-05-12 10:15:00'],
    ['20140512-101500.jpg', '2014-05-12 10:15:00'],
    ['20140512.jpg', '2014-05-12 00:00:00'],
    ['P_20140512_101500_vHDR_Auto.jpg', '2014-05-12 10:15:00'],
    ['WP_20140512_10_15_00_Pro.jpg', '2014-05-12 10:15:00'],
    ['WP_20140512_001.jpg', '2014-05-12 00:00:00'],
    ['WIN_20190704_10_15_00_Pro.jpg', '2019-07-04 10:15:00'],
    ['C360_2014-05-12-10-15-00-123.jpg', '2014-05-12 10:15:00'],
    ['DSC_20150101.JPG', '2015-01-01 00:00:00'],
    ['IMG-20190101-WA0003.jpg', '2019-01-01 00:00:00'],
    ['VID-20190101-WA0003.jpg', '2019-01-01 00:00:00'],
    ['WhatsApp Image 2019-03-04 at 11.22.33.jpeg', '2019-03-04 11:22:33'],
    ['WhatsApp Image 2019-03-04 at 11.22.33 (1).jpeg', '2019-03-04 11:22:33'],
    ['WhatsApp Image 2019-03-04 at 9.22.33 PM.jpeg', '2019-03-04 21:22:33'],
    ['signal-2020-01-02-101500.jpg', '2020-01-02 10:15:00'],
    ['signal-2020-01-02-10-15-00-123.jpg', '2020-01-02 10:15:00'],
    ['signal-2020-01-02-10-15-00-123-1.jpg', '2020-01-02 10:15:00'],
    ['photo_2020-01-02_10-15-00.jpg', '2020-01-02 10:15:00'],
    ['Screenshot 2026-03-04 at 10.15.30.png', '2026-03-04 10:15:30'],
    ['Screen Shot 2019-01-01 at 1.00.05 PM.png', '2019-01-01 13:00:05'],
    ['Screen Shot 2019-01-01 at 12.00.05\u202fAM.png', '2019-01-01 00:00:05'],
    ['Screenshot 2026-03-04 101530.png', '2026-03-04 10:15:30'],
    ['Screenshot from 2020-01-02 10-15-00.png', '2020-01-02 10:15:00'],
    ['Screenshot_20190101-120000_App.jpg', '2019-01-01 12:00:00'],
    ['Screenshot_2019-01-01-12-00-00.png', '2019-01-01 12:00:00'],
    ['Screenshot_2019-01-01-12-00-00-123_com.example.app.jpg', '2019-01-01 12:00:00'],
    ['Bildschirmfoto 2019-01-01 um 12.00.00.png', '2019-01-01 12:00:00'],
    ['Capture d’écran 2019-01-01 a\u0300 12.00.00.png', '2019-01-01 12:00:00'],
    ['Captura de pantalla 2019-01-01 a las 12.00.00.png', '2019-01-01 12:00:00'],
    ['Skärmavbild 2019-01-01 kl. 12.00.00.png', '2019-01-01 12:00:00'],
    ['Снимок экрана 2019-01-01 в 12.00.00.png', '2019-01-01 12:00:00'],
    ['2014-05-12 10.15.00.jpg', '2014-05-12 10:15:00'],
    ['2014-05-12 10.15.00-1.jpg', '2014-05-12 10:15:00'],
    ['2014-05-12.jpg', '2014-05-12 00:00:00'],
    ['1965-07-12 wedding.jpg', '1965-07-12 00:00:00'],
    ['2014_05_12 lake.jpg', '2014-05-12 00:00:00'],
    ['scan 2014.05.12.tif', '2014-05-12 00:00:00'],
    ['IMG_0001_2014-05-12.jpg', '2014-05-12 00:00:00'],
    ['FB_IMG_1567123456789.jpg', '2019-08-30 00:04:16'],
    ['mmexport1567123456789.jpg', '2019-08-30 00:04:16'],
    ['IMG_20140512_0001.jpg', '2014-05-12 00:00:00'], // a scanner's counter
    ['IMG_20140512_991500.jpg', '2014-05-12 00:00:00'],
    ['/photos/2001-01-01/IMG_20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['C:\\photos\\IMG_20140512_101500.jpg', '2014-05-12 10:15:00'],
    ['IMG_20160229_101500.jpg', '2016-02-29 10:15:00'],
  ])('%s', (name, wanted) => expect(clock(timeInName(name))).toBe(wanted));

  test.each([
    'IMG_20145512.jpg',
    '12345678.jpg',
    'DSC_20001300.jpg',
    'IMG_20150229_101500.jpg',
    'IMG_20150012.jpg',
    'IMG_0001.jpg',
    'DSC01234.jpg',
    'P1010203.JPG',
    'Photo 12-05-14, 10 15 00.jpg',
    '12-05-2014.jpg',
    '2014-05.jpg',
    '2014-5512.jpg',
    '1007129816_e794419615.jpg',
    '3393576454_2014051234.jpg',
    'a1b20140512c3.jpg',
    '201405121.jpg',
    '20140512995959.jpg',
    '2014051210150012345.jpg',
    '20140512-4f89-41d3-9a0c-0305e82c3301.jpg',
    '1567123456789.jpg',
    '0000-00-00.jpg',
    '1700-01-01.jpg',
    '19201080.png',
    'wallpaper 1920x1080.png',
    '/photos/2014-05-12/IMG_0001.jpg',
    '',
  ])('none in %s', (name) => expect(clock(timeInName(name))).toBeNull());
});

describe("a photo's time", () => {
  const now = Date.UTC(2026, 10, 26, 12);
  const latest = latestBelieved(now);
  const modified = Date.UTC(2020, 0, 2, 3);
  const [taken, named] = [Date.UTC(2014, 4, 12), Date.UTC(2015, 4, 12)];

  it('is the camera’s, else the one in the name, else the file’s', () => {
    expect(photoTime({ taken, named, modified }, latest)).toEqual({ at: taken, source: 'camera' });
    expect(photoTime({ taken: null, named, modified }, latest)).toEqual({ at: named, source: 'name' });
    const file = { at: localClock(modified), source: 'file' };
    expect(photoTime({ taken: null, named: null, modified }, latest)).toEqual(file);
  });

  it('is not one in the future: a camera may be a day ahead of this computer, not a year', () => {
    const [tomorrow, nextYear] = [Date.UTC(2026, 10, 27, 2), Date.UTC(2027, 10, 26)];
    expect(photoTime({ taken: tomorrow, named, modified }, latest)).toEqual({ at: tomorrow, source: 'camera' });
    expect(photoTime({ taken: nextYear, named, modified }, latest)).toEqual({ at: named, source: 'name' });
    expect(photoTime({ taken: nextYear, named: nextYear, modified }, latest)).toMatchObject({ source: 'file' });
    expect(photoTime({ taken: nextYear, named: null, modified: nextYear }, latest)).toEqual({ at: 0, source: 'file' });
  });

  it('has a day as a number, also before 1970', () => {
    expect(dayOf(Date.UTC(2014, 4, 12, 23, 59, 59))).toBe(20_140_512);
    expect(dayOf(Date.UTC(1965, 6, 1))).toBe(19_650_701);
    expect(dayOf(-1)).toBe(19_691_231);
  });
});
