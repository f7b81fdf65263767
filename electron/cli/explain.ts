/**
 * `explain`: what a sentence means. It needs no weights, no index and no library; a library's cameras and folders are known. With
 * a photo of the library: where in it the sentence matches.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import { Gazetteer } from '../services/places/gazetteer.ts';
import { requireSentence } from '../services/search/search.ts';
import { namesOfLibrary, today } from '../services/understanding/names.ts';
import { understand } from '../services/understanding/understand.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { meaning, meaningRows } from './understood-texts.ts';

export async function explain(
  sentence: string,
  { home, now = today() }: { readonly home?: string; readonly now?: string },
  out: Terminal,
): Promise<void> {
  requireSentence(sentence);
  const gazetteer = Gazetteer.open();
  const understood = understand(sentence, { now, gazetteer, ...namesOfLibrary(home), literal: [] });
  out.result(meaning(understood), () =>
    meaningRows(understood, gazetteer)
      .map(([name, text]) => `${name.padEnd(9)} ${text}`)
      .join('\n'),
  );
}

/**
 * @throws DescryError `not-found`, `example-not-indexed` where the photo or its regions are not known, `usage` where the model in use
 *   looks at whole photos only, and those of a search
 */
export async function explainPhoto(sentence: string, file: string, { descry, out }: Session): Promise<void> {
  requireSentence(sentence);
  const { id, frames } = await descry.models.current();
  if (!frames) {
    throw new DescryError(
      'usage',
      `The model ${id} looks at whole photos only: it does not say where in a photo a sentence matches.`,
    );
  }
  const place = await realpath(file).catch(() => path.resolve(file));
  const known = descry.store.photos.byPath(place);
  const content = known?.content;
  const found = content == null ? null : await descry.search.whereMatches(content, sentence);
  if (!found) {
    const what = content == null ? 'is not in the library, or not indexed yet' : 'has no known regions yet';
    throw new DescryError('example-not-indexed', `${place} ${what}. Index its folder: descry index FOLDER.`);
  }
  const damage = (known && descry.store.photos.information(known.id)?.damage) ?? null;
  const regions = found.map(({ frame, score }) => ({ ...frame, score: Number(score.toFixed(4)) }));
  const best = regions.reduce((one, other) => (other.score > one.score ? other : one));
  const percent = (fraction: number) => Math.round(fraction * 100);
  out.result({ query: sentence, photo: place, damage, best, regions }, () =>
    [
      `"${sentence}" matches best from ${percent(best.left)} to ${percent(best.left + best.width)} % of the width and from ` +
        `${percent(best.top)} to ${percent(best.top + best.height)} % of the height (${best.score.toFixed(3)}).`,
      ...[...new Set(regions.map(({ top }) => top))].map((top) =>
        regions
          .filter((region) => region.top === top)
          .map(({ score }) => score.toFixed(3).padStart(8))
          .join(''),
      ),
    ].join('\n'),
  );
}
