/** What a model knows of words: from captions, by the classes of the image network, or by words of similar meaning only. */
import { functionWords } from '../text/function-words.ts';
import type { WordVectors } from '../text/word-vectors.ts';
import type { ClassIndex } from './class-names.ts';
import type { WordGroup, WordKnowledge } from './word-knowledge.ts';

/** A word in fewer training captions is hardly learnt: words in fewer are found half as well (docs/experiments.md). */
export const learntFrom = 20;
const examples = 12;
/** The words of the last group are looked for among so many, the most frequent ones of written English. */
const frequentWords = 20_000;

/**
 * @param counts in how many captions of the training photos each word is
 * @param index undefined: the model has no concepts
 */
export function knowledgeOf(
  counts: ReadonlyMap<string, number>,
  index: ClassIndex | undefined,
  vectors: WordVectors,
): WordKnowledge {
  const isLearnt = (word: string) => (counts.get(word) ?? 0) >= learntFrom;
  const learnt = [...counts.keys()]
    .filter((word) => isLearnt(word) && !functionWords.has(word))
    .sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  // Names without a vector, of several words mostly, stand last.
  const rank = (word: string) => (vectors.has(word) ? vectors.rank(word) : vectors.size);
  const byClasses = (index?.words() ?? [])
    .filter((word) => !isLearnt(word))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const bySimilar: string[] = [];
  for (let place = 0; place < Math.min(frequentWords, vectors.size); place++) {
    const word = vectors.word(place);
    if (/^[a-z]{3,}$/.test(word) && !functionWords.has(word) && !isLearnt(word) && !index?.find(word))
      bySimilar.push(word);
  }
  return { learnt: group(learnt), byClasses: group(byClasses), bySimilar: group(bySimilar) };
}

const group = (words: readonly string[]): WordGroup => ({ count: words.length, examples: words.slice(0, examples) });
