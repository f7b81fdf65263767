/** `search`: one sentence, filters, examples, or many sentences of a file. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DescryError, errorCode } from '../../models/errors.ts';
import type { Example, PhotoKind, Ranking, SearchFilter, SearchForm, SearchOrder } from '../ipc/contract.ts';
import { plural } from '../ipc/format.ts';
import { requireSentence } from '../services/search/search.ts';
import { today } from '../services/understanding/names.ts';
import { understand } from '../services/understanding/understand.ts';
import { terminalText } from './error-texts.ts';
import { photosBelow } from './library-commands.ts';
import type { Session } from './session.ts';
import { meaning, meaningInWords, partInWords } from './understood-texts.ts';

export interface SearchCommand {
  readonly folder?: string;
  readonly top: number;
  readonly after?: string;
  readonly before?: string;
  readonly months?: string;
  readonly near?: string;
  readonly country?: string;
  readonly camera?: string;
  readonly kind?: PhotoKind;
  readonly not?: readonly string[];
  readonly like?: readonly string[];
  readonly sort: SearchOrder;
  /** the sentence is a description and nothing else */
  readonly literal?: boolean;
  /** file with one sentence a line */
  readonly queries?: string;
}

export async function search(sentence: string | undefined, options: SearchCommand, session: Session): Promise<void> {
  const { descry } = session;
  const sentences = await sentencesOf(sentence, options);
  // All that can be wrong with the command is said before a folder is indexed.
  const filter = filterOf(options, session);
  const among = options.folder === undefined ? undefined : await photosBelow(options.folder, session);
  if (among === undefined && descry.store.photos.count() === 0) {
    throw new DescryError('no-photos', 'The library is empty. Index your photos first: descry index FOLDER.');
  }
  const like = await examplesOf(options.like ?? [], session);
  const { not = [], sort } = options;
  tellOfWaiting(session);
  for (const text of sentences) {
    session.signal.throwIfAborted();
    const literal = options.literal ? [text] : [];
    const form: SearchForm = { text, filter, literal, not: [...not], like, order: sort };
    await answer(form, { limit: options.top, among, many: options.queries !== undefined }, session);
  }
}

async function answer(
  form: SearchForm,
  { limit, among, many }: { limit: number; among: Set<number> | undefined; many: boolean },
  session: Session,
): Promise<void> {
  const { out } = session;
  try {
    const ranking = await session.descry.search.query(form, { limit, among });
    const result = resultOf(ranking, session);
    out.result(result, () => [...(many ? [form.text] : []), ...linesOf(ranking, result, session)].join('\n'));
  } catch (error) {
    // One sentence of a file that cannot be answered leaves its line to its error.
    if (!many || errorCode(error) === 'cancelled') throw error;
    const message = terminalText(error);
    out.result({ query: form.text, error: { code: errorCode(error), message } }, () => `${form.text}\n${message}`);
  }
}

function resultOf(ranking: Ranking, { descry }: Session) {
  const { query, unknownWords, model, order, tookMs, understood } = ranking;
  return {
    query,
    understood: meaning(understood),
    unknownWords,
    tookMs: round(tookMs, 1),
    model,
    order,
    /** photos that the filters leave */
    ranked: ranking.ranked,
    goodMatches: ranking.goodMatches,
    results: Array.from(ranking.ids, (id, i) => ({
      rank: i + 1,
      path: descry.store.photos.get(id)!.path,
      // null: nothing is described that photos could be ranked by
      score: i < ranking.scores.length ? round(ranking.scores[i]!, 4) : null,
    })),
  };
}

function linesOf(ranking: Ranking, { results }: ReturnType<typeof resultOf>, { descry }: Session): string[] {
  const { understood, unknownWords } = ranking;
  const emptied = understood.parts.filter(({ without }) => without !== null && without > 0);
  return [
    ...unknownWords.map(({ word, suggestion }) =>
      suggestion ? `"${word}" is not known; did you mean "${suggestion}"?` : `"${word}" is not known.`,
    ),
    ...(understood.parts.length > 0 ? [`Understood as ${meaningInWords(understood, descry.gazetteer)}`] : []),
    ...results.map(
      ({ rank, score, path }) => `${String(rank).padStart(3)}  ${score === null ? '' : `${score.toFixed(3)}  `}${path}`,
    ),
    ...(results.length === 0 ? [understood.parts.length > 0 ? 'No photo fits all of it.' : noneIndexed] : []),
    ...(results.length === 0
      ? emptied.map((part) => `Without ${partInWords(part, descry.gazetteer)}: ${plural(part.without!, 'photo')}`)
      : []),
  ];
}

const noneIndexed = 'No photo there could be indexed.';

function tellOfWaiting({ descry, out }: Session): void {
  const { photos, indexed, failures } = descry.library.overview(descry.models.inUse());
  const waiting = photos - indexed - failures;
  if (waiting > 0)
    out.notice(
      `${waiting === 1 ? '1 photo is' : `${waiting} photos are`} not indexed yet and cannot be found: descry index FOLDER.`,
    );
  const outdated = descry.store.contents.outdatedMetadataCount();
  if (outdated > 0)
    out.notice(
      `The dates, cameras and places of ${plural(outdated, 'photo')} were read by an earlier version, which knew less of them. ` +
        'Read them again: descry index FOLDER.',
    );
}

/** @throws DescryError `usage`, `query-too-long`, `not-found` */
async function sentencesOf(sentence: string | undefined, { queries }: SearchCommand): Promise<string[]> {
  if (queries !== undefined) {
    const text = await readFile(queries, 'utf8').catch((error: unknown) => {
      throw new DescryError(errorCode(error), `${path.resolve(queries)} cannot be read.`, { cause: error });
    });
    // A line is a sentence, so that the answers can be told apart by their order; an empty last line is the file's end.
    return text
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '')
      .split(/\r?\n/);
  }
  requireSentence(sentence ?? '');
  return [sentence ?? ''];
}

/** @throws DescryError `usage` with the option that is not understood */
function filterOf(
  { after, before, months, near, country, camera, kind }: SearchCommand,
  { descry }: Session,
): SearchFilter {
  const filter: SearchFilter = {};
  if (after !== undefined) filter.from = dayOf('after', after, descry).from!;
  if (before !== undefined) filter.to = dayOf('before', before, descry).to!;
  if (months !== undefined) filter.months = monthsOf(months);
  if (country !== undefined) {
    const code = /^[a-z]{2}$/i.test(country) ? country.toUpperCase() : undefined;
    const known = descry.gazetteer.country(country) ?? (code && isCountry(code) ? code : undefined);
    if (known === undefined) throw usage(`--country: there is no country "${country}".`);
    filter.country = known;
  }
  if (near !== undefined) {
    const place = descry.gazetteer.named(near, filter.country)[0];
    if (!place) throw usage(`--near: no place named "${near}" is known${filter.country ? ' in that country' : ''}.`);
    filter.place = place;
    filter.near = true;
    filter.country ??= place.country;
  }
  if (camera !== undefined) filter.camera = camera;
  if (kind !== undefined) filter.kind = kind;
  return filter;
}

/** As in a sentence: "after 2015" begins 2016, "before 2010" ends 2009. */
function dayOf(word: 'after' | 'before', text: string, { gazetteer }: Session['descry']): SearchFilter {
  const options = { now: today(), gazetteer, cameras: [], folders: [], literal: [] };
  const { description, filter } = understand(`${word} ${text}`, options);
  if (description === '' && filter[word === 'after' ? 'from' : 'to'] !== undefined) return filter;
  throw usage(`--${word}: "${text}" is no date. Write one as 2014, 2014-07 or 2014-07-31.`);
}

const monthNames = Array.from({ length: 12 }, (_, i) =>
  new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2000, i, 1)).toLowerCase(),
);

/** "7", "6,7,8", "june, july", "6-8", "11-2" */
function monthsOf(text: string): number[] {
  const month = (word: string): number => {
    const name = word.trim().toLowerCase();
    const at = /^\d+$/.test(name)
      ? Number(name)
      : monthNames.findIndex((m) => name.length > 2 && m.startsWith(name)) + 1;
    if (at >= 1 && at <= 12) return at;
    throw usage(`--months: "${word.trim()}" is no month. Write them as 6,7,8 or june,july.`);
  };
  const months = text.split(',').flatMap((part) => {
    const [first, last] = part.split('-').map(month) as [number, number | undefined];
    const length = ((((last ?? first) - first) % 12) + 12) % 12;
    return Array.from({ length: length + 1 }, (_, i) => ((first - 1 + i) % 12) + 1);
  });
  return [...new Set(months)];
}

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const isCountry = (code: string): boolean => regions.of(code) !== undefined;

/** A photo of the library is known by its path; another file is opened. */
async function examplesOf(files: readonly string[], { descry }: Session): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of files) {
    const known = descry.store.photos.byPath(path.resolve(file))?.content;
    if (known != null) examples.push({ content: known });
    else examples.push({ picture: await descry.search.addPicture({ path: path.resolve(file) }) });
  }
  return examples;
}

const usage = (message: string) => new DescryError('usage', message);

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
