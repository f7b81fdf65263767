/** `search`: one sentence, filters, examples, or many sentences of a file. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { DescryError, errorCode } from '../../models/errors.ts';
import { FileRefused } from '../../models/files/regular-file.ts';
import type { PhotoKind, Ranking, SearchForm, SearchOrder } from '../ipc/contract.ts';
import { countLevels, levelOf, likelihood, plural } from '../ipc/format.ts';
import { existingPaths } from '../services/library/existing-path.ts';
import { requireSentence } from '../services/search/search.ts';
import { terminalText } from './error-texts.ts';
import { filterOf } from './filter-options.ts';
import { examplesOf, unreadable } from './files.ts';
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
  /** show the numbers, too */
  readonly explain?: boolean;
  /** file with one sentence a line */
  readonly queries?: string;
}

export async function search(sentence: string | undefined, options: SearchCommand, session: Session): Promise<void> {
  const { descry } = session;
  const sentences = await sentencesOf(sentence, options);
  // All that can be wrong with the command is said before a folder is indexed.
  const filter = filterOf(options, descry.gazetteer);
  const among = options.folder === undefined ? undefined : await photosBelow(options.folder, session);
  if (among === undefined && descry.store.photos.count() === 0) {
    throw new DescryError('no-photos', 'The library is empty. Index your photos first: descry index FOLDER.');
  }
  await descry.library.look();
  const like = await examplesOf(options.like ?? [], session);
  const { not = [], sort, explain = false } = options;
  const told = tellOfWaiting(session);
  for (const text of sentences) {
    session.signal.throwIfAborted();
    const literal = options.literal ? [text] : [];
    const form: SearchForm = { text, filter, literal, not: [...not], like, order: sort };
    await answer(form, { limit: options.top, among, many: options.queries !== undefined, explain }, session);
  }
  // A model that came with a new version of the program was loaded by the search: all photos wait for it then.
  if (!told) tellOfWaiting(session);
}

async function answer(
  form: SearchForm,
  { limit, among, many, explain }: { limit: number; among: Set<number> | undefined; many: boolean; explain: boolean },
  session: Session,
): Promise<void> {
  const { out } = session;
  try {
    const ranking = await session.descry.search.query(form, { limit, among });
    const result = resultOf(ranking, session);
    const shown = { explain, isLike: form.like.length > 0 };
    out.result(result, () => [...(many ? [form.text] : []), ...linesOf(ranking, result, shown, session)].join('\n'));
  } catch (error) {
    // One sentence of a file that cannot be answered leaves its line to its error.
    if (!many || errorCode(error) === 'cancelled') throw error;
    const message = terminalText(error);
    out.result({ query: form.text, error: { code: errorCode(error), message } }, () => `${form.text}\n${message}`);
  }
}

function resultOf(ranking: Ranking, { descry }: Session) {
  const paths = existingPaths(descry.store, ranking.ids);
  const { query, unknownWords, hardlyKnownWords, model, order, tookMs, understood } = ranking;
  return {
    query,
    understood: meaning(understood),
    unknownWords,
    hardlyKnownWords,
    tookMs: round(tookMs, 1),
    model,
    order,
    /** photos that the filters leave */
    ranked: ranking.ranked,
    goodMatches: ranking.goodMatches,
    /** how many of the results are on each level of certainty; null: the model cannot tell */
    matches: ranking.relevance.length > 0 ? countLevels(ranking.relevance) : null,
    results: paths.map((path, i) => ({
      rank: i + 1,
      path,
      /** null: whole, as far as is known */
      damage: descry.store.photos.information(ranking.ids[i]!)?.damage ?? null,
      // null: nothing is described that photos could be ranked by
      score: i < ranking.scores.length ? round(ranking.scores[i]!, 4) : null,
      relevance: i < ranking.relevance.length ? round(ranking.relevance[i]!, 4) : null,
      match: i < ranking.relevance.length ? levelOf(ranking.relevance[i]!) : null,
    })),
  };
}

function linesOf(
  ranking: Ranking,
  { results }: ReturnType<typeof resultOf>,
  { explain, isLike }: { explain: boolean; isLike: boolean },
  { descry }: Session,
): string[] {
  const { understood, unknownWords, hardlyKnownWords } = ranking;
  const bySimilar = hardlyKnownWords.filter(({ by }) => by === 'similar').map(({ word }) => `"${word}"`);
  const emptied = understood.parts.filter(({ without }) => without !== null && without > 0);
  return [
    ...unknownWords.map(({ word, suggestion }) =>
      suggestion ? `"${word}" is not known; did you mean "${suggestion}"?` : `"${word}" is not known.`,
    ),
    ...(bySimilar.length > 0
      ? [`${bySimilar.join(', ')} ${bySimilar.length === 1 ? 'is' : 'are'} known only by words of similar meaning.`]
      : []),
    ...(understood.parts.length > 0 ? [`Understood as ${meaningInWords(understood, descry.gazetteer)}`] : []),
    ...(explain && results.some(({ score, relevance }) => score !== null && relevance === null)
      ? [onlyScores(ranking, isLike)]
      : []),
    ...results.map((result) => `${String(result.rank).padStart(3)}  ${matchText(result, explain)}${result.path}`),
    ...(results.length === 0 ? [understood.parts.length > 0 ? 'No photo fits all of it.' : noneIndexed] : []),
    ...(results.length === 0
      ? emptied.map((part) => `Without ${partInWords(part, descry.gazetteer)}: ${plural(part.without!, 'photo')}`)
      : []),
  ];
}

/** Why there is no probability of a match. */
const onlyScores = ({ model }: Ranking, isLike: boolean) =>
  isLike
    ? 'Photos like others have scores, which only rank them, and no probability of a match.'
    : `The model ${model} gives no probability of a match: the numbers are scores, which only rank photos.`;

/** A word for how sure the match is; the numbers on demand, and where there is no word. */
function matchText(
  { match, relevance, score }: ReturnType<typeof resultOf>['results'][number],
  explain: boolean,
): string {
  if (score === null) return '';
  const columns = [
    ...(match === null ? [] : [match.padEnd(8)]),
    ...(explain && relevance !== null ? [likelihood(relevance).padStart(4)] : []),
    ...(explain || match === null ? [score.toFixed(3)] : []),
  ];
  return `${columns.join('  ')}  `;
}

const noneIndexed = 'No photo there is indexed.';

/** @returns whether photos wait */
function tellOfWaiting({ descry, out }: Session): boolean {
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
  return waiting + outdated > 0;
}

/** @throws DescryError `usage`, `query-too-long`, `not-found` */
async function sentencesOf(sentence: string | undefined, { queries }: SearchCommand): Promise<string[]> {
  if (queries !== undefined) {
    const text = await textOf(queries === '-' ? process.stdin : createReadStream(queries)).catch((error: unknown) => {
      throw unreadable(error, path.resolve(queries), 'a text file with one sentence a line');
    });
    // A line is a sentence, so that the answers can be told apart by their order; an empty last line is the file's end.
    const lines = text
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '')
      .split(/\r?\n/);
    return text === '' ? [] : lines;
  }
  requireSentence(sentence ?? '');
  return [sentence ?? ''];
}

/** A million sentences of 64 bytes. */
const mostQueryBytes = 64_000_000;

/** Of a pipe, too; a device such as /dev/zero never ends. @throws FileRefused */
async function textOf(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostQueryBytes) throw new FileRefused(`it is longer than ${mostQueryBytes / 1e6} MB`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
