/** Where: a place, region or country, and the words that make it one ("in", "near", "photos from"). */
import type { NamedPlace, SearchFilter } from '../../ipc/contract.ts';
import type { Gazetteer } from '../places/gazetteer.ts';
import type { Sentence, Span } from './sentence.ts';
import { determiners, isCapital, isParticiple, photoNouns, prepositions, written } from './words.ts';

/** Words of a name at most: "Santa Cruz de la Sierra". */
const longestName = 5;
/** Written with a capital, a name is that of a place of any size; in lower case, only of one that many know. */
const knownPopulation = { long: 20_000, short: 100_000, city: 100_000 };
/** A name that is also a word is meant with a capital only where the place is this large. */
const wordPopulation = 30_000;
/** First names: after "from" and "of", and alone, they are people. */
const firstNames = new Set(
  (
    'florence charlotte sofia victoria madison sydney austin jackson georgia chelsea brooklyn paris lincoln savannah phoenix carolina ' +
    'dakota virginia jordan israel chad kent dallas houston denver milan diego santiago lourdes vienna geneva aurora alexandria adelaide ' +
    'helena eugene salem kingston hamilton lexington montana india china kenya asia america london'
  ).split(' '),
);
/** Names that are also words, but mean the place after "in" in lower case, too; "in jersey", "in orange" and "in bath" do not. */
const hardlyWords = new Set(
  'china turkey japan morocco panama wales cologne hamburg oxford bologna manila shanghai tangier phoenix trier wellington mecca anchorage madras'.split(
    ' ',
  ),
);
const landmark =
  /^(park|beach|street|square|lake|island|bridge|castle|garden|gardens|tower|station|hill|hills|falls|canyon|market|center|centre|church|school|university)$/;
/** Lower-case words that are names of places, but after "in" and "near" mostly something else. */
const notLower = new Set(
  (
    'santa lycra spandex tulle denim khaki camo hijab sari kimono burqa taekwondo judo karate sumo moto lego tux bikini pink ' +
    'colour gear attire unison tandem kayak canoe vegas-style mardi gras rodeo'
  ).split(' '),
);
/** Words that are hardly ever the place of that name: continents, figures. */
const never = new Set(
  'asia africa europe oceania batman superman santa robin pink orient east west north south downtown midtown uptown hollywood-style'.split(
    ' ',
  ),
);
const leads: Readonly<Record<string, 'in' | 'near' | 'at' | 'weak'>> = {
  in: 'in',
  near: 'near',
  around: 'near',
  nearby: 'near',
  outside: 'near',
  at: 'at',
  from: 'weak',
  of: 'weak',
  to: 'weak',
};
const travels = new Set(
  'trip trips visit travel travels travelling traveling holiday holidays vacation journey honeymoon roadtrip excursion weekend tour'.split(
    ' ',
  ),
);

interface Found {
  /** the word after the name */
  readonly end: number;
  readonly filter: Pick<SearchFilter, 'place' | 'country'>;
  /** a country, a region, or a city that many know */
  readonly known: boolean;
  /** also a common word, or one that may be a name of a person */
  readonly word: boolean;
  readonly capital: boolean;
  readonly population: number;
}

/** Claims the first place of a sentence. */
export function findWhere(sentence: Sentence, gazetteer: Gazetteer): void {
  for (let i = 0; i < sentence.words.length; i++) {
    const found = led(sentence, gazetteer, i) ?? alone(sentence, gazetteer, i);
    if (!found) continue;
    if (sentence.isNegated(found.span.start)) {
      // only what is seen can be left out: "not in Paris" stays a description
      sentence.keep({ start: found.span.start - 1, end: found.span.end });
      continue;
    }
    sentence.claim(found.span, 'where', found.filter);
    return;
  }
}

function led(
  sentence: Sentence,
  gazetteer: Gazetteer,
  start: number,
): { span: Span; filter: SearchFilter } | undefined {
  const at = (k: number) => sentence.at(k);
  let i = start;
  if (sentence.isTaken(i) && Object.hasOwn(leads, at(i + 1))) i += 1;
  const taken = i > start;
  if (/^(close|next)$/.test(at(i)) && at(i + 1) === 'to') i += 1;
  const close = at(i) === 'to' && /^(close|next)$/.test(at(i - 1));
  const lead = close ? 'near' : Object.hasOwn(leads, at(i)) ? leads[at(i)]! : undefined;
  if (lead === undefined) return undefined;
  const first = at(i) === 'outside' && at(i + 1) === 'of' ? i + 2 : i + 1;
  const found = findName(sentence, gazetteer, first);
  if (!found || !ends(sentence, found)) return undefined;
  const photos = taken || sentence.photosBefore(i) || sentence.startsSegment(start);
  const name = sentence.slice({ start: first, end: found.end }).toLowerCase();
  if (lead === 'weak' && !weakLead(sentence, i, photos, found, name)) return undefined;
  if (lead === 'at' && !(found.capital && !found.word && found.population >= 15_000)) return undefined;
  // "around Paris" may be a walk through it: its surroundings hold it, too
  const near = lead === 'near' && found.filter.place !== undefined ? { near: true } : {};
  return { span: { start, end: found.end }, filter: { ...found.filter, ...near } };
}

/** "photos from Paris", "photos of London", "trip to Rome"; but "a man from India", "the queen of England", "a train to Berlin" */
function weakLead(sentence: Sentence, i: number, photos: boolean, found: Found, name: string): boolean {
  if (!found.known) return false;
  const lead = sentence.at(i);
  const before = sentence.word(i - 1)?.lower ?? '';
  if (lead === 'to') return travels.has(before);
  if (found.word || (firstNames.has(name) && lead === 'of')) return false;
  if (lead === 'from') return photos || travels.has(before);
  return sentence.photosBefore(i) && sentence.endsSegment(found.end);
}

/** "Paris", "Norway 2019", "beach, Spain", "Tokyo photos" */
function alone(sentence: Sentence, gazetteer: Gazetteer, i: number): { span: Span; filter: SearchFilter } | undefined {
  if (!sentence.startsSegment(i) && !sentence.photosBefore(i)) return undefined;
  if (sentence.words.slice(0, i).some(({ lower }) => written.test(lower))) return undefined;
  const found = findName(sentence, gazetteer, i);
  if (!found?.known || found.word) return undefined;
  const name = sentence.slice({ start: i, end: found.end }).toLowerCase();
  if (firstNames.has(name) && !/^(paris|london|vienna|geneva|milan|america|kenya|israel)$/.test(name)) return undefined;
  const whole =
    sentence.endsSegment(found.end) || (photoNouns.has(sentence.at(found.end)) && sentence.endsBefore(found.end + 1));
  return whole && sentence.isOuter({ start: i, end: found.end })
    ? { span: { start: i, end: found.end }, filter: found.filter }
    : undefined;
}

/** Whether the phrase ends after the name, so that it is not the first word of another one ("Paris fashion", "Chelsea boots"). */
function ends(sentence: Sentence, { end, capital, known, word }: Found): boolean {
  // "in Paris 's streets"
  if (/^['’]$/.test(sentence.word(end)?.text ?? '')) return false;
  if (sentence.endsBefore(end)) return true;
  const next = sentence.word(end)!;
  return (capital || known) && !word && isParticiple(next) && !isCapital(next);
}

/** The longest name that starts at a word, with what follows to tell it from others: "Paris, Texas", "Rome Italy". */
function findName(sentence: Sentence, gazetteer: Gazetteer, start: number): Found | undefined {
  const from = sentence.at(start) === 'the' ? start + 1 : start;
  const word = sentence.word(from);
  // "in a boat", "near their house": no name
  if (word === undefined || (determiners.has(word.lower) && !isCapital(word))) return undefined;
  for (let length = longestName; length >= 1; length--) {
    const end = from + length;
    if (!sentence.isFree({ start: from, end })) continue;
    const words = sentence.words.slice(from, end);
    const [first, last] = [words[0]!, words[length - 1]!];
    if (
      first.mark ||
      prepositions.has(first.lower) ||
      (last.mark && last.text !== '.') ||
      words.some(({ text }) => /^[,;:!?()"]$/.test(text))
    )
      continue;
    // "St. Louis" and "U.S." have a full stop inside or after the name; a sentence ends with one, too
    if (last.mark && !/^\p{L}(\.\p{L})+$/u.test(words[length - 2]?.text ?? '')) continue;
    if (words.slice(0, -1).some((word, k) => word.mark && !/^[-.'’/]$/.test(word.text) && k > 0)) continue;
    const found = judge(sentence, gazetteer, start, { start: from, end });
    if (found) return found;
  }
  return undefined;
}

function judge(sentence: Sentence, gazetteer: Gazetteer, start: number, span: Span): Found | undefined {
  const text = sentence.slice(span);
  const lower = text.toLowerCase();
  const the = span.start > start;
  const named = sentence.words.slice(span.start, span.end).filter(({ mark }) => !mark);
  const without = named.filter(
    ({ lower: word }) => !/^(de|da|do|del|della|la|le|el|al|am|an|der|of|upon|and|the|in|sur|sous)$/.test(word),
  );
  const significant = without.length > 0 ? without : named;
  const capital =
    !sentence.capitalsMeanNothing &&
    significant.length > 0 &&
    significant.every(isCapital) &&
    !(significant.length === 1 && span.start === 0);
  // "US", "LA", "SF": in lower case they are words
  if (
    lower.replace(/\W/g, '').length <= 2 &&
    !(text === text.toUpperCase()) &&
    !(the && lower === 'us') &&
    lower !== 'uk'
  )
    return undefined;
  if (never.has(lower)) return undefined;
  const country = gazetteer.country(text);
  const withArticle = the ? gazetteer.named(`the ${text}`) : [];
  const places = withArticle.length > 0 ? withArticle : gazetteer.named(text);
  if (country === undefined && places.length === 0) return undefined;
  const word = gazetteer.isWord(text) && !hardlyWords.has(lower);
  if (country !== undefined && (capital || !word)) {
    const named = {
      end: span.end,
      filter: { country },
      known: true,
      word: word && !capital,
      capital,
      population: Infinity,
    };
    return inAnotherCountry(sentence, gazetteer, span, country) ?? named;
  }
  const qualifier = withQualifier(sentence, gazetteer, span.end);
  const matching = qualifier ? places.filter((place) => fits(place, qualifier)) : places;
  const place = matching[0] ?? places[0];
  if (!place) return undefined;
  const end = qualifier && matching.length > 0 ? qualifier.end : span.end;
  const population = gazetteer.position(place.id)?.population ?? Infinity;
  const known = place.id < 0 || population >= knownPopulation.city;
  if (
    the &&
    withArticle.length === 0 &&
    !/^(azores|balearic islands|canary islands|peloponnese|marches|basque country)/.test(lower)
  )
    return undefined;
  if (word && !capital && end === span.end) return undefined;
  // "in Nice", but not "in Pink", "in Race"; and acronyms that nobody knows
  if (
    end === span.end &&
    place.id > 0 &&
    ((word && population < wordPopulation) || (/^[A-Z]{2,4}$/.test(text) && !known))
  )
    return undefined;
  // "in Central Park" is seen
  if (end === span.end && !(known && capital) && significant.length > 1 && landmark.test(significant.at(-1)!.lower))
    return undefined;
  if (!capital && end === span.end) {
    if (notLower.has(lower)) return undefined;
    const least = lower.length >= 5 ? knownPopulation.long : knownPopulation.short;
    if (place.id > 0 && population < least) return undefined;
    // "on a sandy hill", "in old town"
    if (significant.length > 1 && !known) return undefined;
  }
  return { end, filter: { place, country: place.country }, known, word, capital, population };
}

interface Qualifier {
  readonly end: number;
  readonly country?: string;
  readonly region?: NamedPlace;
}

/** "Georgia, USA": the state, where a country's name is followed by another country's. */
function inAnotherCountry(sentence: Sentence, gazetteer: Gazetteer, span: Span, country: string): Found | undefined {
  const qualifier = withQualifier(sentence, gazetteer, span.end);
  if (qualifier?.country === undefined || qualifier.country === country) return undefined;
  const place = gazetteer.named(sentence.slice(span), qualifier.country)[0];
  if (!place) return undefined;
  return {
    end: qualifier.end,
    filter: { place, country: place.country },
    known: true,
    word: false,
    capital: true,
    population: Infinity,
  };
}

/** A country or region after a name: ", Texas", "Italy", ", TX", "in Oregon", "state". */
function withQualifier(sentence: Sentence, gazetteer: Gazetteer, start: number): Qualifier | undefined {
  let i = start;
  if (sentence.at(i) === ',') i += 1;
  if (sentence.at(i) === 'in') i += 1;
  if (sentence.at(i) === 'the') i += 1;
  for (let length = 3; length >= 1; length--) {
    const span = { start: i, end: i + length };
    if (!sentence.isFree(span) || !sentence.words.slice(i, i + length).every(({ mark }) => !mark)) continue;
    const text = sentence.slice(span);
    if (/^[A-Z]{2}$/.test(text)) {
      const region = gazetteer.regionByCode(`US.${text}`);
      if (region) return { end: span.end, region };
    }
    if (!isCapital(sentence.word(i)!) && gazetteer.isWord(text)) continue;
    const country = gazetteer.country(text);
    const region = gazetteer.named(text).find(({ id }) => id < 0);
    if (country !== undefined || region)
      return { end: span.end, ...(country && { country }), ...(region && { region }) };
  }
  return undefined;
}

const fits = (place: NamedPlace, { country, region }: Qualifier): boolean =>
  (region !== undefined && place.country === region.country && place.region === region.name) ||
  place.country === country;
