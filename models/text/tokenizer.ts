/**
 * Sentences to words, for training captions and queries alike.
 *
 * Compounds stay one token ("t-shirt", "o'clock"): whether a vocabulary has it whole, in parts or in another inflection is
 * decided at look-up (`lookUp`), because GloVe and the captions have different vocabularies.
 */
import { normalized } from '../files/normalized.ts';

/** Letters and digits of any script; a hyphen or apostrophe only between them. */
const words = /[\p{L}\p{M}\p{N}]+(?:['-][\p{L}\p{M}\p{N}]+)*/gu;

/** GloVe's 6B vocabulary, as wink publishes it, has no digits, and captions use both digits and words: numbers become words. */
const cardinals = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const otherNumbers = new Map([
  ['100', 'hundred'],
  ['1000', 'thousand'],
  ['1000000', 'million'],
  ['1st', 'first'],
  ['2nd', 'second'],
  ['3rd', 'third'],
  ['4th', 'fourth'],
  ['5th', 'fifth'],
  ['6th', 'sixth'],
  ['7th', 'seventh'],
  ['8th', 'eighth'],
  ['9th', 'ninth'],
  ['10th', 'tenth'],
]);

/** Contractions whose first part changes when the second becomes a separate word. */
const contractions = new Map([
  ["can't", ['can', 'not']],
  ["won't", ['will', 'not']],
  ["shan't", ['shall', 'not']],
  ["let's", ['let', 'us']],
]);
const verbEndings = new Map([
  ["'re", 'are'],
  ["'ve", 'have'],
  ["'ll", 'will'],
  ["'m", 'am'],
]);

/** "2" → "two", "23" → "twenty-three", "1st" → "first"; anything else as it is. */
export function numberWord(token: string): string {
  if (!/^\d+$/.test(token)) return otherNumbers.get(token) ?? token;
  const digits = token.replace(/^0+(?=\d)/, '');
  const value = Number(digits);
  if (value < 20) return cardinals[value]!;
  if (value < 100) return tens[Math.floor(value / 10)]! + (value % 10 === 0 ? '' : `-${cardinals[value % 10]!}`);
  return otherNumbers.get(digits) ?? digits;
}

function withoutApostrophe(token: string): string[] {
  if (!token.includes("'")) return [token];
  const contraction = contractions.get(token);
  if (contraction) return contraction;
  if (token.endsWith("n't")) return token.length === 3 ? ['not'] : [token.slice(0, -3), 'not'];
  if (token.endsWith("'s") || token.endsWith("'d")) return [token.slice(0, -2)];
  for (const [ending, verb] of verbEndings) {
    if (token.endsWith(ending)) return [token.slice(0, -ending.length), verb];
  }
  return [token];
}

/**
 * The words of a sentence in order: lower case, NFKC, without punctuation and possessives, numbers spelled out. The
 * same sentence gives the same words on every machine and in every locale. A sentence without a word gives [].
 */
export function tokenize(sentence: string): string[] {
  const text = normalized(sentence, 'NFKC')
    .toLowerCase()
    .replace(/[’‘ʼ`´]/g, "'")
    .replace(/[‐‑]/g, '-')
    .replace(/\u00ad/g, '')
    // Flickr30K's captions are tokenized: "a man 's hat", "does n't".
    .replace(/(?<!\s)\s+(?='(?:s|d|m|re|ve|ll)(?!\p{L})|n't(?!\p{L}))/gu, '')
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '');
  const tokens: string[] = [];
  for (const [match] of text.matchAll(words)) {
    for (const token of withoutApostrophe(match)) tokens.push(numberWord(token));
  }
  return tokens;
}

/** The parts of a compound: "t-shirt" → ["t", "shirt"]; of any other token the token itself. */
export function partsOf(token: string): string[] {
  return token.split(/['-]/).map(numberWord);
}

/** "café" → "cafe": most vocabularies have only one of the two. */
export function withoutAccents(token: string): string {
  return normalized(token, 'NFD').replace(/\p{M}/gu, '').normalize('NFC');
}
