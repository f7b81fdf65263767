/** The checks of `descry doctor` and `npm run doctor`, with what a system answers given by the test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { assetsFolder } from '../../electron/services/assets/assets.ts';
import {
  defaultFolders,
  diskCheck,
  displayCheck,
  electronLibraries,
  folderCheck,
  isWell,
  knownLibraries,
  librariesCheck,
  nodeCheck,
  programCheck,
  report,
  systemOf,
  watchesCheck,
} from '../../electron/services/doctor/machine.mjs';
import { libraryHome } from '../../electron/services/home.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['linux', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'debian'],
  ['linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'debian'],
  ['linux', 'ID=fedora\n', 'fedora'],
  ['linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
  ['linux', 'ID=arch\n', 'linux'],
  ['linux', '', 'linux'],
  ['darwin', '', 'macos'],
  ['win32', '', 'windows'],
] as const)('instructions for %s, %j', (platform, osRelease, system) => {
  expect(systemOf(platform, osRelease)).toBe(system);
});

it('an older Node is missing what is needed, and each system is told where to get a newer one', () => {
  expect(nodeCheck('24.1.0', 24)).toMatchObject({ state: 'good', found: '24.1.0', help: {} });
  const old = nodeCheck('18.20.4', 20);
  expect(old).toMatchObject({ state: 'missing', found: '18.20.4, and 20 or newer is needed' });
  expect(Object.keys(old.help).sort()).toEqual(['debian', 'fedora', 'linux', 'macos', 'windows']);
});

it('a display is a session, or Xvfb; other systems always have one', () => {
  expect(displayCheck('linux', { DISPLAY: ':0' }, undefined)).toMatchObject({ state: 'good', found: ':0' });
  expect(displayCheck('linux', { WAYLAND_DISPLAY: 'wayland-0' }, undefined)?.state).toBe('good');
  expect(displayCheck('linux', {}, '/usr/bin/xvfb-run')).toMatchObject({ state: 'good' });
  const none = displayCheck('linux', {}, undefined);
  expect(none?.state).toBe('missing');
  expect(none?.help.debian).toContain('sudo apt install xvfb');
  expect(displayCheck('win32', {}, undefined)).toBeUndefined();
});

it('names the packages of the libraries that the linker does not find, and of no others', () => {
  const list = Object.keys(electronLibraries).map(
    (name) => `\t${name} (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/${name}`,
  );
  const ldconfig = (lines: string[]) => knownLibraries(() => `${lines.length} libs found\n${lines.join('\n')}\n`);
  expect(librariesCheck('linux', ldconfig(list))?.state).toBe('good');
  const without = list.filter((line) => !/libnss3|libgbm/.test(line));
  const check = librariesCheck('linux', ldconfig(without));
  expect(check).toMatchObject({ state: 'missing', found: 'without libgbm.so.1, libnss3.so' });
  expect(check?.help).toMatchObject({
    debian: 'sudo apt install libgbm1 libnss3',
    fedora: 'sudo dnf install mesa-libgbm nss',
  });
  // ldconfig cannot be run
  expect(
    librariesCheck(
      'linux',
      knownLibraries(() => undefined),
    )?.state,
  ).toBe('missing');
  expect(librariesCheck('darwin', () => false)).toBeUndefined();
});

it('low limits of inotify are told with the command that raises them', () => {
  const limits = (watches: string, instances: string) => (file: string) =>
    file.endsWith('max_user_watches') ? `${watches}\n` : `${instances}\n`;
  expect(watchesCheck('linux', limits('524288', '1024'))?.state).toBe('good');
  const low = watchesCheck('linux', limits('8192', '1024'));
  expect(low?.state).toBe('weak');
  expect(low?.help.debian).toMatch(/^sudo sysctl fs\.inotify\.max_user_watches=524288 \(/);
  expect(watchesCheck('linux', limits('524288', '64'))?.help.fedora).toContain('max_user_instances=1024');
  expect(watchesCheck('linux', () => undefined)?.state).toBe('weak');
  expect(watchesCheck('darwin')).toBeUndefined();
});

it('disk space is asked of the nearest folder that is there', async () => {
  const place = path.join(folder, 'not', 'yet');
  expect((await diskCheck('disk', 'Disk', place, { least: 1, enough: 2 })).state).toBe('good');
  expect((await diskCheck('disk', 'Disk', place, { least: 1, enough: 1e18 })).state).toBe('weak');
  const full = await diskCheck('disk', 'Disk', place, { least: 1e18, enough: 1e18 });
  expect(full.state).toBe('missing');
  expect(full.help.windows).toContain('DESCRY_HOME');
});

it('a folder that cannot be one is missing; one that is not there yet is good, and is not made', async () => {
  const place = path.join(folder, 'library');
  expect(await folderCheck('home', 'Library', place, 'DESCRY_HOME')).toMatchObject({
    state: 'good',
    found: `${place}, made at the first start`,
  });
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  const check = await folderCheck('home', 'Library', path.join(file, 'library'), 'DESCRY_HOME');
  expect(check).toMatchObject({ state: 'missing', found: `${file} is no folder` });
  expect(check.help.debian).toContain('DESCRY_HOME');
});

it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder without rights is missing', async () => {
  expect((await folderCheck('home', 'Library', '/descry', 'DESCRY_HOME')).state).toBe('missing');
});

it('the default folders are those of the services', () => {
  for (const environment of [{}, { DESCRY_HOME: '/photos/library', DESCRY_ASSETS: '/photos/weights' }]) {
    const { library, assets } = defaultFolders({ ...process.env, ...environment });
    expect(library).toBe(libraryHome(undefined, { ...process.env, ...environment }));
    expect(assets).toBe(assetsFolder({ ...process.env, ...environment }));
  }
});

it('a program is found or told how to get', () => {
  const strace = {
    id: 'strace',
    title: 'strace',
    program: 'strace',
    use: 'tests are skipped',
    help: { debian: 'apt' },
  };
  expect(programCheck({ ...strace, find: () => '/usr/bin/strace' })).toMatchObject({ state: 'good', help: {} });
  expect(programCheck({ ...strace, find: () => undefined })).toMatchObject({
    state: 'weak',
    found: 'no strace: tests are skipped',
  });
});

it('the report has a line a check, how to get what is missing, and a summary that agrees with the exit code', () => {
  const checks = [nodeCheck('24.0.0', 24), nodeCheck('18.0.0', 24)];
  const lines = report(checks, 'fedora').split('\n');
  expect(lines).toEqual([
    'good     Node.js  24.0.0',
    'missing  Node.js  18.0.0, and 24 or newer is needed',
    '         sudo dnf install nodejs',
    '1 of 2 missing.',
  ]);
  expect(isWell(checks)).toBe(false);
  expect(isWell(checks.slice(0, 1))).toBe(true);
  expect(report(checks.slice(0, 1), 'linux')).toMatch(/Nothing is missing\.$/);
});
