/** What the window tells of a dataset before anything is computed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { datasetReport, photoFolderReport } from '../../electron/ipc/contract.ts';
import { checkDataset, checkPhotoFolder } from '../../electron/services/training/training-data.ts';
import { silentLog } from '../../electron/services/shared/log.ts';
import { many, scratch, tinyLibrary, type TinyLibrary } from '../fixtures/tiny-library.ts';

let tiny: TinyLibrary;
let remove: () => void;
beforeEach(async () => {
  const base = scratch('report');
  remove = base.remove;
  tiny = await tinyLibrary(base.folder);
});
afterEach(async () => {
  await tiny.descry.close();
  remove();
});

it('times are told by recipe, so that the epochs that are chosen count', async () => {
  const photos = Object.keys(many(50));
  tiny.write(Object.fromEntries(photos.map((name) => [`images/${name}`, name])));
  mkdirSync(path.join(tiny.photos, 'images'), { recursive: true });
  const rows = photos.map((name) => `${name}| 0| a dog on the grass`);
  writeFileSync(path.join(tiny.photos, 'captions.csv'), rows.join('\n'));
  const { encoders, store, training } = tiny.descry;
  const { encoder, features } = await encoders.ready(encoders.first.id);
  const { featureLength, tuning } = encoder;
  const source = { store, features, featureLength, mapLength: tuning!.mapLength, log: silentLog };
  const report = datasetReport.parse(await checkDataset(source, tiny.photos, training.support()));
  expect(report).toMatchObject({ photos: 50, toEncode: 50, secondsToEncode: 2 });
  expect(Object.keys(report.trainingTimes).sort()).toEqual(['default', 'layers', 'seed', 'tuned']);
  const { train } = report.splits;
  expect(report.trainingTimes['seed']).toEqual({ secondsBefore: 0, secondsPerEpoch: train * 0.0007, epochs: 30 });
  expect(report.trainingTimes['default']!.epochs).toBe(5);
  expect(report.trainingTimes['default']!.maps).toBeUndefined();
  // Of each photo that is not of the test split 8 × 8 × 1,024 numbers in half precision, made at 25 photos a second.
  const mapped = train + report.splits.val;
  expect(report.trainingTimes['tuned']!.maps).toEqual({ seconds: mapped / 25, bytes: mapped * 131_072 });
});

it('a folder of photos without captions is counted with its subfolders', async () => {
  tiny.write({ 'a.jpg': 'a', 'trip/b.png': 'b', 'trip/notes.txt': 'no photo', '.hidden/c.jpg': 'c' });
  const { encoders, store } = tiny.descry;
  const { encoder, features } = await encoders.ready(encoders.first.id);
  const source = { store, features, featureLength: encoder.featureLength, log: silentLog };
  const report = photoFolderReport.parse(await checkPhotoFolder(source, tiny.photos));
  expect(report).toEqual({
    path: tiny.photos,
    photos: 2,
    toEncode: 2,
    secondsToEncode: 0.08,
    estimatedBytes: expect.any(Number),
  });
  await expect(checkPhotoFolder(source, path.join(tiny.photos, '.hidden', 'none'))).rejects.toMatchObject({
    code: 'not-found',
  });
  mkdirSync(path.join(tiny.photos, 'empty'));
  await expect(checkPhotoFolder(source, path.join(tiny.photos, 'empty'))).rejects.toMatchObject({
    code: 'dataset-invalid',
    message: expect.stringContaining('empty'),
  });
});
