/** The npm packages that the packaged program holds. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { externals, root } from './bundles.ts';

/** Dependencies of install scripts, command lines and browsers, which no program here loads. */
const notLoaded = [
  ...['adm-zip', 'global-agent'], // onnxruntime-node's install script
  ...['argparse', 'chalk', 'core-js', 'regenerator-runtime', 'yargs', '@webgpu/types', 'undici-types'], // TensorFlow.js
];

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifestFile = (name: string) => path.join(root, 'node_modules', name, 'package.json');

export const manifest = (name: string): Manifest => JSON.parse(readFileSync(manifestFile(name), 'utf8')) as Manifest;

/** Names of the packages that are shipped as they are: those that no bundle holds, with what they depend on. */
export function shippedPackages(): Set<string> {
  const shipped = new Set<string>();
  const add = (name: string) => {
    if (shipped.has(name) || name.startsWith('@types/') || notLoaded.includes(name) || !existsSync(manifestFile(name)))
      return;
    shipped.add(name);
    const { dependencies, optionalDependencies } = manifest(name);
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) add(dependency);
  };
  externals.forEach(add);
  return shipped;
}
