/** What must not be seen: "without people", "no cars", "but not …", "-beach". */
import type { Sentence, Span } from './sentence.ts';
import {
  articles,
  conjunctions,
  determiners,
  isIng,
  photoNouns,
  prepositions,
  takenWords,
  written,
  type Word,
} from './words.ts';

/** "not only", "no longer", "no doubt": they negate nothing that is seen. */
const notAfterNot = new Set(
  'only just yet even so too quite sure far much very really necessarily merely long to be one know still before after until another seen shown pictured visible found'.split(
    ' ',
  ),
);
const notAfterNo = new Set(
  (
    'longer matter doubt more less other one way idea time end parking smoking entry entrance trespassing swimming fishing dumping diving ' +
    'running exit through outlet u-turn turn stopping standing hunting left right vacancy hurry and or evil'
  ).split(' '),
);
const signs = new Set(['sign', 'signs', 'symbol', 'symbols', 'sticker', 'zone', 'logo', 'poster']);
/** They may do something that belongs to what is negated: "without people swimming". */
const animate = new Set(
  'people person persons anyone anybody someone humans man men woman women child children kid kids boy boys girl girls dog dogs cat cats animal animals bird birds'.split(
    ' ',
  ),
);
/** What somebody does who is without something: "a man without a shirt sits". */
const verbs = new Set(
  (
    'sits stands walks runs plays holds rides works climbs looks poses smiles jumps fixes performs lays lies begins uses appears crouches ' +
    'sit stand walk run play perform lies lie stares leans kneels sleeps swims wrestles skates surfs throws kicks catches carries wears eats ' +
    'drinks reads sings dances takes makes gets goes is posing watches waits talks pushes pulls bends'
  ).split(' '),
);
const auxiliaries =
  /^(is|are|was|were|has|have|having|had|does|do|did|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|haven't)$/;

/**
 * Whether a time, place or camera is negated, so that it must not limit the search; it is then what must not be seen, in its own
 * words: the search understands them again ("not in Paris" leaves out the photos of Paris).
 *
 * @param span with the words that led to it: "taken in Paris"
 */
export function claimNegated(sentence: Sentence, { start, end }: Span): boolean {
  const negation = sentence.negationOf(start);
  if (negation === undefined) return false;
  if (negation < 0) sentence.keep({ start: start - 1, end });
  else {
    const first = takenWords.has(sentence.at(start)) ? start + 1 : start;
    claimNot(sentence, negation, { start: first, end });
  }
  return true;
}

/** Makes a text what must not be seen, with what led to it from the negation on. */
export function claimNot(sentence: Sentence, negation: number, text: Span): void {
  const start = withoutLead(sentence, negation);
  sentence.claim({ start, end: text.end }, 'not', {}, sentence.slice(text));
}

export function findNot(sentence: Sentence): void {
  for (let i = 0; i < sentence.words.length; i++) {
    const cue = cueAt(sentence, i);
    if (!cue) continue;
    const phrases = phrasesAfter(sentence, cue);
    if (phrases.length === 0) continue;
    let { start } = cue;
    phrases.forEach((phrase, k) => {
      // what joins two phrases belongs to the second one
      sentence.claim({ start, end: phrase.end }, 'not', {}, sentence.slice(phrase.text));
      start = phrase.end;
      if (k === phrases.length - 1) i = phrase.end - 1;
    });
  }
}

interface Cue {
  readonly start: number;
  /** the first word that is negated */
  readonly first: number;
  readonly kind: 'no' | 'not' | 'minus' | 'nobody';
}

function cueAt(sentence: Sentence, i: number): Cue | undefined {
  const at = (k: number) => sentence.at(k);
  const word = sentence.word(i)!;
  if (at(i) === '') return undefined;
  if (isMinus(sentence, i)) return { start: i, first: i + 1, kind: 'minus' };
  if (at(i) === 'w' && at(i + 1) === '/' && at(i + 2) === 'o') return { start: i, first: i + 3, kind: 'no' };
  if (at(i) === 'w/o') return { start: i, first: i + 1, kind: 'no' };
  if (written.test(at(i - 1)) || sentence.words.slice(0, i).some(({ lower }) => written.test(lower))) return undefined;
  // "everything but screenshots"
  if (at(i) === 'but' && sentence.negationOf(i + 1) === i) return { start: i, first: i + 1, kind: 'no' };
  const no =
    at(i) === 'no' || /^(without|excluding|except|minus)$/.test(at(i)) || (at(i) === 'apart' && at(i + 1) === 'from');
  if (no) {
    const first = /^(except for|apart from)$/.test(`${at(i)} ${at(i + 1)}`) ? i + 2 : i + 1;
    if (
      at(i) === 'no' &&
      (at(i - 1) === 'to' ||
        notAfterNo.has(at(first)) ||
        at(first) === '.' ||
        /^\d/.test(at(first)) ||
        at(i - 1) === 'in' ||
        at(i - 1) === 'or')
    )
      return undefined;
    if (at(i) === 'minus' && (i === 0 || !/^\p{L}/u.test(at(first)))) return undefined;
    return { start: withoutLead(sentence, i), first, kind: 'no' };
  }
  if (at(i) === 'not' || /^(is|are|was|were|does|do|did|has|have)n't$/.test(at(i))) {
    if (notAfterNot.has(at(i + 1)) || /^(can|could|will|would|should|may|might|must|cannot)$/.test(at(i - 1)))
      return undefined;
    // "do not enter"; "a man who does not wear a hat" is meant
    const verb =
      at(i) === 'not' ? /^(do|does|did)$/.test(at(i - 1)) && at(i - 2) : /^(do|does|did)n't$/.test(at(i)) && at(i - 1);
    if (verb !== false && !/^(who|that|which)$/.test(verb)) return undefined;
    return { start: withoutLead(sentence, i), first: i + 1, kind: 'not' };
  }
  const nobody = /^(nobody|no-one)$/.test(at(i)) && /^(with|but|and)$/.test(at(i - 1));
  return nobody && word ? { start: i, first: i, kind: 'nobody' } : undefined;
}

/** "-beach", also "−": a sign after a space and right before a word, which is no number. */
function isMinus(sentence: Sentence, i: number): boolean {
  const next = sentence.word(i + 1);
  return (
    /^[-−]$/.test(sentence.at(i)) &&
    sentence.word(i)!.spaceBefore &&
    next !== undefined &&
    !next.spaceBefore &&
    !next.mark &&
    !/^\d(?!\d{3}$)/.test(next.text)
  );
}

/** Takes in what led to the negation: "but", "with", "where there are", "who is". */
function withoutLead(sentence: Sentence, i: number): number {
  let start = i;
  const before = () => sentence.at(start - 1);
  const skip = (words: RegExp) => {
    if (words.test(before())) start -= 1;
  };
  skip(auxiliaries);
  skip(/^there$/);
  skip(/^(who|that|which|where|with)$/);
  skip(/^(but|and|yet)$/);
  if (before() === ',') start -= 1;
  return start;
}

interface Phrase {
  /** words for the text encoder */
  readonly text: { readonly start: number; readonly end: number };
  readonly end: number;
}

/** The negated phrases: one, or several joined by "or", "and", "nor" or commas. */
function phrasesAfter(sentence: Sentence, cue: Cue): Phrase[] {
  if (cue.kind === 'nobody')
    return [{ text: { start: cue.first, end: cue.first + 1 }, end: afterPreposition(sentence, cue.first + 1) }];
  if (cue.kind === 'minus') {
    if (!sentence.isFree({ start: cue.first, end: cue.first + 1 })) return [];
    return [{ text: { start: cue.first, end: cue.first + 1 }, end: cue.first + 1 }];
  }
  const first = phraseAt(sentence, cue.first, cue.kind === 'not');
  if (!first) return [];
  const phrases = [first];
  for (;;) {
    const next = joined(sentence, phrases.at(-1)!, cue);
    if (!next) return phrases;
    phrases.push(next);
  }
}

/** "and" goes on only to a single noun: "without people and cars", but not "without a shirt and blue jeans". */
const isOneWord = (sentence: Sentence, i: number): boolean =>
  sentence.at(i) !== '' && !determiners.has(sentence.at(i)) && !isIng(sentence.at(i)) && sentence.endsBefore(i + 1);

/** The next phrase of a list. */
function joined(sentence: Sentence, last: Phrase, cue: Cue): Phrase | undefined {
  const at = (k: number) => sentence.at(k);
  let i = last.end;
  if (at(i) === ',') {
    // a list only where it ends with "or" or "and": "without people, cars or dogs"
    let k = i + 1;
    for (let length = 0; /^,$/.test(at(k)) || (/^\p{L}/u.test(at(k)) && length < 3); k++) {
      if (/^(or|and|nor)$/.test(at(k))) break;
      if (prepositions.has(at(k)) || isIng(at(k)) || determiners.has(at(k))) return undefined;
      length = at(k) === ',' ? 0 : length + 1;
    }
    if (!/^(or|nor)$/.test(at(k)) && !(at(k) === 'and' && isOneWord(sentence, k + 1))) return undefined;
    i += 1;
    if (/^(or|and|nor)$/.test(at(i))) i += 1;
  } else if (/^(or|nor)$/.test(at(i))) i += 1;
  else if (
    at(i) === 'and' &&
    cue.kind === 'no' &&
    last.end === last.text.end &&
    (isOneWord(sentence, i + 1) || /^(no|without)$/.test(at(i + 1)))
  )
    i += 1;
  else return undefined;
  if (/^(no|not|without|any)$/.test(at(i))) i += 1;
  return phraseAt(sentence, i, cue.kind === 'not');
}

/**
 * A noun with what stands before it ("parked cars", "bottles of wine"); a verb with its object ("wearing a hat", "looking at the camera");
 * a preposition with its noun ("at night"). It ends before the next preposition: "a beach without people at sunset" is a beach at sunset.
 */
function phraseAt(sentence: Sentence, start: number, verb: boolean): Phrase | undefined {
  const at = (k: number) => sentence.at(k);
  const first = sentence.word(start);
  if (first === undefined || first.mark || at(start) === '') return undefined;
  let i = start;
  const skipped = articles.has(at(i)) || /^(any|all|some|his|her|their|my|our)$/.test(at(i)) ? 1 : 0;
  i += skipped;
  const noun = (from: number) => nounEnd(sentence, from);
  let end: number;
  if (prepositions.has(at(i)) && verb) {
    end = noun(i + 1);
    if (end === i + 1) return undefined;
  } else if (
    isIng(at(i)) ||
    (verb && !first.mark && at(i - 1).endsWith("n't")) ||
    (verb && /^(do|does|did)$/.test(at(start - 2)))
  ) {
    end = i + 1;
    if (prepositions.has(at(end)) && at(end) !== 'in' && noun(end + 1) > end + 1) end += 1;
    else if (/^(in|on|at)$/.test(at(end)) && /^(sitting|standing|lying|looking|sleeping|playing|swimming)$/.test(at(i)))
      end += 1;
    end = noun(end);
  } else {
    end = noun(i);
  }
  if (end <= i) return undefined;
  const words = sentence.words.slice(i, end);
  if (words.some(({ lower }) => signs.has(lower))) return undefined;
  // "no dog photos"
  const described = end - i > 1 && photoNouns.has(at(end - 1)) ? end - 1 : end;
  return { text: { start: i, end: described }, end: described < end ? end : afterPreposition(sentence, end) };
}

/** Where a noun that starts at a word ends. */
function nounEnd(sentence: Sentence, start: number): number {
  let end = start;
  for (;;) {
    const word: Word | undefined = sentence.word(end);
    const lower = sentence.at(end);
    if (
      word === undefined ||
      lower === '' ||
      word.mark ||
      conjunctions.has(lower) ||
      auxiliaries.test(lower) ||
      takenWords.has(lower)
    )
      return end;
    if (/^(no|not|without|except|excluding)$/.test(lower)) return end;
    if (lower === 'of' && end > start) {
      end += 1;
      continue;
    }
    if (prepositions.has(lower) || /^(please|pls|thanks)$/.test(lower)) return end;
    if (end > start && determiners.has(lower) && sentence.at(end - 1) !== 'of') return end;
    // "without a shirt running on a beach": he runs; "without people swimming": they do
    if (end > start && verbs.has(lower)) return end;
    if (end > start && isIng(lower)) return animate.has(sentence.at(end - 1)) ? end + 1 : end;
    end += 1;
  }
}

/** "with no shirt on", "with nobody in it": the preposition is left with nothing. */
function afterPreposition(sentence: Sentence, i: number): number {
  const at = (k: number) => sentence.at(k);
  if (!/^(on|in|around|at|inside|near|there|anywhere)$/.test(at(i))) return i;
  if (/^(it|them|him|her|there)$/.test(at(i + 1)) && sentence.endsBefore(i + 2)) return i + 2;
  return sentence.endsSegment(i + 1) || /^(and|but|or|while)$/.test(at(i + 1)) ? i + 1 : i;
}
