/**
 * A sentence → what is seen (for the text encoder), when, where, with which camera, of which kind, in which folder, and what must
 * not be seen.
 *
 * In doubt a word stays a description: a filter that was not meant hides photos, a description that was not meant only ranks
 * them. The rules are in docs/search.md.
 */
import type { SearchFilter, Understood, UnderstoodPart } from '../../ipc/contract.ts';
import type { Gazetteer } from '../places/gazetteer.ts';
import { findCamera } from './camera.ts';
import { describe } from './description.ts';
import { withEmojiWords } from './emoji.ts';
import { findFavourite } from './favourite.ts';
import { findFolder } from './folder.ts';
import { findKind } from './kind.ts';
import { findNot } from './not.ts';
import { Sentence } from './sentence.ts';
import { findWhen } from './when.ts';
import { findWhere } from './where.ts';

export interface UnderstandOptions {
  /** the day it is asked, YYYY-MM-DD */
  readonly now: string;
  readonly gazetteer: Gazetteer;
  /** the library's cameras, as in EXIF: maker and model */
  readonly cameras: readonly string[];
  /** the library's folders, absolute */
  readonly folders: readonly string[];
  /** parts of the sentence, in its own words, that stay a description */
  readonly literal: readonly string[];
}

export function understand(text: string, { now, gazetteer, cameras, folders, literal }: UnderstandOptions): Understood {
  const sentence = new Sentence(text, literal);
  findFolder(sentence, folders);
  sentence.keepQuoted();
  findWhen(sentence, now);
  findFavourite(sentence);
  findKind(sentence);
  findWhere(sentence, gazetteer);
  // beside a place a year is one of a list: "2019 italy"
  if (sentence.parts.some(({ aspect }) => aspect === 'where')) findWhen(sentence, now);
  findCamera(sentence, cameras);
  findNot(sentence);
  const parts = sentence.parts
    .map((part): UnderstoodPart =>
      part.not === null
        ? part
        : { ...part, not: withEmojiWords(part.not === 'nobody' || part.not === 'no-one' ? 'people' : part.not) },
    )
    .sort((a, b) => a.at![0] - b.at![0]);
  return {
    description: withEmojiWords(describe(sentence)),
    filter: parts.reduce<SearchFilter>((all, { filter }) => ({ ...all, ...filter }), {}),
    not: parts.flatMap(({ not }) => (not === null ? [] : [not])),
    parts,
  };
}
