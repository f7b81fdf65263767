import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeOnWindows, makeLibraryFolder } from '../../electron/services/home.ts';

let base: string;
let home: string;
let umask: number;
beforeEach(() => {
  umask = process.umask(0);
  base = mkdtempSync(path.join(tmpdir(), 'descry-home-'));
  home = path.join(base, 'in', 'home');
});
afterEach(() => {
  process.umask(umask);
  rmSync(base, { recursive: true, force: true });
});
const mode = (place: string) => (statSync(place).mode & 0o777).toString(8);

describe.skipIf(process.platform === 'win32')('the folder of a library', () => {
  it('is its user’s alone from the start, whatever the umask; the folders above it are as usual', () => {
    makeLibraryFolder(home);
    expect([mode(home), mode(path.dirname(home))]).toEqual(['700', '777']);
  });

  it('of an earlier version is closed to others', () => {
    mkdirSync(path.join(home, 'thumbnails'), { recursive: true });
    writeFileSync(path.join(home, 'library.db'), '');
    writeFileSync(path.join(home, 'library.db-wal'), '');
    makeLibraryFolder(home);
    expect(mode(home)).toBe('700');
  });

  it('with other things of the user in it stays open, and what is Descry’s in it is closed', () => {
    mkdirSync(path.join(home, 'window'), { recursive: true });
    mkdirSync(path.join(home, 'public'));
    writeFileSync(path.join(home, 'library.db'), '');
    makeLibraryFolder(home);
    expect(mode(home)).toBe('777');
    expect(mode(path.join(home, 'public'))).toBe('777');
    expect(mode(path.join(home, 'library.db'))).toBe('600');
    for (const own of ['logs', 'models', 'thumbnails', 'training', 'window']) {
      expect([own, mode(path.join(home, own))]).toEqual([own, '700']);
    }
  });

  it('that is open to its user only is not touched', () => {
    mkdirSync(home, { recursive: true });
    chmodSync(home, 0o500);
    makeLibraryFolder(home);
    expect(mode(home)).toBe('500');
  });

  it('cannot be a file', () => {
    mkdirSync(path.dirname(home));
    writeFileSync(home, '');
    expect(() => makeLibraryFolder(home)).toThrow('EEXIST');
  });
});

describe('on Windows', () => {
  const calls: (readonly string[])[] = [];
  const run = (program: string, args: readonly string[]) => void calls.push([program, ...args]);

  it('a new folder outside the user’s own gets rights for the user and the system, and no others', () => {
    closeOnWindows(path.resolve('/disk/library'), path.resolve('/users/me'), run);
    expect(calls).toHaveLength(1);
    const [program, folder, ...rights] = calls[0]!;
    expect([program, folder]).toEqual(['icacls', path.resolve('/disk/library')]);
    expect(rights).toEqual([
      '/inheritance:r',
      '/grant:r',
      expect.stringContaining(`${userInfo().username}:(OI)(CI)F`),
      '/grant:r',
      '*S-1-5-18:(OI)(CI)F',
    ]);
  });

  it('one inside it is left as it is, and a disk without access lists is no error', () => {
    calls.length = 0;
    closeOnWindows(path.resolve('/users/me/library'), path.resolve('/users/me'), run);
    expect(calls).toEqual([]);
    closeOnWindows(path.resolve('/disk/x'), path.resolve('/users/me'), () => {
      throw new Error('The parameter is incorrect.');
    });
  });
});
