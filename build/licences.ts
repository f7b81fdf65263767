/**
 * The licences of all that the packaged program holds, as files for its users: LICENSE.txt is Descry's own, NOTICES.txt has those
 * of the packages in the bundles, of the packages beside them, and of the data. They are made from what is built, so that a new
 * dependency cannot be forgotten; one without a licence, or under one that may not be combined with the GPL, ends the build.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './bundles.ts';
import { shippedPackages, type Manifest } from './packages.ts';

export interface Notice {
  /** `NAME VERSION` */
  readonly title: string;
  /** an SPDX expression */
  readonly licence: string;
  readonly homepage: string | undefined;
  readonly text: string;
}

/** Licences that may be combined with version 3 of the GPL (https://www.gnu.org/licenses/license-list.html). */
const compatible = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Zlib', 'Unlicense', 'CC0-1.0'],
  ...['BlueOak-1.0.0', 'Python-2.0', 'LGPL-3.0', 'LGPL-3.0-or-later', 'GPL-3.0-or-later'],
]);

/** Licences of data: a list of names beside the program is not combined with it. */
const ofData = new Set(['CC-BY-3.0', 'CC-BY-4.0']);

/** Names that are no SPDX identifiers, as packages write them. */
const otherNames: Readonly<Record<string, string>> = { 'Apache 2.0': 'Apache-2.0' };

/** Data and native parts that are no npm package of their own, or whose package does not say where they come from. */
const parts: readonly { readonly title: string; readonly text: string }[] = [
  {
    title: 'Electron and Chromium',
    text: 'Their licences lie beside the program, as LICENSE.electron.txt and LICENSES.chromium.html.',
  },
  {
    title: 'libvips, GLib, libheif and other libraries inside sharp',
    text: `The packages @img/sharp-… hold libvips and the libraries that it uses, as listed below under their names. libvips, GLib, libexif
and libheif are used under the GNU Lesser General Public License, version 3. Their sources are at
https://github.com/lovell/sharp-libvips; they are separate files of the program and may be replaced by other builds of them.`,
  },
  {
    title: 'libheif and libde265 inside libheif-js',
    text: `libheif-js is libheif with libde265, both under the GNU Lesser General Public License, version 3, compiled to WebAssembly. Their
sources are at https://github.com/strukturag/libheif and https://github.com/strukturag/libde265, how they are compiled at
https://github.com/catdad-experiments/libheif-js. The package is a separate file of the program and may be replaced.`,
  },
  {
    title: 'Libraries inside ImageMagick',
    text: `@imagemagick/magick-wasm is ImageMagick with other libraries, as listed below under its name, compiled to WebAssembly. libheif,
libde265, Liquid Rescale, LibRaw and GLib among them are used under the GNU Lesser General Public License. Their sources and how
they are compiled are at https://github.com/dlemstra/magick-native. The package is a separate file of the program and may be
replaced.`,
  },
  {
    title: 'ONNX Runtime',
    text: 'MIT, © Microsoft Corporation. It holds other software: https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt',
  },
  {
    title: 'GeoNames',
    text: 'Names of places: GeoNames (https://www.geonames.org), Creative Commons Attribution 4.0 (https://creativecommons.org/licenses/by/4.0/); shortened and written in another form.',
  },
  {
    title: 'OpenStreetMap',
    text: 'Borders of countries in @rapideditor/country-coder: © OpenStreetMap contributors, Open Database License (https://www.openstreetmap.org/copyright).',
  },
  { title: 'Natural Earth', text: 'Maps: Natural Earth (https://www.naturalearthdata.com), in the public domain.' },
];

/** @param inputs of the bundles: paths of files, absolute or below the checkout */
export function notices(inputs: Iterable<string>): Notice[] {
  const folders = new Set([...shippedPackages()].map((name) => path.join(root, 'node_modules', name)));
  for (const input of inputs) {
    const folder = packageFolder(path.resolve(root, input.replace(/^\0|[?#].*$/g, '')));
    if (folder) folders.add(folder);
  }
  const byTitle = new Map<string, Notice>();
  for (const folder of folders) {
    const notice = noticeOf(folder);
    byTitle.set(notice.title, notice);
  }
  return [...byTitle.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}

function packageFolder(file: string): string | undefined {
  const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file) ?? [];
  return folder;
}

function noticeOf(folder: string): Notice {
  const { name, version, license, homepage } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const title = `${name} ${version}`;
  if (typeof license !== 'string') throw new Error(`${title} names no licence.`);
  const ids = license
    .split(/[()]|\s+(?:AND|OR)\s+/)
    .filter((id) => id !== '')
    .map((id) => otherNames[id] ?? id);
  const either = /\sOR\s/.test(license);
  const allowed = ids.filter((id) => compatible.has(id) || ofData.has(id));
  if (either ? allowed.length === 0 : allowed.length < ids.length) {
    throw new Error(`${title} is under ${license}, which is not known to go with the GPL.`);
  }
  // What the package itself says comes first: it has the names of the authors.
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?:licen[cs]e|copying|notice|third.?party)/i.test(entry.name))
    .map((entry) => readFileSync(path.join(folder, entry.name), 'utf8'));
  const missing = texts.length === 0 ? allowed.map(standardText) : [];
  const readme = path.join(folder, 'README.md');
  // The README of sharp's packages has the licences of the libraries inside.
  const inside = name.startsWith('@img/sharp') && existsSync(readme) ? [readFileSync(readme, 'utf8')] : [];
  return { title, licence: license, homepage, text: [...texts, ...missing, ...inside].join('\n\n').trim() };
}

/** @param id as SPDX has it; texts of the family "or later" are those of the version itself */
function standardText(id: string): string {
  const file = path.join(root, 'node_modules/spdx-license-list/licenses', `${id}.json`);
  if (!existsSync(file)) throw new Error(`There is no text of the licence ${id}.`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { licenseText: string }).licenseText;
}

const line = '='.repeat(80);

export function noticesText(packages: readonly Notice[]): string {
  const section = (title: string, ...paragraphs: string[]) => [line, title, line, '', ...paragraphs, ''].join('\n');
  const wordnet = readFileSync(path.join(root, 'models/concepts/LICENSE.wordnet'), 'utf8');
  return [
    'Descry is free software under the GNU General Public License, version 3 or later (LICENSE.txt). It holds the software and the',
    'data below, each under its own licence.',
    '',
    ...parts.map(({ title, text }) => section(title, text)),
    section('WordNet 3.1', wordnet),
    ...packages.map(({ title, licence, homepage, text }) =>
      section(title, `Licence: ${licence}${homepage ? `\n${homepage}` : ''}`, '', text),
    ),
    section('GNU Lesser General Public License, version 3', standardText('LGPL-3.0-only')),
  ].join('\n');
}

/** Writes LICENSE.txt and NOTICES.txt. @param inputs as of `notices` */
export async function writeLicences(folder: string, inputs: Iterable<string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE.txt'));
  await writeFile(path.join(folder, 'NOTICES.txt'), noticesText(notices(inputs)));
}
