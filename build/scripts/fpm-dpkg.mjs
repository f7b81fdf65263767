#!/usr/bin/env node
/**
 * Makes a Debian package with dpkg-deb, in the place of fpm: as much of fpm's command line as electron-builder's `deb` uses.
 * For the tests: electron-builder downloads fpm from GitHub, and a release is made with that. electron-builder runs this file
 * where CUSTOM_FPM_PATH names it (package.mjs).
 *
 * Unlike fpm it reads no configuration, and takes only deb. DESCRY_DEB_COMPRESSION=none is for packages that are installed and
 * thrown away.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const run = (program, args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const lists = { '-d': [], '--deb-recommends': [] };
const withoutValue = new Set(['--force', '--debug']);
const options = {};
/** `from=to`, as fpm takes them: a folder's contents where `from` ends in a slash */
const contents = [];
const given = process.argv.slice(2);
while (given.length > 0) {
  const argument = given.shift();
  if (argument in lists) lists[argument].push(given.shift());
  else if (withoutValue.has(argument)) continue;
  else if (argument.startsWith('-')) options[argument.replace(/^-+/, '')] = given.shift();
  else contents.push(argument);
}
if (options.t !== 'deb' || options.s !== 'dir') throw new Error(`Only "-s dir -t deb" is known here.`);

// Beside the package, on the same disk: the files are linked, not copied.
const tree = mkdtempSync(path.join(path.dirname(options.package), '.deb-'));
try {
  for (const pair of contents) {
    const [from, to] = pair.split('=');
    const place = path.join(tree, to);
    mkdirSync(path.dirname(place), { recursive: true });
    run('cp', ['-al', from.replace(/\/$/, ''), place]);
  }
  // What the builder's umask was is nobody's business.
  run('chmod', ['-R', 'u=rwX,go=rX', tree]);
  writeControlFiles(path.join(tree, 'DEBIAN'));
  const compression = process.env.DESCRY_DEB_COMPRESSION ?? options['deb-compression'] ?? 'xz';
  run('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', tree, options.package]);
} finally {
  rmSync(tree, { recursive: true, force: true });
}

function writeControlFiles(folder) {
  const files = filesBelow(tree);
  const bytes = files.reduce((sum, file) => sum + Math.ceil(statSync(path.join(tree, file)).size / 1024), 0);
  const fields = {
    Package: options.name,
    Version: options.version,
    Section: options.category ?? 'graphics',
    Priority: options['deb-priority'] ?? 'optional',
    Architecture: options.architecture,
    Maintainer: options.maintainer,
    'Installed-Size': bytes,
    Depends: lists['-d'].join(', '),
    Recommends: lists['--deb-recommends'].join(', '),
    Homepage: options.url,
    // The first line is the synopsis; the others are indented, and an empty one is a dot (deb-control(5)).
    Description: options.description
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .map((line, i) => (i === 0 ? line : ` ${line || '.'}`))
      .join('\n'),
  };
  mkdirSync(folder);
  const control = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  writeFileSync(path.join(folder, 'control'), control.map(([name, value]) => `${name}: ${value}\n`).join(''));
  const md5 = (file) =>
    createHash('md5')
      .update(readFileSync(path.join(tree, file)))
      .digest('hex');
  writeFileSync(path.join(folder, 'md5sums'), files.map((file) => `${md5(file)}  ${file}\n`).join(''));
  const scripts = {
    'before-install': 'preinst',
    'after-install': 'postinst',
    'before-remove': 'prerm',
    'after-remove': 'postrm',
  };
  for (const [option, name] of Object.entries(scripts)) {
    if (options[option]) writeFileSync(path.join(folder, name), readFileSync(options[option]), { mode: 0o755 });
  }
}

/** @returns paths relative to `folder`, without links */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
