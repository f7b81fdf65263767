/** What a search asks for: the meaning of its sentence, and what is set by hand, which comes before it. */
import type { SearchFilter, SearchForm, Understood, UnderstoodPart } from '../../ipc/contract.ts';
import { filterAspects, only, type FilterAspect } from '../../ipc/filter-aspects.ts';

/** The meaning of a sentence. @param literal parts of it, in its own words, that stay a description */
export type Understand = (sentence: string, literal: readonly string[]) => Understood;

/** All of the sentence is a description. */
export const describeOnly: Understand = (sentence) => ({
  description: sentence.trim(),
  filter: {},
  not: [],
  parts: [],
});

/** A field set by hand replaces what the sentence says of the same aspect. */
export function planSearch(
  { text, filter, literal, not = [] }: Pick<SearchForm, 'text' | 'filter' | 'literal' | 'not'>,
  understand: Understand,
): Understood {
  const meant = text.trim() === '' ? describeOnly('', []) : understand(text, literal);
  const byHand = filterAspects.filter((aspect) => Object.keys(only(filter, aspect)).length > 0);
  const isByHand = (aspect: string) => byHand.includes(aspect as FilterAspect);
  const kept = filterAspects.filter((aspect) => !isByHand(aspect)).map((aspect) => only(meant.filter, aspect));
  const parts: UnderstoodPart[] = byHand.map((aspect) => ({
    ...{ aspect, at: null, filter: only(filter, aspect), not: null, without: null },
  }));
  return {
    description: meant.description,
    filter: Object.assign({}, ...kept, filter) as SearchFilter,
    not: [...meant.not, ...not],
    parts: [
      ...meant.parts.filter(({ aspect }) => !isByHand(aspect)),
      ...parts,
      ...not.map((text): UnderstoodPart => ({ aspect: 'not', at: null, filter: {}, not: text, without: null })),
    ],
  };
}

/** The search without one of its parts: what the others ask for. */
export function withoutPart(
  { filter, not, parts }: Understood,
  left: UnderstoodPart,
): Pick<Understood, 'filter' | 'not'> {
  if (left.aspect === 'not') {
    const at = not.indexOf(left.not ?? '');
    return { filter, not: not.filter((_, i) => i !== at) };
  }
  const dropped = Object.keys(left.filter);
  const others = parts.filter((part) => part !== left).map((part) => part.filter);
  const rest = Object.fromEntries(Object.entries(filter).filter(([name]) => !dropped.includes(name)));
  return { filter: Object.assign({}, ...others, rest) as SearchFilter, not };
}
