/** The Debian package as dpkg installed it for these tests (build/scripts/installed.ts). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { electronLibraries } from '../../electron/services/doctor/machine.mjs';
import { expect, shippedProgram, test } from './app.ts';

const place = process.env['DESCRY_INSTALLED'];
test.skip(place === undefined, 'no Debian package is installed for the tests');

const output = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });
const field = (name: string) => output('dpkg-query', '-W', '-f', `\${${name}}`, 'descry');

test('is installed as it was packed, for root to change and all to read', () => {
  expect(field('db:Status-Status')).toBe('installed');
  expect(output('dpkg', '--verify', 'descry')).toBe('');
  expect(shippedProgram).toBe('/opt/Descry/descry');
  const files = output('dpkg-query', '-L', 'descry')
    .trim()
    .split('\n')
    .filter((file) => file.startsWith('/opt/Descry'));
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) {
    const { uid, gid, mode } = statSync(file);
    expect([file, uid, gid, mode & 0o022]).toEqual([file, 0, 0, 0]);
    expect([file, mode & 0o004]).toEqual([file, 0o004]);
  }
});

test("Chromium's sandbox works for users: by user namespaces, or by the helper with root's rights", () => {
  const { mode, uid } = statSync('/opt/Descry/chrome-sandbox');
  expect(uid).toBe(0);
  expect([0o755, 0o4755]).toContain(mode & 0o7777);
  expect(readFileSync('/opt/Descry/resources/apparmor-profile', 'utf8')).toContain('"/opt/Descry/descry"');
});

test('asks for the packages of all libraries that its binaries name', () => {
  const depends = new Set(field('Depends').split(/, | \| /));
  const binaries = [
    shippedProgram,
    ...readdirSync(path.join(place!, 'resources'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(node|so(\.\d+)*)$/.test(file))
      .map((file) => path.join(place!, 'resources', file)),
  ];
  const libraries = new Map(
    binaries.flatMap((binary) =>
      [...output('ldd', binary).matchAll(/^\s+(\S+) => (\/\S+|not found)/gm)].map(
        ([, name, file]) => [name!, file!] as const,
      ),
    ),
  );
  expect([...libraries].filter(([, file]) => file === 'not found')).toEqual([]);
  const needed = binaries.flatMap((binary) =>
    [...output('objdump', '-p', binary).matchAll(/^\s+NEEDED\s+(\S+)/gm)].map(([, name]) => name!),
  );
  const packages = [...new Set(needed)]
    .map((name) => libraries.get(name))
    .filter((file) => file?.startsWith(place!) === false)
    .map((file) => ownerOf(file!));
  expect(packages.length).toBeGreaterThan(20);
  // that of the compiler's C++ library comes with every desktop
  expect([...new Set(packages)].filter((name) => !depends.has(name) && name !== 'libstdc++6')).toEqual([]);
});

test('descry doctor knows the libraries that the program names', () => {
  const needed = [...output('objdump', '-p', shippedProgram).matchAll(/^\s+NEEDED\s+(\S+)/gm)].map(([, name]) => name!);
  const everywhere = /^(lib(c|m|dl|pthread|gcc_s|rt)\.so|ld-linux)/;
  // others of a package that is named: GLib, NSS; and one that comes along
  const sameOwner = /^lib(gobject-2\.0|gio-2\.0|nssutil3|smime3|ffmpeg)\.so/;
  const unknown = needed.filter(
    (name) => !everywhere.test(name) && !sameOwner.test(name) && !(name in electronLibraries),
  );
  expect(unknown).toEqual([]);
});

/** The package that a file belongs to; without t64, which newer systems put behind some names. */
function ownerOf(file: string): string {
  // Debian moved /lib into /usr, and dpkg may know either place.
  for (const name of [realpathSync(file), realpathSync(file).replace(/^\/usr/, '')]) {
    try {
      const stdio = ['ignore', 'pipe', 'ignore'] as const;
      return execFileSync('dpkg-query', ['-S', name], { encoding: 'utf8', stdio: [...stdio] }).split(':')[0]!;
    } catch {
      // the other one
    }
  }
  return file;
}

test('is on the PATH and in the menu, with an icon of each size', () => {
  expect(output('sh', '-c', 'command -v descry')).toBe('/usr/bin/descry\n');
  const entry = readFileSync('/usr/share/applications/descry.desktop', 'utf8');
  expect(entry).toMatch(/^\[Desktop Entry\]\n/);
  expect(entry).toMatch(/^Name=Descry$/m);
  expect(entry).toMatch(/^Exec=\/opt\/Descry\/descry\b/m);
  expect(entry).toMatch(/^Icon=descry$/m);
  // the window's WM_CLASS, by which a desktop knows whose window it is
  expect(entry).toMatch(/^StartupWMClass=descry$/m);
  // Descry looks through folders; it is no viewer for a photo that is opened, and no file manager
  expect(entry).not.toMatch(/^MimeType=/m);
  const sizes = readdirSync('/usr/share/icons/hicolor').filter((size) =>
    existsSync(`/usr/share/icons/hicolor/${size}/apps/descry.png`),
  );
  expect(sizes).toEqual(expect.arrayContaining(['16x16', '32x32', '48x48', '128x128', '256x256', '512x512']));
});
