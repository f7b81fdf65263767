/**
 * Captions of photos without captions, guessed from the classes that a photo network sees in them: "a tabby cat", for photos of
 * whose class the network is certain. They teach words that captions hardly have (docs/experiments.md).
 */
import { softmax } from '../math/softmax.ts';
import { namesOfClasses, type ClassNames } from './class-names.ts';

/** Least probability of the likeliest class, and of a second one that is named beside it. */
const certain = 0.3;
const alsoSeen = 0.12;

export interface GuessedCaptions {
  readonly captions: readonly string[];
  /** probability of the likeliest class */
  readonly certainty: number;
}

/**
 * @param logits of one photo [classes]
 * @returns null where the network is not certain
 */
export function guessCaptions(logits: Float32Array, names: readonly string[]): GuessedCaptions | null {
  const probabilities = softmax(Float64Array.from(logits));
  const [first, second] = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!);
  const certainty = probabilities[first!]!;
  if (!(certainty > certain)) return null;
  const named = (place: number) => withArticle(names[place]!);
  const captions = [named(first!), `a photo of ${named(first!)}`];
  if (second !== undefined && probabilities[second]! > alsoSeen) captions.push(`${named(first!)} and ${named(second)}`);
  return { captions, certainty };
}

/** The usual name of each class, in lower case. */
export const usualNames = (names: ClassNames): string[] =>
  namesOfClasses(names).map((own) => own[0]!.names[0]!.toLowerCase());

const withArticle = (name: string) => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
