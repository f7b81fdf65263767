import { beforeAll, expect, test } from 'vitest';
import { baseForms, editDistance, Speller } from '../../models/text/spelling.ts';
import type { WordVectors } from '../../models/text/word-vectors.ts';
import { smallWordVectors } from '../fixtures/word-vectors.ts';

test.each([
  ['dogs', 'dog'],
  ['puppies', 'puppy'],
  ['benches', 'bench'],
  ['boxes', 'box'],
  ['horses', 'horse'],
  ['wolves', 'wolf'],
  ['knives', 'knife'],
  ['snowmen', 'snowman'],
  ['running', 'run'],
  ['riding', 'ride'],
  ['jumped', 'jump'],
  ['carried', 'carry'],
  ['wakeboarders', 'wakeboard'],
  ['happily', 'happy'],
  ['zebra', 'zebras'],
])('%s may be a form of %s', (word, base) => {
  expect(baseForms(word)).toContain(base);
});

test.each([
  ['grass', 'gras'],
  ['sing', 's'],
  ['bus', 'bu'],
  ['red', 'r'],
  ['string', 'str'],
])('%s is no form of %s', (word, base) => {
  expect(baseForms(word)).not.toContain(base);
});

test.each([
  ['dog', 'dog', 0],
  ['dgo', 'dog', 1],
  ['hrose', 'horse', 1],
  ['skatebord', 'skateboard', 1],
  ['bycicle', 'bicycle', 2],
  ['ab', 'cd', 2],
])('from %s to %s it takes %i edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
});

let vectors: WordVectors;
beforeAll(async () => {
  const words = [
    'dog',
    'horde',
    'horse',
    'house',
    'skateboard',
    'cafe',
    'élan',
    'bicycles',
    'bicyce',
    'banana',
    'bandana',
  ];
  vectors = await smallWordVectors(Object.fromEntries(words.map((word, i) => [word, [i, 1]])));
});
const everyWord = () => true;

test('a swap, a lost and a doubled letter are mended', () => {
  const speller = new Speller(vectors, new Map(), everyWord);
  expect(speller.suggest('dgo')).toBe('dog');
  expect(speller.suggest('skatebord')).toBe('skateboard');
  expect(speller.suggest('bannana')).toBe('banana');
});

test('among equally near words the more frequent is suggested, unless the captions use another', () => {
  expect(new Speller(vectors, new Map(), everyWord).suggest('hor5e')).toBe('horde');
  expect(new Speller(vectors, new Map([['horse', 10]]), everyWord).suggest('hor5e')).toBe('horse');
});

test('a word of the captions two edits away is preferred to a rare word at one', () => {
  expect(new Speller(vectors, new Map([['bicycle', 50]]), everyWord).suggest('bicyxe')).toBe('bicycle');
});

test('a misspelling in the captions is not suggested', () => {
  expect(new Speller(vectors, new Map([['skatebord', 1]]), everyWord).suggest('skatebords')).toBe('skateboard');
});

test('only words that would be understood are suggested', () => {
  expect(new Speller(vectors, new Map(), (word) => word !== 'horde').suggest('hor5e')).toBe('horse');
});

test('other alphabets are compared by letters, not by bytes', () => {
  expect(new Speller(vectors, new Map(), everyWord).suggest('elan')).toBe('élan');
});

test('nothing is suggested for what is near to nothing, or too short to tell', () => {
  const speller = new Speller(vectors, new Map(), everyWord);
  expect(speller.suggest('qzxwvk')).toBeNull();
  expect(speller.suggest('do')).toBeNull();
  expect(speller.suggest('dxy')).toBeNull();
  expect(speller.suggest('')).toBeNull();
});
