/** Finds a token's words in a vocabulary: whole, without accents, in parts, or in another inflection. */
import { baseForms } from './spelling.ts';
import { partsOf, withoutAccents } from './tokenizer.ts';

export type HasWord = (word: string) => boolean;

/** The result for one token. */
export interface Lookup {
  /** words of the vocabulary, in order */
  readonly known: string[];
  /** parts of the token that the vocabulary lacks in every form; a token that is not a compound is its only part */
  readonly unknown: string[];
}

/** The vocabulary's word for a token as a whole. */
function lookUpWhole(token: string, hasWord: HasWord): string | undefined {
  if (hasWord(token)) return token;
  const plain = withoutAccents(token);
  return plain !== token && hasWord(plain) ? plain : undefined;
}

/**
 * Whole first, because "t-shirt" means more than "t" and "shirt"; then closed up ("tee-shirt" → "teeshirt"); then part
 * by part; then singular, plural and other inflections of the same word.
 */
export function lookUp(token: string, hasWord: HasWord): Lookup {
  const whole = lookUpWhole(token, hasWord);
  if (whole !== undefined) return { known: [whole], unknown: [] };
  const parts = partsOf(token);
  if (parts.length > 1) {
    const closed = lookUpWhole(parts.join(''), hasWord);
    if (closed !== undefined) return { known: [closed], unknown: [] };
    const lookups = parts.map((part) => lookUp(part, hasWord));
    return { known: lookups.flatMap(({ known }) => known), unknown: lookups.flatMap(({ unknown }) => unknown) };
  }
  const base = baseForms(withoutAccents(token)).find(hasWord);
  return base === undefined ? { known: [], unknown: [token] } : { known: [base], unknown: [] };
}
