/**
 * Makes models/pretrained/regions.safetensors, the basis on which regions are stored (models/resnet50-glove/regions.ts), from
 * photos: `node build/scripts/run.mjs build/scripts/region-basis.ts PHOTOS-A-FOLDER FOLDER…`. It was made from 750 photos of
 * Flickr's train split and 750 of COCO's without captions. Another basis needs another `regions.version`.
 */
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodePhoto } from '../../electron/vision/decode.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { encodeSafetensors } from '../../models/files/safetensors.ts';
import { principalComponents } from '../../models/math/principal-components.ts';
import { seededRandom } from '../../models/math/random.ts';
import { transposed } from '../../models/math/transposed.ts';
import { preprocessing } from '../../models/resnet50-glove/photos.ts';
import { basisFile, half, parts, windowDifferences } from '../../models/resnet50-glove/regions.ts';
import { openResnet50 } from '../../models/resnet50/encoder.ts';
import { windows } from '../../models/resnet50/windows.ts';

const [onnx, each, ...folders] = process.argv.slice(2);
const photosEach = Number(each);
if (!onnx || folders.length === 0 || !(photosEach > 0)) {
  throw new Error('usage: region-basis.ts RESNET50.ONNX PHOTOS-A-FOLDER FOLDER…');
}

const engine = await openOnnxEngine();
const encoder = await openResnet50(engine, { onnx, keras: '' });
const files = (
  await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)).sort();
      const step = names.length / photosEach;
      return Array.from({ length: photosEach }, (_, i) => path.join(folder, names[Math.floor(i * step)]!));
    }),
  )
).flat();
const rows = parts.map(() => new Float32Array(files.length * windows.length * half));
for (const [i, file] of files.entries()) {
  const { pixels } = await decodePhoto(file, preprocessing);
  const { features, map } = await encoder.encodeWithMap(pixels as Uint8Array, 1);
  windowDifferences(map, features, 1).forEach((found, part) => rows[part]!.set(found, i * windows.length * half));
}
const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
for (const [part, { name, numbers }] of parts.entries()) {
  const basis = await principalComponents(engine.similarities, rows[part]!, half, numbers, seededRandom(1));
  tensors.set(name, { shape: [numbers, half], data: transposed(basis, half, numbers) });
}
await writeFile(basisFile, encodeSafetensors({ metadata: { photos: String(files.length) }, tensors }, 'F16'));
process.stdout.write(`${basisFile}: ${files.length} photos\n`);
