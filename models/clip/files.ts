/** Finds the files of an encoder in a folder of transformers.js' layout. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** One set of graphs. */
export interface FoundGraphs {
  /** inside the folder, with forward slashes; `text` may be the same as `vision` */
  readonly vision: string;
  readonly text: string;
}

/** How exact the weights are: what the makers put after a graph's name. */
export type Precision = 'full' | 'half' | '8-bit';

/** As transformers.js names them; the most exact first, since speed can be measured, and a loss cannot be undone. */
const suffixes: readonly (readonly [string, Precision])[] = [
  ['', 'full'],
  ['_fp16', 'half'],
  ['_quantized', '8-bit'],
  ['_int8', '8-bit'],
  ['_uint8', '8-bit'],
];

const graphFolders = ['onnx', ''];

export interface GraphFiles {
  /** in the order in which they are used */
  readonly sets: readonly FoundGraphs[];
  /** all names of .onnx files that are there, for messages */
  readonly names: readonly string[];
  /** names of files with weights outside the graphs */
  readonly outside: readonly string[];
}

/** @param precision the only one that is wanted; null: any, the most exact first @throws system errors where a folder cannot be read */
export async function findGraphs(folder: string, precision: Precision | null): Promise<GraphFiles> {
  const names = new Set<string>();
  const outside: string[] = [];
  for (const inner of graphFolders) {
    for (const name of await namesIn(path.join(folder, inner), inner !== '')) {
      const place = path.posix.join(inner, name);
      if (name.endsWith('.onnx')) names.add(place);
      else if (/\.onnx[_.]data/.test(name)) outside.push(place);
    }
  }
  const sets: FoundGraphs[] = [];
  for (const [suffix, of] of suffixes) {
    if (precision !== null && of !== precision) continue;
    for (const inner of graphFolders) {
      const [vision, text, both] = ['vision_model', 'text_model', 'model'].map((name) =>
        path.posix.join(inner, `${name}${suffix}.onnx`),
      ) as [string, string, string];
      // two graphs need less memory than one that has both sides
      if (names.has(vision) && names.has(text)) sets.push({ vision, text });
      if (names.has(both)) sets.push({ vision: both, text: both });
    }
  }
  return { sets, names: [...names].sort(), outside: outside.sort() };
}

async function namesIn(folder: string, optional: boolean): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (optional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
