/** Lists the model files that a database which was built again does not know. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { encoderOfModel } from '../../../models/encoders.ts';
import { errorMessage } from '../../../models/errors.ts';
import { readSafetensorsMetadata } from '../../../models/files/safetensors.ts';
import { modelId } from '../../ipc/contract.ts';
import { modelFile } from '../../store/models.ts';
import type { Models, ModelsOptions } from './models.ts';

/** @param models says which are known */
export async function adoptModels(
  models: Models,
  { store, folder, encoders, log }: Pick<ModelsOptions, 'store' | 'folder' | 'encoders' | 'log'>,
): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const id = name.replace(/\.safetensors$/, '');
    if (!modelId.safeParse(id).success || name !== modelFile(id) || models.has(id)) continue;
    const file = path.join(folder, name);
    try {
      const found = await lstat(file);
      if (!found.isFile()) continue;
      const metadata = await readSafetensorsMetadata(file);
      const encoder = encoderOfModel(file, metadata, encoders.all);
      const information = await encoder.readInformation(file);
      const row = { id, file: name, bytes: found.size, created: information.createdAt };
      store.models.add({ ...row, metadata: JSON.stringify(information) });
    } catch (error) {
      log.warn(`${file} is not listed: ${errorMessage(error)}`);
    }
  }
}
