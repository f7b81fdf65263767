/** Lists of keywords without grammar: "beach italy 2019", "paris dog 2014", "iphone selfie". */
import type { Sentence, Span } from './sentence.ts';
import { conjunctions, determiners, negations, photoNouns, prepositions } from './words.ts';

const set = (words: string) => new Set(words.split(' '));

/**
 * What photos are often searched by, and what no name of a place, year or camera is the first part of: "italy beach" is a beach in Italy,
 * but "london bus", "boston terrier" and "2012 calendar" are things.
 */
const keywords = set(
  'beach beaches sea ocean coast lake lakes river mountain mountains forest desert waterfall waterfalls island islands countryside landscape ' +
    'landscapes scenery nature sunset sunsets sunrise sunrises sky clouds snow rain fog storm night nights morning evening skyline cityscape ' +
    'street streets architecture ruins temple temples castle castles church churches cathedral museum harbour harbor village villages garden gardens ' +
    'wedding weddings birthday birthdays party parties anniversary graduation honeymoon holiday holidays vacation vacations trip trips travel ' +
    'travels roadtrip visit journey cruise safari camping hiking skiing snowboarding swimming surfing sailing diving snorkeling snorkelling ' +
    'kayaking climbing fishing cycling running dancing shopping sightseeing picnic concert festival marathon christmas xmas halloween ' +
    'thanksgiving easter family kids kid children child baby babies toddler people friends friend grandma grandpa granny mum mom dad mother father ' +
    'sister brother cousins girls boys me us dog dogs puppy puppies cat cats kitten kittens horse horses cow cows bird birds animals animal wildlife ' +
    'flower flowers tree trees food selfie selfies portrait portraits macro closeup underwater panorama ' +
    'panoramas screenshot screenshots summer winter spring autumn fall boat boats',
);
/** Of these, what often belongs to the name of a town: "venice beach", "cambridge street", "chelsea flower show". */
const partOfNames = set(
  'beach lake river island islands street temple castle church cathedral museum harbour harbor village garden gardens',
);
/** Before the name of a place they make it another name: "air france", "real madrid", "hyundai santa fe". */
const beforeOtherName = set(
  'northern southern eastern western central latin upper lower downtown ' +
    'borussia ajax eintracht sparta spartak rb as ss dynamo hertha werder bull olympique ferrari fiat alfa lancia maserati cadillac buick ' +
    'chrysler lexus volvo jeep opel pontiac renault citroen peugeot ' +
    'lake mount mt port cape fort isle glen loch lago san santa los las el la le new de air miss mr mrs captain team fc ac inter real atletico sporting bayern cafe hotel new little old great north south east west saint st made ' +
    'bank tour queen king prince princess chevrolet chevy ford toyota nissan hyundai seat kia opel honda dodge mazda bmw vw hotel pizza club ' +
    'indiana jack anna maria uncle aunt ms dr lord lady sir',
);

/** Words of a sentence that may be a list, with the words of other parts and punctuation. */
const longestList = 24;

/**
 * Whether the words of a sentence are keywords: no article, preposition or verb stands between them, and there are few.
 *
 * @param end only of the words before this one
 */
export function isKeywordList(sentence: Sentence, end = sentence.words.length): boolean {
  if (sentence.words.length > longestList) return false;
  const free = sentence.words.filter((word, i) => i < end && !word.mark && !sentence.isClaimed(i));
  if (sentence.words.some(({ text }) => text === '&' || text === '+')) return false;
  const cut = free.findIndex(({ lower }) => negations.has(lower));
  const before = cut < 0 ? free : free.slice(0, cut);
  return (
    before.length > 1 &&
    before.length <= 6 &&
    before.every(
      (word) =>
        !prepositions.has(word.lower) &&
        !conjunctions.has(word.lower) &&
        !determiners.has(word.lower) &&
        !/^(is|are|was|were|be|has|have|had|do|does|did|what|how|why|i|you|he|she|it|we|they)$/.test(word.lower),
    )
  );
}

/** Whether from word `i` to the end of its part there are only words that photos are searched by. @param isName after the name of a town */
export function keywordsFollow(sentence: Sentence, i: number, isName = false): boolean {
  let k = i;
  for (; !endsList(sentence, k); k++) {
    const word = sentence.at(k);
    if (isName && k === i && partOfNames.has(word)) return false;
    if (!keywords.has(word) && !photoNouns.has(word) && !/^(18|19|20)\d\d$/.test(word)) return false;
  }
  return k > i;
}

/** Whether the list ends before word `i`: the part of the sentence does, or something is negated there. */
export const endsList = (sentence: Sentence, i: number): boolean =>
  sentence.endsSegment(i) ||
  negations.has(sentence.at(i)) ||
  (sentence.at(i) === 'but' && negations.has(sentence.at(i + 1))) ||
  (/^[-−]$/.test(sentence.at(i)) && sentence.word(i)!.spaceBefore);

/** Whether a name stands last in a list of keywords, after words that do not make it another name. */
export function isLastKeyword(sentence: Sentence, { start, end }: Span): boolean {
  return (
    start > 0 && endsList(sentence, end) && !beforeOtherName.has(sentence.at(start - 1)) && isKeywordList(sentence)
  );
}

/** Whether a name stands first in a list of keywords, before words of which it is not a part; a year may stand before it. */
export function isFirstKeyword(sentence: Sentence, { start, end }: Span, isTown = false): boolean {
  if (!isKeywordList(sentence)) return false;
  const first = sentence.words
    .slice(0, start)
    .every(({ lower }, k) => sentence.isClaimed(k) || /^(18|19|20)\d\d$/.test(lower));
  return first && keywordsFollow(sentence, end, isTown);
}
