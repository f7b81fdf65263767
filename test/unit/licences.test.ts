/** The notices that the packaged program brings. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildPrograms } from '../../build/bundles.ts';
import { notices, noticesText, type Notice } from '../../build/licences.ts';
import { shippedPackages } from '../../build/packages.ts';

let inputs: string[];
let found: Notice[];
beforeAll(async () => {
  inputs = (await buildPrograms({ write: false })).flatMap(({ inputs }) => Object.keys(inputs));
  found = notices(inputs);
}, 60_000);

test('name every package of the bundles and every one that is shipped beside them, with a text', () => {
  const names = new Set(found.map(({ title }) => title.slice(0, title.lastIndexOf(' '))));
  const bundled = inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  expect(bundled.length).toBeGreaterThan(50);
  expect([...bundled, ...shippedPackages()].filter((name) => !names.has(name))).toEqual([]);
  expect(found.filter(({ text }) => text.length < 100).map(({ title }) => title)).toEqual([]);
});

test('say that libheif and libvips are under the LGPL, and have its text', () => {
  const text = noticesText(found);
  expect(text).toMatch(/libheif with libde265, both under the GNU Lesser General Public License, version 3/);
  expect(text).toMatch(/libvips, GLib, libexif\s+and libheif are used under the GNU Lesser General Public License/);
  expect(text).toMatch(/libheif,\s+libde265, Liquid Rescale, LibRaw and GLib among them are used under the GNU Lesser/);
  expect(text).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
});

test.each([
  [{}, /names no licence/],
  [{ license: 'SEE LICENSE IN EULA.txt' }, /not known to go with the GPL/],
  [{ license: 'MIT AND SSPL-1.0' }, /not known to go with the GPL/],
  [{ license: '(SSPL-1.0 OR MIT)' }, undefined],
])('a package with %j', (manifest, refused) => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'descry-licences-')), 'node_modules', 'other');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'other', version: '1.0.0', ...manifest }));
  const make = () => notices([path.join(folder, 'index.js')]);
  if (refused) expect(make).toThrow(refused);
  else expect(make().find(({ title }) => title === 'other 1.0.0')?.text).toMatch(/^MIT License/);
});
