/**
 * `explain`: what a sentence means. It needs no weights, no index and no library; a library's cameras and folders are known. With
 * a photo of the library: where in it the sentence matches.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { DescryError } from '../../models/errors.ts';
import { Gazetteer } from '../services/places/gazetteer.ts';
import type { LoadedModel } from '../services/models/models.ts';
import { inner } from '../services/search/like.ts';
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
 * Of a model that looks at whole photos only, the score of the whole photo.
 * @throws DescryError `not-found`, `example-not-indexed` where the photo or its regions are not known, and those of a search
 */
export async function explainPhoto(sentence: string, file: string, { descry, out }: Session): Promise<void> {
  requireSentence(sentence);
  const model = await descry.models.current();
  const place = await realpath(file).catch(() => path.resolve(file));
  const known = descry.store.photos.byPath(place);
  const content = known?.content;
  if (!model.frames && known && content != null) {
    const score = await wholeScore(sentence, content, model, descry);
    const damage = descry.store.photos.information(known.id)?.damage ?? null;
    out.result(
      { query: sentence, photo: place, damage, score: Number(score.toFixed(4)), best: null, regions: [] },
      () =>
        `"${sentence}" fits the whole photo with a score of ${score.toFixed(3)}. The model ${model.id} looks at whole photos only: where ` +
        'in it the sentence matches, it cannot tell.',
    );
    return;
  }
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

/** @throws DescryError `example-not-indexed`, and those of a search */
async function wholeScore(
  sentence: string,
  content: number,
  model: LoadedModel,
  { search, store }: Session['descry'],
): Promise<number> {
  const { description } = search.understand(sentence);
  model.requireKnown(description);
  const photo = store.contents.embedding(content, model.id);
  if (!photo) {
    throw new DescryError(
      'example-not-indexed',
      `The photo is not indexed for the model ${model.id} yet. Index its folder: descry index FOLDER.`,
    );
  }
  return inner(photo, await model.embedSentences([description]));
}
