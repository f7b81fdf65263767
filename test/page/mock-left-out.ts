/** Made-up files that are not shown, of the made-up folders. */
import type { LibraryOverview, RequestInput } from '../../electron/ipc/contract.ts';

export function leftOut(folder: number): LibraryOverview['folders'][number]['leftOut'] {
  if (folder === 3) return [{ reason: 'video', count: 41 }];
  if (folder !== 1) return [];
  return [
    { reason: 'video', count: 1310 },
    { reason: 'raw-of-photo', count: 208 },
    { reason: 'link-nowhere', count: 3 },
    { reason: 'name-not-text', count: 2 },
    { reason: 'folder-no-permission', count: 1 },
  ];
}

export function leftOutPaths({ id, reason, offset, limit }: RequestInput<'library.leftOut'>): string[] {
  const folder = '/home/anna/Pictures';
  if (reason === 'folder-no-permission')
    return [`${folder}/From the old computer/Backup of 2009/Documents and Settings/Anna`];
  const total = leftOut(id).find((one) => one.reason === reason)?.count ?? 0;
  const [prefix, extension] = reason === 'video' ? ['MVI', 'MOV'] : ['DSC', 'NEF'];
  const names = Array.from(
    { length: total },
    (_, i) => `${folder}/2025/Summer at the lake/${prefix}_${4000 + i}.${extension}`,
  );
  return names.slice(offset, offset + limit);
}
