/** What is left of a sentence for the text encoder when the filters are taken out. */
import { fillers } from './fillers.ts';
import type { Sentence } from './sentence.ts';
import { conjunctions, photoNouns, prepositions } from './words.ts';

/** Words that lead to something; where a filter was taken out after them, they lead nowhere. */
const leading = new Set([
  ...'and but with taken shot captured made photographed that who which where while is are was were there has have having does do did by from the a an my our sometime either maybe probably perhaps earlier later'.split(
    ' ',
  ),
]);

/** A sentence that asks for photos: "where is the photo of …", "show me …"; not "show jumping" or "search dog". */
const request =
  /^\s*(please |can you |could you |hi |hello )*(((show|find|give|get) (me|us|my|our|all|any|some|the|every)|show|find|list|search|get|display) .*\b(photos?|pictures?|pics?|images?)\b|(show|find|give|get) (me|us)\b|(search|look|looking|i'?m looking) for\b|(i )?(want|need|would like) (to see|(a |the |some |all )?(photos?|pictures?|pics?|images?))|where('s| is| are) (the|my|our|that|those) (photos?|pictures?|pics?|images?|ones?)\b|any (photos?|pictures?|pics?|images?) (of|with)\b|(do|did) (i|we) (have|take) (a|any|some|the)?\b)/i;

export function describe(sentence: Sentence): string {
  if (sentence.parts.length === 0) {
    if (namesOnlyPhotos(sentence)) return '';
    if (!request.test(sentence.text)) return sentence.text.trim();
  }
  return withoutParts(sentence) || (sentence.parts.length === 0 ? sentence.text.trim() : '');
}

/** What is left without the parts and the words that led to them. */
function withoutParts(sentence: Sentence): string {
  const left: number[] = [];
  sentence.words.forEach((_, i) => {
    if (!sentence.isClaimed(i)) left.push(i);
  });
  const groups = group(left).map((words) => trim(sentence, words));
  const kept = withoutFillers(sentence, groups.flat());
  return group(kept)
    .map((words) => sentence.slice({ start: words[0]!, end: words.at(-1)! + 1 }))
    .join(' ')
    .trim();
}

/** "all my photos", "everything": nothing is described, and all photos are asked for. */
function namesOnlyPhotos(sentence: Sentence): boolean {
  const words = sentence.words.filter(({ mark }) => !mark).map(({ lower }) => lower);
  const all = /^(everything|photos|pictures|pics|images|photographs|snapshots|snaps)$/;
  return words.some((word) => all.test(word)) && words.every((word) => fillers.has(word));
}

/** Runs of words that stand side by side. */
function group(words: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const word of words) {
    const last = groups.at(-1);
    if (last?.at(-1) === word - 1) last.push(word);
    else groups.push([word]);
  }
  return groups;
}

/** Removes punctuation at both ends, and words that led to what was taken out. */
function trim(sentence: Sentence, group: readonly number[]): number[] {
  let words = [...group];
  const at = (i: number) => sentence.words[i]!;
  const cutAfter = words.at(-1)! + 1 < sentence.words.length;
  const cutBefore = words[0]! > 0;
  const loose = (i: number) => at(i).mark && !/^["'“”‘’(]$/.test(at(i).text);
  for (;;) {
    const [first, last] = [words[0], words.at(-1)];
    if (first === undefined || last === undefined) return [];
    const [, beforeLast] = [last, words.at(-2)];
    if (
      cutAfter &&
      beforeLast !== undefined &&
      /^(i|we)$/.test(at(beforeLast).lower) &&
      /^(took|shot|made)$/.test(at(last).lower)
    )
      words = words.slice(0, -2);
    else if (
      cutAfter &&
      beforeLast !== undefined &&
      /^(some time|i think)$/.test(`${at(beforeLast).lower} ${at(last).lower}`)
    )
      words = words.slice(0, -2);
    else if (loose(last) || at(last).text === '(' || (cutAfter && leading.has(at(last).lower)))
      words = words.slice(0, -1);
    else if (
      loose(first) ||
      (cutBefore &&
        (/^(and|but)$/.test(at(first).lower) || (words.length > 1 && /^(of|showing)$/.test(at(first).lower))))
    )
      words = words.slice(1);
    else return words;
  }
}

/** "show me all photos of dogs" → "dogs", "photos" → "" */
function withoutFillers(sentence: Sentence, words: readonly number[]): number[] {
  const lower = (i: number) => sentence.words[i]!.lower;
  // everything up to the word for the photos, and "of" or "with" after it
  const noun = words.findIndex((word) => photoNouns.has(lower(word)) || lower(word) === 'everything');
  const lead = noun >= 0 && words.slice(0, noun).every((word) => fillers.has(lower(word)));
  let rest = lead ? words.slice(noun + 1) : [...words];
  while (
    rest.length > 0 &&
    (/^(please|pls|plz|thanks)$/.test(lower(rest.at(-1)!)) || /^[?!.,]$/.test(lower(rest.at(-1)!)))
  )
    rest = rest.slice(0, -1);
  if (lead && rest.length > 0 && /^(of|showing|with|that|which|where|from)$/.test(lower(rest[0]!)))
    rest = rest.slice(1);
  // "photos taken in the morning", "pictures I took at the beach"
  if (lead) {
    const words = rest.slice(0, 4).map(lower).join(' ');
    const taken =
      /^(?:(?:that |which )?(?:i|we) (?:took|shot|made)|(?:that |which )?(?:was |were )?(?:taken|shot|made|captured))(?= |$)/.exec(
        words,
      );
    if (taken) rest = rest.slice(taken[0].split(' ').length);
  }
  if (!lead) {
    const asked =
      /^(?:(?:please|can|could|you|hi|hello) )*(?:(?:show|find|search|list|display|give|get|look)(?: (?:me|us|for|all|any|some))*|(?:i'm |im |i am )?looking for|(?:do|did) (?:i|we) have(?: any)?|i (?:want|need)(?: to see)?)(?= |$)/.exec(
        rest.map(lower).join(' '),
      );
    if (asked) rest = rest.slice(asked[0].split(' ').length);
  }
  // "a dog photos" is left of "a dog in photos from 2012"
  const empty = (word: number) =>
    fillers.has(lower(word)) ||
    prepositions.has(lower(word)) ||
    conjunctions.has(lower(word)) ||
    sentence.words[word]!.mark;
  return rest.every(empty) && (rest.length <= 2 || rest.every((word) => fillers.has(lower(word)))) ? [] : rest;
}
