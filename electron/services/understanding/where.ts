/** Where: a place, region or country, and the words that make it one ("in", "near", "photos from"). */
import type { NamedPlace, SearchFilter } from '../../ipc/contract.ts';
import type { Gazetteer } from '../places/gazetteer.ts';
import { endsList, isFirstKeyword, isKeywordList, isLastKeyword } from './keywords.ts';
import { claimNegated, claimNot } from './not.ts';
import type { Sentence, Span } from './sentence.ts';
import { counties, famous, firstNames, hardlyWords, landmark, never, notLower, wordsAlone } from './place-words.ts';
import { determiners, isCapital, isParticiple, photoNouns, prepositions, written } from './words.ts';

/** Words of a name at most: "Santa Cruz de la Sierra". */
const longestName = 5;
/** Written with a capital, a name is that of a place of any size; in lower case, only of one that many know. */
const knownPopulation = { long: 20_000, short: 100_000, city: 100_000 };
/** A name that is also a word is meant with a capital only where the place is this large. */
const wordPopulation = 30_000;
/** Of two places with one name neither is well known, unless the larger one is so many times as large. */
const similar = 3;
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
  /** several places of similar size have this name, and nothing says which */
  readonly ambiguous?: boolean;
}

/**
 * Claims the first place of a sentence, and those that it excludes. Several places that are asked for together ("Paris or London")
 * stay a description, because only one can be searched in.
 */
export function findWhere(sentence: Sentence, gazetteer: Gazetteer): void {
  let isClaimed = false;
  for (let i = 0; i < sentence.words.length; i++) {
    const found = led(sentence, gazetteer, i) ?? alone(sentence, gazetteer, i);
    if (!found) continue;
    const { span, filter, outside } = found;
    if (outside) claimNot(sentence, span.start, { start: span.start + outside, end: span.end });
    else if (claimNegated(sentence, span)) negateOthers(sentence, gazetteer, span);
    else {
      const other = joinedName(sentence, gazetteer, span.end);
      if (other) sentence.keep({ start: span.start, end: other.end });
      else if (!isClaimed) {
        sentence.claim(span, 'where', filter);
        isClaimed = true;
      }
    }
  }
}

/** "not in Paris or London": neither. */
function negateOthers(sentence: Sentence, gazetteer: Gazetteer, { start, end }: Span): void {
  const lead = sentence.words.slice(start, end).find(({ lower }) => Object.hasOwn(leads, lower))?.lower;
  for (let other = joinedName(sentence, gazetteer, end); other; other = joinedName(sentence, gazetteer, other.end)) {
    const name = sentence.slice(other);
    sentence.claim({ start: end, end: other.end }, 'not', {}, lead === undefined ? name : `${lead} ${name}`);
    end = other.end;
  }
}

/** The next name of a list of places: "or London", ", Rome", "to London". */
function joinedName(sentence: Sentence, gazetteer: Gazetteer, i: number): Span | undefined {
  let start = i;
  while (/^(,|and|or|nor|&|to)$/.test(sentence.at(start)) && start < i + 2) start += 1;
  if (start === i) return undefined;
  if (/^(in|from|near)$/.test(sentence.at(start))) start += 1;
  const found = findName(sentence, gazetteer, start);
  return found && (found.known || found.capital) && !found.word && ends(sentence, found)
    ? { start, end: found.end }
    : undefined;
}

interface Use {
  readonly span: Span;
  readonly filter: SearchFilter;
  /** how many words stand before the name of what is excluded: "outside Germany" */
  readonly outside?: number;
}

function led(sentence: Sentence, gazetteer: Gazetteer, start: number): Use | undefined {
  const at = (k: number) => sentence.at(k);
  let i = start;
  if (sentence.isTaken(i) && Object.hasOwn(leads, at(i + 1))) i += 1;
  const taken = i > start;
  if (/^(close|next)$/.test(at(i)) && at(i + 1) === 'to') i += 1;
  const close = at(i) === 'to' && /^(close|next)$/.test(at(i - 1));
  const lead = close ? 'near' : Object.hasOwn(leads, at(i)) ? leads[at(i)]! : undefined;
  if (lead === undefined || sentence.isOrigin(i)) return undefined;
  const first = at(i) === 'outside' && at(i + 1) === 'of' ? i + 2 : i + 1;
  const found = findName(sentence, gazetteer, first);
  if (!found || !ends(sentence, found)) return undefined;
  const photos = taken || sentence.photosBefore(i) || sentence.startsSegment(start);
  const name = sentence.slice({ start: first, end: found.end }).toLowerCase();
  if (lead === 'weak' && !weakLead(sentence, i, photos, found, name)) return undefined;
  if (lead === 'at' && !(found.capital && !found.word && found.population >= 15_000)) return undefined;
  // outside a town are its surroundings; outside a country is any other
  const isTown = found.filter.place !== undefined && found.filter.place.id > 0;
  if (at(i) === 'outside' && !isTown) {
    return { span: { start, end: found.end }, filter: {}, outside: first - start };
  }
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

/** "Paris", "Norway 2019", "beach, Spain", "Tokyo photos", "Rome at night"; in a list of keywords "beach italy", "italy beach" */
function alone(sentence: Sentence, gazetteer: Gazetteer, i: number): Use | undefined {
  if (sentence.words.slice(0, i).some(({ lower }) => written.test(lower))) return undefined;
  const starts = sentence.startsSegment(i) || sentence.photosBefore(i);
  if (!starts && !isKeywordList(sentence)) return undefined;
  const found = findName(sentence, gazetteer, i);
  if (!found?.known || found.word || found.ambiguous) return undefined;
  const span = { start: i, end: found.end };
  const name = sentence.slice(span).toLowerCase();
  if (!found.capital && wordsAlone.has(name)) return undefined;
  if (firstNames.has(name) && !/^(paris|london|vienna|geneva|milan|america|kenya|israel|india)$/.test(name))
    return undefined;
  const use = { span, filter: found.filter };
  const photos = photoNouns.has(sentence.at(found.end)) && sentence.endsBefore(found.end + 1);
  const whole = endsList(sentence, found.end) || photos;
  if (starts && whole && sentence.isOuter(span)) return use;
  if (starts && sentence.isOuter(span) && isCircumstance(sentence, found.end)) return use;
  const isTown = found.filter.place !== undefined && found.filter.place.id > 0;
  return isFirstKeyword(sentence, span, isTown) ||
    (isLastKeyword(sentence, span) && !namedBefore(sentence, gazetteer, i))
    ? use
    : undefined;
}

/** "at night", "in the rain", "with my family", "from above": how or with whom a photo of a place was taken. */
function isCircumstance(sentence: Sentence, i: number): boolean {
  const words = sentence.words.slice(i, i + 4).map((_, k) => sentence.at(i + k));
  // "London with Sarah"
  if (/^with$/.test(words[0] ?? '') && sentence.endsSegment(i + 2)) return true;
  return /^((at|by|before|after|during) (the )?(night|dawn|dusk|day|sunset|sunrise|noon|midnight|twilight|christmas|xmas|easter|rush hour)\b|in (the )?(rain|snow|fog|mist|sun|sunshine|dark|morning|evening|afternoon|summer|winter|spring|autumn|fall)\b|(from|by) (the )?(above|air|plane|boat|train|window|water|bike|sea)\b|under (the )?snow\b|with (my|our|mum|mom|dad|grandma|grandpa|friends|family|kids|the kids|the family|the girls|the boys|the children)\b)/.test(
    words.join(' '),
  );
}

/** "flight london paris": of two names beside each other none is the place. */
function namedBefore(sentence: Sentence, gazetteer: Gazetteer, i: number): boolean {
  const before = findName(sentence, gazetteer, i - 1);
  return before?.known === true && before.end === i;
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
  if (never.has(lower) || /^(north|south|east|west) coast$/.test(lower)) return undefined;
  if (counties.has(lower) && !withQualifier(sentence, gazetteer, span.end)) return undefined;
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
  const qualified = end > span.end;
  const known = place.id < 0 || population >= knownPopulation.city || qualified || famous.has(lower);
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
    if (place.id > 0 && population < least && !famous.has(lower)) return undefined;
    // "on a sandy hill", "in old town"
    if (significant.length > 1 && !known) return undefined;
  }
  const second = qualified ? undefined : places[1];
  const other = second && second.id > 0 ? gazetteer.position(second.id)!.population : 0;
  const ambiguous =
    place.id > 0 &&
    population < 1_000_000 &&
    other * similar > population &&
    !famous.has(lower) &&
    !gazetteer.isFirst(text);
  return {
    end,
    filter: { place, country: place.country },
    known,
    word: word && !qualified,
    capital,
    population,
    ambiguous,
  };
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
    const region = regionOfCode(gazetteer, text);
    if (region) return { end: span.end, region };
    if (!isCapital(sentence.word(i)!) && gazetteer.isWord(text)) continue;
    const country = gazetteer.country(text);
    const named = gazetteer.named(text).find(({ id }) => id < 0);
    if (country !== undefined || named)
      return { end: span.end, ...(country && { country }), ...(named && { region: named }) };
  }
  return undefined;
}

/** Canada's provinces are numbered in GeoNames. */
const provinces: Readonly<Record<string, string>> = {
  ...{ AB: '01', BC: '02', MB: '03', NB: '04', NL: '05', NS: '07', ON: '08', PE: '09', QC: '10', SK: '11' },
};

/** "TX", also in lower case where that is no word: not "in", "or", "me". */
function regionOfCode(gazetteer: Gazetteer, written: string): NamedPlace | undefined {
  const text = written.replace('.', '');
  if (!/^([A-Z]{2}|[a-z]{2})$/.test(text)) return undefined;
  if (/^(in|or|me|ok|hi|oh|pa|ma|de|la|id|al|co|on|ab|mo|nd|as|mt|ms|pe|vs)$/.test(text)) return undefined;
  const code = text.toUpperCase();
  const province = Object.hasOwn(provinces, code) ? gazetteer.regionByCode(`CA.${provinces[code]}`) : undefined;
  return gazetteer.regionByCode(`US.${code}`) ?? province;
}

const fits = (place: NamedPlace, { country, region }: Qualifier): boolean =>
  (region !== undefined && place.country === region.country && place.region === region.name) ||
  place.country === country;
