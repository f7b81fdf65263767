/** A sentence while its parts are being found: which words are free, which are claimed by a part. */
import type { SearchFilter, UnderstoodPart } from '../../ipc/contract.ts';
import {
  beginsAnother,
  isCapital,
  isIng,
  negations,
  photoNouns,
  prepositions,
  splitWords,
  takenWords,
  type Word,
} from './words.ts';

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
    // "Photos Of Dogs In Paris"; not "in Palm Springs"
    const short = names.filter(({ lower }) => lower.length < 4).length;
    this.capitalsMeanNothing =
      names.length > 3 && isCapital(names[0]!) && capitals >= names.length - short && capitals * 2 > names.length;
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

  /**
   * The word that negates what starts at word `i`: "not in", "except the ones from", "aren't taken in", "everything but"; -1 where
   * it is negated in part only ("not only in"), and undefined where it is not negated.
   */
  negationOf(i: number): number | undefined {
    let k = i - 1;
    const partly = /^(only|just|necessarily|always|all|simply|even|solely)$/.test(this.at(k));
    if (partly) k -= 1;
    while (k >= 0 && this.#state[k] === 'free' && this.#leadsOn(k)) k -= 1;
    const word = this.words[k];
    if (word === undefined || this.#state[k] === 'literal') return undefined;
    const isNegation =
      negations.has(word.lower) ||
      word.lower.endsWith("n't") ||
      (word.mark && /^[-−]$/.test(word.text) && word.spaceBefore && k === i - 1) ||
      (word.lower === 'but' && this.#isAllBefore(k));
    if (!isNegation) return undefined;
    return partly && !/^(all|only)$/.test(this.at(i - 1)) ? -1 : partly && word.lower === 'not' ? -1 : k;
  }

  isNegated(i: number): boolean {
    return this.negationOf(i) !== undefined;
  }

  /** Between a negation and what it negates: "except for the ones that were taken" */
  #leadsOn(k: number): boolean {
    const { lower } = this.words[k]!;
    if (/^(no|not)$/.test(lower)) return false;
    return (
      photoNouns.has(lower) ||
      takenWords.has(lower) ||
      (lower === 'for' && this.at(k - 1) === 'except') ||
      (/^(from|in|of)$/.test(lower) &&
        (this.at(k - 1) === 'apart' || /^(not|except|excluding)$/.test(this.at(k - 1)))) ||
      /^(a|an|the|any|all|my|our|those|these|ones|that|which|were|was|are|is|i|we|took|of|anything|everything)$/.test(
        lower,
      )
    );
  }

  /** "everything but", "all photos but" */
  #isAllBefore(k: number): boolean {
    const before = this.at(k - 1);
    return (
      /^(everything|anything|all|everywhere|anywhere)$/.test(before) ||
      (photoNouns.has(before) && /^(all|any|every|my)$/.test(this.at(k - 2)))
    );
  }

  /** Whether a phrase may end before word `i`. */
  endsBefore(i: number): boolean {
    return this.isClaimed(i) || beginsAnother(this.words[i]) || this.#isLastAdverb(i);
  }

  /** Whether a part of the sentence starts at word `i`: the sentence, or what follows punctuation or another part. */
  startsSegment(i: number): boolean {
    const before = this.words[i - 1];
    return (
      before === undefined || this.isClaimed(i - 1) || this.#separates(i - 1) || (i === 1 && before.lower === 'only')
    );
  }

  /** Whether a part of the sentence ends before word `i`. */
  endsSegment(i: number): boolean {
    const word = this.words[i];
    return word === undefined || this.isClaimed(i) || this.#separates(i) || this.#isLastAdverb(i);
  }

  /** "Italy only", "dogs in Paris please" */
  #isLastAdverb(i: number): boolean {
    return i === this.words.length - 1 && /^(only|please|pls)$/.test(this.words[i]!.lower);
  }

  /** Whether words `start` to `end` are the first or the last part of the sentence; one in the middle is of a list. */
  isOuter({ start, end }: Span): boolean {
    const outside = (i: number) => this.isClaimed(i) || this.words[i]!.mark || photoNouns.has(this.words[i]!.lower);
    return this.words.every((_, i) => i >= start || outside(i)) || this.words.every((_, i) => i < end || outside(i));
  }

  /** Whether a photo is said to be taken here: "photos taken in Paris", but not "a boy having his picture taken". */
  isTaken(i: number): boolean {
    return (
      takenWords.has(this.at(i)) && !this.isOrigin(i + 1) && (!photoNouns.has(this.at(i - 1)) || this.photosBefore(i))
    );
  }

  /** Whether word `i` leads to where or when something was made, and not the photo: "made in China", "born in 2015". */
  isOrigin(i: number): boolean {
    const before = this.at(i - 1);
    return (
      /^(born|built|invented|founded|printed|manufactured|produced|brewed)$/.test(before) ||
      (before === 'made' && !this.photosBefore(i - 1))
    );
  }

  /** Text in quotation marks is what is written on something. */
  keepQuoted(): void {
    let open = -1;
    this.words.forEach(({ text }, i) => {
      if (!/^["“”„]$/.test(text)) return;
      if (open < 0) open = i;
      else {
        for (let k = open; k <= i; k++) if (this.#state[k] === 'free') this.#state[k] = 'literal';
        open = -1;
      }
    });
  }

  #separates(i: number): boolean {
    if (!/^[,;:.!?…()|–—/]$/.test(this.words[i]!.text)) return false;
    return !(this.words[i]!.text === '.' && /^(st|mt|dr|mr|mrs|no)$/.test(this.words[i - 1]?.lower ?? ''));
  }

  /** Whether the photos themselves are named right before word `i`: "all my photos", "wedding pictures taken"; not "a man with a picture". */
  photosBefore(i: number): boolean {
    let at = i - 1;
    while (
      at >= 0 &&
      /^(that|were|was|are|i|we|me|by|took|taken|shot|made|captured|photographed|dated)$/.test(this.words[at]!.lower) &&
      !photoNouns.has(this.words[at]!.lower)
    )
      at -= 1;
    if (
      at < 0 ||
      !(photoNouns.has(this.words[at]!.lower) || /^(everything|screenshots?|panoramas?)$/.test(this.words[at]!.lower))
    )
      return false;
    for (at -= 1; at >= 0 && !this.startsSegment(at + 1); at--) {
      const { lower } = this.words[at]!;
      if ((prepositions.has(lower) && lower !== 'for') || isIng(lower) || /^(a|an|his|her|their|its)$/.test(lower))
        return false;
    }
    return true;
  }

  /** The words as they are written. */
  slice({ start, end }: Span): string {
    if (start >= end) return '';
    return this.text.slice(this.words[start]!.start, this.words[end - 1]!.end);
  }

  /** Words that stay a description: no part may take them. */
  keep({ start, end }: Span): void {
    for (let i = start; i < end; i++) if (this.#state[i] === 'free') this.#state[i] = 'literal';
  }

  /** Makes a part of these words; those that are given as description stay free to go to the text encoder. */
  claim(span: Span, aspect: UnderstoodPart['aspect'], filter: SearchFilter, not: string | null = null): void {
    for (let i = span.start; i < span.end; i++) this.#state[i] = 'claimed';
    const at: [number, number] = [this.words[span.start]!.start, this.words[span.end - 1]!.end];
    this.parts.push({ aspect, at, filter, not, without: null });
  }
}
