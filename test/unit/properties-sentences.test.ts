/** Sentences that nobody would write: each is understood as something, in little time, and its parts stand in it. */
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { understood } from '../../electron/ipc/search-form.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { understand } from '../../electron/services/understanding/understand.ts';
import { property, textOf } from '../fixtures/properties.ts';

const gazetteer = Gazetteer.open();
const words = [
  ...['a dog', 'on the beach', 'red car', 'photos of', 'show me', 'people', 'selfie', 'screenshots', 'panorama'],
  ...[
    'in',
    'near',
    'from',
    'before',
    'after',
    'between',
    'and',
    'or',
    'not',
    'without',
    'except',
    'no',
    'but',
    'of',
    'the',
  ],
  ...[
    'Paris',
    'paris',
    'France',
    'New York',
    'Georgia',
    'US',
    'D.C.',
    'St. Gallen',
    'Turkey',
    'Nice',
    'Reading',
    'Springfield',
  ],
  ...[
    '2012',
    '2014-05-12',
    '12/31/2015',
    '31.12.14',
    '20140512',
    '2012-14',
    'July',
    'may',
    'march',
    'last summer',
    'christmas',
  ],
  ...[
    'yesterday',
    'two weeks ago',
    '3 days ago',
    'winter',
    'mid-July',
    'July/August',
    '1990s',
    'monday',
    'the 90s',
    '99',
    '0',
  ],
  ...[
    'Canon',
    'iphone 12',
    'EOS',
    'taken with',
    'Nikon D850',
    'in folder Trips',
    'Trips',
    'favourites',
    '⭐',
    '🐶',
    '"',
    '“',
    ',',
  ],
  ...['.', '?', '!', '-', '–', '/', '(', ')', "'s", "n't", '😀', '🇫🇷'],
];
const sentence = fc
  .tuple(
    textOf(
      words.flatMap((word) => [`${word} `, word]),
      { most: 9 },
    ),
    fc.boolean(),
  )
  .map(([text, upper]) => (upper ? text.toUpperCase() : text).slice(0, 1000));

describe('a sentence', () => {
  const options = {
    now: '2026-11-26',
    gazetteer,
    cameras: ['Canon Canon EOS 30D', 'Apple iPhone 12'],
    folders: ['/photos/Trips', '/photos/Trips/Paris 2014'],
  };
  property('is understood, with parts in their order inside it', sentence, (text) => {
    const found = understand(text, { ...options, literal: [] });
    const read = understood.parse(found);
    let end = 0;
    for (const { at } of read.parts) {
      expect(at![0]).toBeGreaterThanOrEqual(end);
      expect(at![1]).toBeGreaterThan(at![0]);
      end = at![1];
    }
    expect(end).toBeLessThanOrEqual(text.length);
    const { from, to } = read.filter;
    if (from !== undefined && to !== undefined) expect(from <= to).toBe(true);
  });

  property('whose words are all taken back is a description', fc.tuple(sentence, fc.nat(30)), ([text, at]) => {
    const literal = [text.slice(at, at + 10), text];
    understood.parse(understand(text, { ...options, literal }));
  });
});
