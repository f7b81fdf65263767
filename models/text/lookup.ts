/** From a token to the words that a vocabulary knows it by: whole, without accents, in parts, or in another inflection. */
import { baseForms } from './spelling.ts';
import { partsOf, withoutAccents } from './tokenizer.ts';

export type Knows = (word: string) => boolean;

/** What a vocabulary makes of one token. */
export interface Lookup {
  /** words of the vocabulary, in order */
  readonly known: string[];
  /** parts of the token that the vocabulary has in no form; a token that is no compound is its own only part */
  readonly unknown: string[];
}

/** The vocabulary's word for a token that is not taken apart. */
function lookUpWhole(token: string, knows: Knows): string | undefined {
  if (knows(token)) return token;
  const plain = withoutAccents(token);
  return plain !== token && knows(plain) ? plain : undefined;
}

/**
 * Whole first, because "t-shirt" means more than "t" and "shirt"; then closed up ("tee-shirt" → "teeshirt"); then part
 * by part; then singular, plural and other inflections of the same word.
 */
export function lookUp(token: string, knows: Knows): Lookup {
  const whole = lookUpWhole(token, knows);
  if (whole !== undefined) return { known: [whole], unknown: [] };
  const parts = partsOf(token);
  if (parts.length > 1) {
    const closed = lookUpWhole(parts.join(''), knows);
    if (closed !== undefined) return { known: [closed], unknown: [] };
    const lookups = parts.map((part) => lookUp(part, knows));
    return { known: lookups.flatMap(({ known }) => known), unknown: lookups.flatMap(({ unknown }) => unknown) };
  }
  const base = baseForms(withoutAccents(token)).find(knows);
  return base === undefined ? { known: [], unknown: [token] } : { known: [base], unknown: [] };
}
