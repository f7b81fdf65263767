/** `explain`: what a sentence means. It needs no weights, no index and no library; a library's cameras and folders are known. */
import { Gazetteer } from '../services/places/gazetteer.ts';
import { requireSentence } from '../services/search/search.ts';
import { namesOfLibrary, today } from '../services/understanding/names.ts';
import { understand } from '../services/understanding/understand.ts';
import type { Terminal } from './terminal.ts';
import { meaning, meaningRows } from './understood-texts.ts';

export async function explain(
  sentence: string,
  { home, now = today() }: { readonly home?: string; readonly now?: string },
  out: Terminal,
): Promise<void> {
  requireSentence(sentence);
  const gazetteer = Gazetteer.open();
  const understood = understand(sentence, { now, gazetteer, ...namesOfLibrary(home), literal: [] });
  out.result(meaning(understood), () =>
    meaningRows(understood, gazetteer)
      .map(([name, text]) => `${name.padEnd(9)} ${text}`)
      .join('\n'),
  );
}
