import { expect, test } from 'vitest';
import { lookUp } from '../../models/text/lookup.ts';
import { numberWord, partsOf, tokenize, withoutAccents } from '../../models/text/tokenizer.ts';

test.each([
  ['Children and kids having fun .', ['children', 'and', 'kids', 'having', 'fun']],
  ['Animals , like a horse , a dog or a cat .', ['animals', 'like', 'a', 'horse', 'a', 'dog', 'or', 'a', 'cat']],
  ['A man in a T-shirt', ['a', 'man', 'in', 'a', 't-shirt']],
  ['a t‑shirt – and a dog—running', ['a', 't-shirt', 'and', 'a', 'dog', 'running']],
  ["the dog's ball, the dogs' balls", ['the', 'dog', 'ball', 'the', 'dogs', 'balls']],
  ["a man 's hat does n't fit", ['a', 'man', 'hat', 'does', 'not', 'fit']],
  ["they're, can’t, isn't, we'll", ['they', 'are', 'can', 'not', 'is', 'not', 'we', 'will']],
  ["n't", ['not']],
  ["five o'clock", ['five', "o'clock"]],
  ['2 dogs, 12 cats and 23 men', ['two', 'dogs', 'twelve', 'cats', 'and', 'twenty-three', 'men']],
  ['1,000 people; 007; 2012', ['thousand', 'people', 'seven', '2012']],
  ['men,women/children (crowd)', ['men', 'women', 'children', 'crowd']],
  ['Ｆｕｌｌ ﬁre', ['full', 'fire']],
  ['a dog 🐕 runs', ['a', 'dog', 'runs']],
  ['cafe\u0301', ['café']],
  ['собака и 犬', ['собака', 'и', '犬']],
  ['"Stop!" -- he said-', ['stop', 'he', 'said']],
  ['', []],
  [" ... '' - ?! \n\t", []],
])('%j is read as %j', (sentence, tokens) => {
  expect(tokenize(sentence)).toEqual(tokens);
});

test('capital I is i in every locale', () => {
  expect(tokenize('INSIDE')).toEqual(['inside']);
});

test.each([
  ['0', 'zero'],
  ['2', 'two'],
  ['02', 'two'],
  ['40', 'forty'],
  ['99', 'ninety-nine'],
  ['100', 'hundred'],
  ['1st', 'first'],
  ['1990', '1990'],
  ['7e1', '7e1'],
  ['0x10', '0x10'],
  ['3d', '3d'],
  ['dog', 'dog'],
])('the number %s is written %s', (token, word) => {
  expect(numberWord(token)).toBe(word);
});

test('a compound has parts, with numbers as words', () => {
  expect(partsOf('2-wheeled')).toEqual(['two', 'wheeled']);
  expect(partsOf('dog')).toEqual(['dog']);
});

test('accents can be taken off', () => {
  expect(withoutAccents('café')).toBe('cafe');
});

function vocabulary(...words: string[]) {
  return (word: string) => words.includes(word);
}

test.each([
  ['t-shirt', ['t-shirt', 'shirt', 't'], ['t-shirt'], []],
  ['t-shirt', ['tshirt', 'shirt', 't'], ['tshirt'], []],
  ['blue-eyed', ['blue', 'eyed'], ['blue', 'eyed'], []],
  ['blue-xyzzy', ['blue'], ['blue'], ['xyzzy']],
  ['twenty-three', ['twenty', 'three'], ['twenty', 'three'], []],
  ['café', ['cafe'], ['cafe'], []],
  ['dogs', ['dog', 'dogs'], ['dogs'], []],
  ['dogs', ['dog'], ['dog'], []],
  ['xyzzy', ['dog'], [], ['xyzzy']],
])('%s in a vocabulary of %j is %j, unknown %j', (token, words, known, unknown) => {
  expect(lookUp(token, vocabulary(...words))).toEqual({ known, unknown });
});
