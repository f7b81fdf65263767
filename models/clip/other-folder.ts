/** Where a user has chosen a folder beside the one that holds the encoder: which one to choose. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { findGraphs } from './files.ts';

/** The hub's own folders have the files three levels down: models--NAME/snapshots/REVISION. */
const deepest = 3;
/** A user's home has very many. */
const mostFolders = 300;
const shown = 5;

/** What to do where a file is not in the folder that was chosen, but in the one above it; undefined: it is not there, either. */
export function adviceAbove(folder: string, name: string): string | undefined {
  const above = path.dirname(folder);
  return above !== folder && existsSync(path.join(above, name))
    ? `The folder above has it: choose ${above}.`
    : undefined;
}

/** What to do where the graphs are in a folder inside of the one that was chosen; undefined: none was found. */
export async function adviceBelow(folder: string): Promise<string | undefined> {
  const found: string[] = [];
  let level = [folder];
  let looked = 0;
  for (let depth = 0; depth < deepest && found.length === 0; depth++) {
    const next: string[] = [];
    for (const place of level) {
      const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isDirectory() || ++looked > mostFolders) continue;
        const inside = path.join(place, entry.name);
        next.push(inside);
        const graphs = await findGraphs(inside, null).catch(() => undefined);
        if (graphs && graphs.sets.length > 0) found.push(inside);
      }
    }
    level = next;
  }
  const [one] = found;
  if (one === undefined) return undefined;
  if (found.length === 1) return `There is one in ${one}: choose that folder.`;
  return `There are several inside: choose one of them (${found.slice(0, shown).join(', ')}).`;
}
