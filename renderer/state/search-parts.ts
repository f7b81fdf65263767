/** What a search is limited by, aspect by aspect, and its words in the sentence. */
import type { SearchFilter, SearchForm, UnderstoodPart } from '../../electron/ipc/contract.ts';
import { filterAspects, only, type FilterAspect } from '../../electron/ipc/filter-aspects.ts';

/** A filter that was set by hand as parts: what is shown of it where there is no answer that names them. */
export const partsOf = (filter: SearchFilter): UnderstoodPart[] =>
  filterAspects
    .map((aspect) => ({ aspect, at: null, filter: only(filter, aspect), not: null, without: null }))
    .filter((part) => Object.keys(part.filter).length > 0);

/** The limits of all parts together. */
export const filterOf = (parts: readonly UnderstoodPart[]): SearchFilter =>
  Object.assign({}, ...parts.map(({ filter }) => filter)) as SearchFilter;

/** The parts with that of one aspect replaced, in its place; no fields: without it. */
export function replaced(
  parts: readonly UnderstoodPart[],
  aspect: FilterAspect,
  fields: SearchFilter,
): UnderstoodPart[] {
  const at = parts.findIndex((part) => part.aspect === aspect);
  const others = parts.filter((part) => part.aspect !== aspect);
  return others.toSpliced(at === -1 ? others.length : at, 0, ...partsOf(fields));
}

/** The sentence without the words from `start` to `end`, and without the comma or gap that they leave. */
export const withoutWords = (text: string, [start, end]: readonly [number, number]): string =>
  `${text.slice(0, start)} ${text.slice(end)}`
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,;.!?])/g, '')
    .replace(/^[\s,;]+|(?<![\s,;])[\s,;]+$/g, '');

/** Those of the taken-back words that the sentence still has. */
export const stillSaid = (literal: readonly string[], text: string): readonly string[] => {
  const said = text.toLowerCase();
  return literal.every((words) => said.includes(words.toLowerCase()))
    ? literal
    : literal.filter((words) => said.includes(words.toLowerCase()));
};

/** Equal for equal searches; '' for one that asks for nothing, which shows all photos. */
export function searchKey({ text, filter, literal, like, order }: SearchForm): string {
  const sorted = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
  const words = text.trim();
  if (words === '' && sorted.length === 0 && like.length === 0) return '';
  return JSON.stringify([words, sorted, literal, like, order]);
}

/**
 * Where words of an answer stand in the field now; null: nowhere.
 * @param at in `asked`, the sentence of the answer, which is without the gaps around it, and perhaps an earlier one
 */
export function placeInText(at: readonly [number, number], asked: string, text: string): [number, number] | null {
  const start = asked === text.trim() ? text.indexOf(asked) + at[0] : text.indexOf(asked.slice(...at));
  return start === -1 || at[1] <= at[0] ? null : [start, start + at[1] - at[0]];
}
