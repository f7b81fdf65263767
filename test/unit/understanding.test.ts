/** What a sentence means: the shared sentences, those in test/fixtures/sentences.jsonl, and what the lists cannot say. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { emojiWordsFile } from '../../build/scripts/emoji-words.ts';
import { understood as understoodSchema } from '../../electron/ipc/search-form.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { withEmojiWords } from '../../electron/services/understanding/emoji.ts';
import { understand, type UnderstandOptions } from '../../electron/services/understanding/understand.ts';
import { describeShared } from '../fixtures/shared.ts';

interface Meaning {
  readonly sentence: string;
  readonly now: string;
  readonly description: string;
  readonly cameras?: readonly string[];
  readonly folders?: readonly string[];
  readonly [field: string]: unknown;
}

const gazetteer = Gazetteer.open();
const options: UnderstandOptions = { now: '2026-11-26', gazetteer, cameras: [], folders: [], literal: [] };
const meaning = (sentence: string, some: Partial<UnderstandOptions> = {}) =>
  understand(sentence, { ...options, ...some });

const read = (file: string): Meaning[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Meaning);
/** Without articles and the words for photos, as the shared sentences' README compares. */
const essence = (text: string) =>
  text
    .toLowerCase()
    .replace(/\b(a|an|the|photos?|pictures?|images?|everything)( of)?\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const fields = ['from', 'to', 'months', 'place', 'country', 'camera', 'kind', 'folder', 'favourite'] as const;

function check({ sentence, now, description, not, cameras = [], folders = [], ...wanted }: Meaning): void {
  const found = meaning(sentence, { now, cameras, folders });
  const { place, ...filter } = found.filter;
  const named = { ...filter, place: place?.name };
  expect({
    description: essence(found.description),
    not: found.not,
    ...Object.fromEntries(fields.map((field) => [field, named[field] ?? null])),
  }).toEqual({
    description: essence(description),
    not: not ?? [],
    ...Object.fromEntries(fields.map((field) => [field, wanted[field] ?? null])),
  });
}

const own = read(path.resolve(import.meta.dirname, '../fixtures/sentences.jsonl'));

describe('the sentences of test/fixtures', () => {
  test.each(own.map((wanted) => [`${wanted.sentence} (${wanted.now})`, wanted] as const))('%s', (_, wanted) =>
    check(wanted),
  );
});

describeShared('the shared sentences', (shared) => {
  test.each(
    (shared === 'absent' ? [] : read(path.join(shared, 'sentences/sentences.jsonl'))).map(
      (wanted) => [wanted.sentence, wanted] as const,
    ),
  )('%s', (_, wanted) => check(wanted));
});

test('understanding one sentence takes less than 10 ms', () => {
  // as a search does before the first sentence: reads the gazetteer and compiles chrono-node's patterns
  understand('a day in Paris on 1 May 2000', { now: '2000-05-01', gazetteer, cameras: [], folders: [], literal: [] });
  const times = own.map(({ sentence }) => {
    const start = performance.now();
    meaning(sentence);
    return performance.now() - start;
  });
  times.sort((a, b) => a - b);
  expect(times[times.length >> 1]).toBeLessThan(10);
});

test.each(['paris ', '2012 or ', 'in paris and ', 'not ', 'all photos but ', 'july ', '"', 'dog beach ', '1/', 'mid-'])(
  'a sentence of 1,000 characters is understood in less than a second: %j',
  (words) => {
    const start = performance.now();
    meaning(words.repeat(1000 / words.length));
    // some 50 ms; what grows with the square of the length takes seconds
    expect(performance.now() - start).toBeLessThan(1000);
  },
);

describe('the parts', () => {
  test('say where they stand in the sentence', () => {
    const sentence = 'a red car in Paris last summer, not at night';
    const found = meaning(sentence);
    expect(understoodSchema.parse(found)).toEqual(found);
    expect(found.parts.map(({ aspect, at }) => [aspect, sentence.slice(...at!)])).toEqual([
      ['where', 'in Paris'],
      ['when', 'last summer'],
      ['not', ', not at night'],
    ]);
    expect(found.parts.map(({ filter }) => Object.keys(filter))).toEqual([['place', 'country'], ['from', 'to'], []]);
  });

  test('every sentence of the list is as the contract says, with parts in their order that do not overlap', () => {
    for (const { sentence, now, cameras, folders } of own) {
      const { parts } = understoodSchema.parse(
        meaning(sentence, { now, cameras: cameras ?? [], folders: folders ?? [] }),
      );
      parts.forEach(({ at }, i) => {
        expect(at![0]).toBeLessThan(at![1]);
        if (i > 0) expect(parts[i - 1]!.at![1]).toBeLessThanOrEqual(at![0]);
      });
    }
  });

  test('taken back are description, alone or all', () => {
    const sentence = 'a red car in Paris last summer, not at night';
    expect(meaning(sentence, { literal: ['in Paris'] })).toMatchObject({
      description: 'a red car in Paris',
      filter: { from: '2026-06-01', to: '2026-08-31' },
      not: ['at night'],
    });
    for (const { sentence: text, now, cameras, folders } of own) {
      const all = meaning(text, { now, cameras: cameras ?? [], folders: folders ?? [] });
      const literal = all.parts.map(({ at }) => text.slice(...at!));
      if (literal.length === 0) continue;
      const plain = meaning(text, { now, cameras: cameras ?? [], folders: folders ?? [], literal });
      // What was taken back does not come again in another reading.
      for (const { at } of plain.parts)
        expect([text, literal.some((part) => part.includes(text.slice(...at!)))]).toEqual([text, false]);
    }
  });

  test('near is a part of the place', () => {
    expect(meaning('near Berlin').filter).toMatchObject({ near: true, place: { name: 'Berlin' } });
    expect(meaning('in Berlin').filter).not.toHaveProperty('near');
  });
});

test('a description alone stays as it was typed', () => {
  for (const sentence of ['photos of a dog', ' two  dogs, running!', 'show jumping', 'search dog', '']) {
    expect(meaning(sentence)).toEqual({ description: sentence.trim(), filter: {}, not: [], parts: [] });
  }
});

test('text in quotation marks is what is written on something', () => {
  expect(meaning('a shirt with "Paris 2012" on it').parts).toEqual([]);
});

test('a sentence of any characters is understood without an error', () => {
  for (const sentence of [
    '-',
    '--',
    '- -',
    ',',
    'in',
    'in in in',
    'not',
    'without',
    'no',
    'before',
    'between and',
    '2012-',
    "'",
    '"',
    '🏳️‍🌈',
    '\u0000',
    '🐶'.repeat(50),
    'in '.repeat(300),
    'not '.repeat(200),
  ]) {
    expect(() => meaning(sentence)).not.toThrow();
  }
});

describe('cameras of the library', () => {
  const cameras = ['NIKON D750', 'Apple iPhone 6', 'Canon EOS 5D Mark II', 'ACME Snap 100'];
  test.each([
    ['birds with my D750', 'D750'],
    ['birds taken with the d750', 'd750'],
    ['taken with a Canon 5D', '5D'],
    ['Nikon D750 photos', 'Nikon D750'],
    ['taken with an ACME', 'ACME'],
  ])('%s', (sentence, camera) => {
    const found = meaning(sentence, { cameras }).filter.camera!;
    expect(found).toBe(camera);
    expect(cameras.some((own) => own.toLowerCase().includes(found.toLowerCase()))).toBe(true);
  });
  test.each(['a man with a nikon', '5d printing', 'snap peas', 'an apple', 'a snap'])(
    '%s is a description',
    (sentence) => {
      expect(meaning(sentence, { cameras }).filter).toEqual({});
    },
  );
});

describe('folders of the library', () => {
  const folders = [
    '/photos',
    '/photos/Norway',
    '/photos/Trip 2019',
    '/photos/cats',
    '/photos/2014',
    '/photos/New York',
  ];
  test.each([
    ['beach in the folder Norway', '/photos/Norway'],
    ['folder: cats', '/photos/cats'],
    ['boats from my norway folder', '/photos/Norway'],
    ['from Trip 2019', '/photos/Trip 2019'],
    ['in the album "Trip 2019"', '/photos/Trip 2019'],
  ])('%s', (sentence, folder) => expect(meaning(sentence, { folders }).filter).toEqual({ folder }));
  test('words that only happen to be a folder’s name', () => {
    for (const sentence of [
      'cats',
      'two cats in a box',
      'photos from 2014',
      'fjords in Norway',
      'in New York',
      'a folder',
    ])
      expect(meaning(sentence, { folders }).filter).not.toHaveProperty('folder');
  });
});

describe('emoji', () => {
  test.each([
    ['🐶 on a 🏖️', 'dog on a beach'],
    ['a 🐈', 'a cat'],
    ['🇫🇷', 'flag of france'],
    ['👍🏽', 'thumbs up'],
    ['❤️', 'heart'],
    ['no emoji', 'no emoji'],
    ['café', 'café'],
  ])('%s', (text, words) => expect(withEmojiWords(text)).toBe(words));

  test('the table is what the script makes of the locked package', () => {
    const file = path.resolve(import.meta.dirname, '../../electron/services/understanding/emoji-words.json');
    expect(readFileSync(file, 'utf8')).toBe(emojiWordsFile());
  });
});
