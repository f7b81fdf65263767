/**
 * Writes `models/pretrained/hashes.json`, by which a damaged file of the models that come with Descry is noticed. To be run after one of
 * them was replaced: `node build/scripts/run.mjs build/scripts/model-hashes.ts`.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../electron/services/assets/folder.ts';
import { sampleHash } from '../../electron/services/assets/samples.ts';

const folder = path.resolve(import.meta.dirname, '../../models/pretrained');
const hashes: Record<string, { samples: string; sha256: string }> = {};
for (const name of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
  const file = path.join(folder, name);
  hashes[name] = { samples: await sampleHash(file), sha256: await sha256(file) };
}
writeFileSync(path.join(folder, 'hashes.json'), `${JSON.stringify(hashes, null, 2)}\n`);
