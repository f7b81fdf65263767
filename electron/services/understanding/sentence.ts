/** A sentence while its parts are being found: which words are free, which are claimed by a part. */
import type { SearchFilter, UnderstoodPart } from '../../ipc/contract.ts';
import { fillers } from './fillers.ts';
import { beginsAnother, isCapital, negations, photoNouns, splitWords, type Word } from './words.ts';

/** Words `start` to `end` (not included). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export class Sentence {
  readonly text: string;
  readonly words: readonly Word[];
  readonly parts: UnderstoodPart[] = [];
  /** capital letters say nothing: all words have them, or are written in them */
  readonly capitalsMeanNothing: boolean;
  /** for each word: free, a description because the user took it back, or claimed by a part */
  readonly #state: ('free' | 'literal' | 'claimed')[];

  /** @param literal parts that stay a description, in the sentence's own words */
  constructor(text: string, literal: readonly string[] = []) {
    this.text = text;
    this.words = splitWords(text);
    this.#state = this.words.map(() => 'free');
    const names = this.words.filter(({ mark, lower }) => !mark && /^\p{L}/u.test(lower));
    const capitals = names.filter(isCapital).length;
    this.capitalsMeanNothing = names.length > 2 && capitals >= names.length - names.filter(({ lower }) => lower.length < 4).length && capitals * 2 > names.length;
    const lower = text.toLowerCase();
    for (const part of literal) {
      const wanted = part.trim().toLowerCase();
      if (wanted === '') continue;
      for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
        this.words.forEach((word, i) => {
          if (word.start < at + wanted.length && word.end > at) this.#state[i] = 'literal';
        });
      }
    }
  }

  word(i: number): Word | undefined {
    return this.words[i];
  }

  /** The word in lower case; '' where there is none, or it is not free. */
  at(i: number): string {
    return this.#state[i] === 'free' ? this.words[i]!.lower : '';
  }

  isFree({ start, end }: Span): boolean {
    for (let i = start; i < end; i++) if (this.#state[i] !== 'free') return false;
    return start >= 0 && end <= this.words.length && start < end;
  }

  isClaimed(i: number): boolean {
    return this.#state[i] === 'claimed';
  }

  /** Whether what stands before word `i` negates it. */
  isNegated(i: number): boolean {
    const before = this.words[i - 1];
    if (before === undefined || this.#state[i - 1] === 'literal') return false;
    return negations.has(before.lower) || before.lower.endsWith("n't") || (before.mark && before.text === '-' && before.spaceBefore);
  }

  /** Whether a phrase may end before word `i`. */
  endsBefore(i: number): boolean {
    return this.isClaimed(i) || beginsAnother(this.words[i]);
  }

  /** Whether a part of the sentence starts at word `i`: the sentence, or what follows punctuation or another part. */
  startsSegment(i: number): boolean {
    const before = this.words[i - 1];
    return before === undefined || this.isClaimed(i - 1) || (before.mark && before.text !== '-' && before.text !== "'");
  }

  /** Whether a part of the sentence ends before word `i`. */
  endsSegment(i: number): boolean {
    const word = this.words[i];
    return word === undefined || this.isClaimed(i) || (word.mark && word.text !== '-');
  }

  /** Whether nothing but words for photos stands before word `i` in its part of the sentence, and photos are named: "all my photos". */
  photosBefore(i: number): boolean {
    let named = false;
    let at = i - 1;
    for (; at >= 0 && !this.startsSegment(at + 1); at--) {
      const { lower } = this.words[at]!;
      if (photoNouns.has(lower) || lower === 'everything') named = true;
      else if (!fillers.has(lower)) return false;
    }
    return named;
  }

  /** The words as they are written. */
  slice({ start, end }: Span): string {
    if (start >= end) return '';
    return this.text.slice(this.words[start]!.start, this.words[end - 1]!.end);
  }

  /** Makes a part of these words; those that are given as description stay free to go to the text encoder. */
  claim(span: Span, aspect: UnderstoodPart['aspect'], filter: SearchFilter, not: string | null = null): void {
    for (let i = span.start; i < span.end; i++) this.#state[i] = 'claimed';
    const at: [number, number] = [this.words[span.start]!.start, this.words[span.end - 1]!.end];
    this.parts.push({ aspect, at, filter, not, without: null });
  }

  /** Removes words that neither describe nor filter. */
  drop(span: Span): void {
    for (let i = span.start; i < span.end; i++) this.#state[i] = 'claimed';
  }
}
