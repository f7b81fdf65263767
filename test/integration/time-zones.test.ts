/** A photo has the same day wherever it is indexed and looked at. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datedPhoto } from '../fixtures/dated-photos.ts';
import { describeShared } from '../fixtures/shared.ts';

interface Dated {
  name: string;
  day: number;
  detailsDay: number;
  shown: string;
  source: string;
}

const script = path.resolve(import.meta.dirname, '../fixtures/library-in-time-zone.ts');
const losAngeles = 'America/Los_Angeles';
const tokyo = 'Asia/Tokyo';

let base: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'descry-zones-'));
  mkdirSync(path.join(base, 'photos'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function library(mode: 'index' | 'update' | 'read', zone: string): Dated[] {
  const output = execFileSync(process.execPath, [script, base, mode], { env: { ...process.env, TZ: zone } });
  return JSON.parse(String(output)) as Dated[];
}

const write = (name: string, bytes: Buffer) => writeFileSync(path.join(base, 'photos', name), bytes);
const at = (time: string) => datedPhoto('jpeg', { exif: { IFD2: { DateTimeOriginal: time } } });

describe('indexed in Los Angeles and looked at in Tokyo', () => {
  it('photos have the days of the camera’s clock and of their names', async () => {
    write('after midnight.jpg', await at('2020:01:01 00:30:00'));
    write('before midnight.jpg', await at('2019:12:31 23:30:00'));
    write('skipped by summer time.jpg', await at('2021:03:14 02:30:00'));
    write('IMG_20180704_235959.png', await datedPhoto('png', {}));
    const days = { name: expect.any(String) as string, shown: expect.any(String) as string };
    const wanted = [
      { ...days, name: 'skipped by summer time.jpg', day: 20_210_314, detailsDay: 20_210_314, source: 'camera' },
      { ...days, name: 'after midnight.jpg', day: 20_200_101, detailsDay: 20_200_101, source: 'camera' },
      { ...days, name: 'before midnight.jpg', day: 20_191_231, detailsDay: 20_191_231, source: 'camera' },
      { ...days, name: 'IMG_20180704_235959.png', day: 20_180_704, detailsDay: 20_180_704, source: 'name' },
    ];
    const indexed = library('index', losAngeles);
    expect(indexed).toEqual(wanted);
    expect(library('read', tokyo)).toEqual(indexed);
    expect(indexed[0]!.shown).toMatch(/^March 14, 2021 at 2:30/);
  });

  it('so have those that a version before indexed there, once their metadata was read again', async () => {
    write('a.jpg', await at('2020:01:01 00:30:00'));
    library('index', losAngeles);
    const database = new Sqlite(path.join(base, 'home', 'library.db'));
    // As the upgrade leaves it in Tokyo: Los Angeles' 00:30 of January 1st is 17:30 there.
    database.exec(`UPDATE contents SET metadata = 0, taken = ${Date.UTC(2019, 11, 31, 17, 30)}`);
    database.close();
    expect(library('update', tokyo)).toMatchObject([{ day: 20_200_101, source: 'camera' }]);
  });
});

describeShared('the photo of half past midnight', (shared) => {
  it('is one of new year’s day in both', () => {
    const name = 'date-0030-new-year.jpg';
    copyFileSync(path.join(shared, 'photos', 'cases', name), path.join(base, 'photos', name));
    const newYear = [{ name, day: 20_200_101, detailsDay: 20_200_101, source: 'camera' }];
    expect(library('index', losAngeles)).toMatchObject(newYear);
    expect(library('read', tokyo)).toMatchObject(newYear);
  });
});
