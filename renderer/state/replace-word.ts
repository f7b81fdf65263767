import type { UnknownWord } from '../../electron/ipc/contract.ts';

/** Replaces a word of the query, as typed in any case, by the suggested spelling. */
export function replaceWord(text: string, word: string, replacement: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu'), () => replacement);
}

/** The sentence with every suggestion taken; null without one. */
export function corrected(sentence: string, words: readonly UnknownWord[]): string | null {
  const known = words.filter(({ suggestion }) => suggestion !== null);
  if (known.length === 0) return null;
  return known.reduce((text, { word, suggestion }) => replaceWord(text, word, suggestion!), sentence).trim();
}
