/** What the built-in model says of the words of a sentence: misspelt, of another language, or without meaning for a photo. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Descry } from '../../electron/services/descry.ts';
import type { LoadedModel } from '../../electron/services/models/models.ts';
import { scratch } from '../fixtures/tiny-library.ts';

let descry: Descry;
let model: LoadedModel;
let remove: () => void;

beforeAll(async () => {
  const { folder, ...rest } = scratch('search-words');
  ({ remove } = rest);
  const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
  descry = new Descry({ home: folder, builtInModel });
  model = await descry.models.current();
});
afterAll(async () => {
  await descry.close();
  remove();
});

/** Unknown words with what is suggested for them. */
const unknown = (sentence: string) =>
  Object.fromEntries(model.analyse(sentence).unknown.map(({ word, suggestion }) => [word, suggestion]));

describe('a sentence', () => {
  it.each<[string, Record<string, string>]>([
    ['dgo on teh beech', { dgo: 'dog', teh: 'the', beech: 'beach' }],
    ['hosre on the graass', { hosre: 'horse', graass: 'grass' }],
    ['a cat adn a dog', { adn: 'and' }],
    ['moutain bike', { moutain: 'mountain' }],
  ])('has all its misspelt words corrected: %s', (sentence, expected) => {
    expect(unknown(sentence)).toEqual(expected);
  });

  it.each([
    ...[
      'a dog on the beach',
      'a beech tree',
      'trail running',
      'an owl',
      'the eiffel tower at night',
      'a latte',
      'axolotl',
    ],
    ...[
      'la jolla beach at sunset',
      'las vegas at night',
      'a man in a van',
      'my son with a red hat',
      'sushi',
      'outside',
    ],
  ])('of English words stays as it is: %s', (sentence) => {
    const { known, unknown } = model.analyse(sentence);
    const tokens = sentence.split(' ').filter((word) => !['la', 'las', 'jolla', 'latte'].includes(word));
    if (sentence !== 'a latte') expect(known).toEqual(expect.arrayContaining(tokens));
    expect(unknown.every(({ word }) => ['la', 'las', 'jolla', 'latte'].includes(word))).toBe(true);
  });

  it.each([
    ['ein Hund am Strand', ['ein', 'hund', 'strand']],
    ['un chien sur la plage', ['un', 'chien', 'sur', 'la', 'plage']],
    ['un perro en la playa', ['un', 'perro', 'en', 'la', 'playa']],
    ['gatto nero', ['gatto', 'nero']],
    ['een hond op het strand', ['een', 'hond', 'op', 'het', 'strand']],
    ['собака на пляже', ['собака', 'на', 'пляже']],
  ])('of another language has no known word, and all are named: %s', (sentence, words) => {
    const { known, unknown } = model.analyse(sentence);
    expect(known).toEqual([]);
    expect(unknown.map(({ word, suggestion }) => [word, suggestion])).toEqual(words.map((word) => [word, null]));
    expect(() => model.requireKnown(sentence)).toThrow(/does not know any word.*in English/);
  });

  it('of English and another word names that word', () => {
    expect(unknown('perro on the beach')).toEqual({ perro: null });
    expect(model.analyse('perro on the beach').known).toContain('beach');
  });

  it.each([
    ['kids in ju', 'kids', 'ju'],
    ['kids wi', 'kids', 'wi'],
  ])('that is still being typed keeps the word that is known: %s', (sentence, known, other) => {
    expect(model.analyse(sentence).known).toContain(known);
    expect(Object.keys(unknown(sentence))).toEqual([other]);
  });

  it('of function words alone is refused, and the words are named', () => {
    expect(model.analyse('the of and')).toMatchObject({ known: [], unknown: [] });
    expect(() => model.requireKnown('the of and')).toThrow('"the", "of", "and" do not say what is on the photo.');
  });

  it('names an emoji without an English name', () => {
    expect(() => model.requireKnown('🫨')).toThrow(/does not know any word of this description: "🫨"/);
    expect(unknown('dog 🫨')).toEqual({ '🫨': null });
    expect(model.analyse('dog 🫨').known).toEqual(['dog']);
    expect(unknown('👩🏽‍🚒 🇩🇪')).toEqual({ '👩🏽‍🚒': null, '🇩🇪': null });
  });
});
