/** In which folder: a name of one of the library's folders where its use says so. */
import type { Sentence, Span } from './sentence.ts';
import { months, seasons } from './calendar.ts';

interface Named {
  readonly words: readonly string[];
  readonly folder: string;
}

/**
 * Claims the folder of a sentence: "in the folder Norway", "folder: Norway", "in my Norway folder"; and a name of several words after "in" or
 * "from" that says more than a place and a time ("from Trip 2019").
 *
 * @param folders absolute, or names alone
 */
export function findFolder(sentence: Sentence, folders: readonly string[]): void {
  const named = folders
    .map((folder) => ({ folder, name: folder.split(/[\\/]/).filter(Boolean).at(-1) ?? '' }))
    .map(({ folder, name }): Named => ({ folder, words: wordsOf(name) }))
    .filter(({ words }) => words.length > 0)
    // the longest name; of equal ones the folder that lies highest
    .sort((a, b) => b.words.length - a.words.length || a.folder.length - b.folder.length);
  for (let i = 0; named.length > 0 && i < sentence.words.length; i++) {
    const found = afterWord(sentence, named, i) ?? beforeWord(sentence, named, i) ?? byName(sentence, named, i);
    if (!found || sentence.isNegated(found.span.start)) continue;
    sentence.claim(found.span, 'folder', { folder: found.folder });
    return;
  }
}

interface Use {
  readonly span: Span;
  readonly folder: string;
}

const isLead = (word: string) => /^(in|from|inside|of|within)$/.test(word);
const isFolder = (word: string) => /^(folder|directory|album)$/.test(word);

/** "in the folder Norway", "folder Norway", "folder: Norway" */
function afterWord(sentence: Sentence, named: readonly Named[], i: number): Use | undefined {
  let k = isLead(sentence.at(i)) ? i + 1 : i;
  if (/^(the|my|our)$/.test(sentence.at(k)) && k > i) k += 1;
  if (!isFolder(sentence.at(k))) return undefined;
  k += 1;
  while (/^(:|called|named|"|“|')$/.test(sentence.at(k))) k += 1;
  const found = named.find((name) => standsAt(sentence, k, name) !== undefined);
  if (!found) return undefined;
  const end = standsAt(sentence, k, found)!;
  return { span: { start: i, end: /^["”']$/.test(sentence.at(end)) ? end + 1 : end }, folder: found.folder };
}

/** "in my Norway folder", "the Norway folder" */
function beforeWord(sentence: Sentence, named: readonly Named[], i: number): Use | undefined {
  let k = isLead(sentence.at(i)) ? i + 1 : i;
  if (/^(the|my|our)$/.test(sentence.at(k))) k += 1;
  if (k === i) return undefined;
  const found = named.find((name) => isFolder(sentence.at(standsAt(sentence, k, name) ?? -1)));
  return found && { span: { start: i, end: standsAt(sentence, k, found)! + 1 }, folder: found.folder };
}

/** "from Trip 2019" */
function byName(sentence: Sentence, named: readonly Named[], i: number): Use | undefined {
  if (!/^(in|from)$/.test(sentence.at(i))) return undefined;
  const found = named.find((name) => {
    const end = standsAt(sentence, i + 1, name);
    const own = name.words.filter((word) => !/^\d+$/.test(word) && !months.has(word) && !seasons.has(word));
    return (
      end !== undefined &&
      sentence.endsBefore(end) &&
      name.words.length > 1 &&
      own.length < name.words.length &&
      isOwnName(own)
    );
  });
  return found && { span: { start: i, end: standsAt(sentence, i + 1, found)! }, folder: found.folder };
}

/** What is left of a name without its numbers is a word that no place has: "Trip 2019", but not "Norway 2019". */
const isOwnName = (own: readonly string[]) =>
  own.some((word) =>
    /^(trip|holiday|holidays|vacation|wedding|birthday|party|photos|pictures|scans|import|imports|camera|phone|backup|dcim|album|project)$/.test(
      word,
    ),
  );

const wordsOf = (name: string) => name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** @returns the word after a folder's name, if it stands at word `i` */
function standsAt(sentence: Sentence, i: number, { words }: Named): number | undefined {
  let found: string[] = [];
  for (let k = i; found.length < words.length; k++) {
    const word = sentence.at(k);
    if (word === '') return undefined;
    const more = wordsOf(word);
    if (more.length === 0 && !/^[-_.,&()]$/.test(word)) return undefined;
    found = [...found, ...more];
    if (found.length >= words.length) return found.join(' ') === words.join(' ') ? k + 1 : undefined;
  }
  return undefined;
}
