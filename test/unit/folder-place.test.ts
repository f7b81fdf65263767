/** Whether a folder is gone or its disk is away, by what the system says of folders and devices. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { absenceOf, diskOf, type FileSystem } from '../../electron/services/library/folder-place.ts';
import { isOnNetwork, limitOf, nextScanIn } from '../../electron/services/library/watch-limit.ts';
import { isMany } from '../../electron/services/library/vanished.ts';

const failing = (code: string) => Object.assign(new Error(code), { code });

/** @param folders path → device, or the code of the error that reading it gives; `empty`: those without entries */
function system(
  folders: Readonly<Record<string, number | string>>,
  { empty = [], windows = false }: { empty?: readonly string[]; windows?: boolean } = {},
): FileSystem {
  return {
    stat: async (file) => {
      const found = folders[file] ?? 'ENOENT';
      if (typeof found === 'string') throw failing(found);
      return { dev: BigInt(found), isFolder: true };
    },
    isEmpty: async (folder) => empty.includes(folder),
    assertReadable: async () => undefined,
    path: windows ? path.win32 : path.posix,
    windows,
  };
}

const connected = { '/': 1, '/media': 1, '/media/disk': 7, '/media/disk/Photos': 7 };

describe('the disk of a folder', () => {
  it('is the topmost folder on the same device', async () => {
    expect(await diskOf('/media/disk/Photos', system(connected))).toEqual({ mount: '/media/disk', device: '7' });
    expect(await diskOf('/media', system(connected))).toEqual({ mount: '/', device: '1' });
  });

  it('is on Windows the drive or the share', async () => {
    const windows = system({ 'D:\\Photos': 9, '\\\\nas\\photos\\2019': 4 }, { windows: true });
    expect(await diskOf('D:\\Photos', windows)).toEqual({ mount: 'D:\\', device: '9' });
    expect(await diskOf('\\\\nas\\photos\\2019', windows)).toEqual({ mount: '\\\\nas\\photos\\', device: '4' });
  });
});

describe('a folder that cannot be read', () => {
  const disk = { mount: '/media/disk', device: '7' };
  const absence = (fs: FileSystem, folder = '/media/disk/Photos', where = disk) => absenceOf(folder, where, fs);

  it('is there', async () => {
    expect(await absence(system(connected))).toBeUndefined();
    // the same disk under another number
    expect(await absence(system({ ...connected, '/media/disk': 8, '/media/disk/Photos': 8 }))).toBeUndefined();
  });

  it('is gone where its disk is there', async () => {
    expect(await absence(system({ '/': 1, '/media': 1, '/media/disk': 7 }))).toEqual({ kind: 'gone' });
    const home = { mount: '/', device: '1' };
    expect(await absence(system({ '/': 1, '/home': 1 }), '/home/anna/Photos', home)).toEqual({ kind: 'gone' });
  });

  it('is away where its mount point is none any more, also where an empty folder is left of it', async () => {
    const away = { kind: 'not-connected', mount: '/media/disk' };
    expect(await absence(system({ '/': 1, '/media': 1 }))).toEqual(away);
    const left = { '/': 1, '/media': 1, '/media/disk': 1 };
    expect(await absence(system(left))).toEqual(away);
    expect(await absence(system(left, { empty: ['/media/disk'] }), '/media/disk')).toEqual(away);
  });

  it('is looked into where it holds something, wherever its disk is', async () => {
    const copied = { '/': 1, '/media': 1, '/media/disk': 1, '/media/disk/Photos': 1 };
    expect(await absence(system(copied))).toBeUndefined();
  });

  it('of which nothing is known has no cause', async () => {
    expect(await absenceOf('/old', undefined, system({ '/': 1 }))).toEqual({ kind: 'not-found' });
  });

  it('may not be read, or the system says why not', async () => {
    expect(await absence(system({ '/media/disk/Photos': 'EACCES' }))).toEqual({ kind: 'no-permission' });
    expect(await absence(system({ '/media/disk/Photos': 'EIO' }))).toMatchObject({ kind: 'unreadable' });
  });

  it('is away on Windows where the drive is missing or another disk has its letter', async () => {
    const drive = { mount: 'D:\\', device: '9' };
    const ask = (folders: Record<string, number>) => absence(system(folders, { windows: true }), 'D:\\Photos', drive);
    expect(await ask({})).toEqual({ kind: 'not-connected', mount: 'D:\\' });
    expect(await ask({ 'D:\\': 10 })).toEqual({ kind: 'not-connected', mount: 'D:\\' });
    expect(await ask({ 'D:\\': 9 })).toEqual({ kind: 'gone' });
  });
});

describe('photos that vanish', () => {
  it('are many when they are more than a fifth, and not only a few', () => {
    expect([isMany(50, 50), isMany(11, 50), isMany(10, 50), isMany(3, 10), isMany(4, 4), isMany(1, 1)]).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});

describe('the limits of watching', () => {
  it('are told by the errors of inotify and of open files', () => {
    expect(limitOf(failing('ENOSPC'), 'linux')).toBe('watches');
    expect(limitOf(failing('EMFILE'), 'linux')).toBe('instances');
    expect(limitOf(failing('EMFILE'), 'darwin')).toBe('files');
    expect(limitOf(failing('EACCES'), 'linux')).toBeUndefined();
  });

  it('are none on disks of this computer, and all on those of others', async () => {
    const type = (number: number) => async () => number;
    expect(await isOnNetwork('/photos', type(0xef53), 'linux')).toBe(false); // ext4
    expect(await isOnNetwork('/photos', type(0x6969), 'linux')).toBe(true);
    expect(await isOnNetwork('/photos', type(0xff534d42 | 0), 'linux')).toBe(true); // as a signed number
    expect(await isOnNetwork('\\\\nas\\photos', type(0), 'win32')).toBe(true);
    expect(await isOnNetwork('\\\\?\\D:\\photos', type(0), 'win32')).toBe(false);
    expect(await isOnNetwork('D:\\photos', type(0), 'win32')).toBe(false);
  });

  it('cost no more than a share of the time', () => {
    expect(nextScanIn(100, { least: 180_000, share: 0.05 })).toBe(180_000);
    expect(nextScanIn(60_000, { least: 180_000, share: 0.05 })).toBe(1_200_000);
  });
});
