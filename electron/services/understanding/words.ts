/** The words of a sentence with their places in it, and the small classes of words that the rules look at. */

export interface Word {
  readonly text: string;
  readonly lower: string;
  /** UTF-16 units in the sentence */
  readonly start: number;
  readonly end: number;
  /** punctuation */
  readonly mark: boolean;
  readonly spaceBefore: boolean;
}

const emoji = String.raw`\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:\uFE0F|\u20E3|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*`;
// Letters and digits, also with a mark between them ("t-shirt", "25/12/2019", "D.C", "don't"); emoji; any other sign alone.
// "mid-July" is two words, as "mid July" is.
const partOf = String.raw`(?<![\p{L}\p{N}-])(?:early|mid|late)(?=-(?:jan|feb|mar|apr|may|ju[nl]|aug|sep|oct|nov|dec|spring|summer|autumn|fall|winter|\d\d))`;
const monthStart = '(?:jan|feb|mar|apr|may|ju[nl]|aug|sep|oct|nov|dec|spring|summer|autumn|fall|winter)';
/** "July/August", "spring/summer" */
const firstMonth = String.raw`(?<![\p{L}\p{N}-])${monthStart}[a-z]*(?=[-–/]${monthStart}[a-z]*(?![\p{L}-]))`;
const pattern = new RegExp(
  String.raw`${partOf}|${firstMonth}|[\p{L}\p{M}\p{N}]+(?:['’.\-–/][\p{L}\p{M}\p{N}]+)*|${emoji}|\S`,
  'giu',
);
const wordStart = new RegExp(String.raw`^(?:[\p{L}\p{N}]|${emoji})`, 'u');

export function splitWords(sentence: string): Word[] {
  return Array.from(sentence.matchAll(pattern), ({ 0: text, index }) => ({
    text,
    lower: text.toLowerCase().replace(/’/g, "'"),
    start: index,
    end: index + text.length,
    mark: !wordStart.test(text),
    spaceBefore: index === 0 || /\s/.test(sentence[index - 1]!),
  }));
}

const set = (words: string) => new Set(words.split(' '));

export const articles = set('a an the');
export const determiners = set('a an the my our his her their its your this that these those some any all every');
export const prepositions = set(
  'in on at near by with without from to into onto over under above below behind beside besides between among against along across ' +
    'around through during before after since until till inside outside off up down toward towards past beneath underneath of for as ' +
    'about like within throughout via next',
);
export const conjunctions = set('and or but nor while when where as who that which whose because so');
const auxiliaries = set('is are was were be has have had do does did');
/** what stands for the photos themselves and describes nothing */
export const photoNouns = set(
  'photo photos picture pictures pic pics image images shot shots photograph photographs snap snaps snapshot snapshots',
);
/** how photos come to be */
export const takenWords = set('taken shot captured photographed snapped made filmed recorded dated');
/** nouns that end like a verb */
const nounsOfIng = set(
  'building wedding morning evening king ring string spring wing ceiling railing clothing painting drawing something anything nothing ' +
    'everything thing things swing sling ping pong bring sing icing awning parking crossing landing dining',
);

/** Whether it may be a verb or participle that begins a new phrase: "standing", "covered". */
export const isParticiple = ({ lower }: Word): boolean => isIng(lower) || (/[^e]ed$/.test(lower) && lower.length > 4);
export const isIng = (lower: string): boolean => lower.length > 4 && lower.endsWith('ing') && !nounsOfIng.has(lower);
export const isCapital = ({ text }: Word): boolean => /^\p{Lu}/u.test(text);

/** Whether a phrase may end before this word: it is punctuation, or begins something else. */
export function beginsAnother(word: Word | undefined): boolean {
  return (
    word === undefined ||
    word.mark ||
    prepositions.has(word.lower) ||
    conjunctions.has(word.lower) ||
    auxiliaries.has(word.lower) ||
    determiners.has(word.lower) ||
    negations.has(word.lower) ||
    takenWords.has(word.lower)
  );
}

/** What is written on something follows: "a sign that says no dogs", "a shirt with the word Paris". */
export const written =
  /^(sign|signs|says|say|saying|said|reads|read|written|stating|states|word|words|text|letters|label|labeled|slogan|called|named|titled)$/;

export const negations = set('not no without except excluding minus never neither nor nowhere apart');
