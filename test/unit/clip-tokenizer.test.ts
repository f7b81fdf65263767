/** Token ids of CLIP, compared with published ones and with a plain byte-pair encoder that shares no code with the library. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isQuickPattern, openTokenizer, type SentenceTokenizer } from '../../models/clip/tokenizer.ts';
import {
  byteCharacters,
  clipTokenizer,
  endToken,
  mergeParts,
  publishedVocabulary,
  smallVocabulary,
  startToken,
  type TokenizerForm,
  type Vocabulary,
} from '../fixtures/clip-tokenizer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'descry-clip-tokenizer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function written(content: unknown): string {
  const file = path.join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
const options = { contextLength: 77, padding: null };
/** Reading the published tables takes a while: each form of them is read once. */
const opened = new Map<string, Promise<SentenceTokenizer>>();
function open(vocabulary: Vocabulary, form: TokenizerForm = {}, own = {}): Promise<SentenceTokenizer> {
  const key = JSON.stringify([vocabulary.merges.length, form, own]);
  const found = opened.get(key) ?? openTokenizer(written(clipTokenizer(vocabulary, form)), { ...options, ...own });
  opened.set(key, found);
  return found;
}

/** Radford et al. 2021, as in Hugging Face's CLIPTokenizerFast: without the repair of broken encodings (ftfy) of the first release. */
function plainIds(sentence: string, { ids, merges }: Vocabulary, longest = 77): number[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const text = sentence.normalize('NFC').toLowerCase();
  // what Rust and Python call a space, which JavaScript's \s is not in full
  const words = text.match(/'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu) ?? [];
  const tokens = words.flatMap((word) => {
    const parts = Array.from(Buffer.from(word, 'utf8'), (byte) => byteCharacters[byte]!);
    parts.push(`${parts.pop()!}</w>`);
    return mergeParts(parts, ranks);
  });
  return [ids[startToken]!, ...tokens.slice(0, longest - 2).map((token) => ids[token]!), ids[endToken]!];
}

const sentences = {
  English: 'Two young guys with shaggy hair look at their hands while hanging out in the yard.',
  'upper case': 'A PHOTO of A Cat',
  contractions: "it's a dog that doesn't run, they're we'll I'd we've I'm",
  'numbers and signs': '3 dogs & 12 cats @ 100% — #summer2024 $5.50 (a+b)=c',
  'accents, composed': 'un café à Köln, crème brûlée, señor, Łódź, İstanbul',
  'accents, decomposed': 'cafe\u0301 Ko\u0308ln n\u0303',
  'other scripts': 'собака бежит по снегу 犬が走る الكلب يجري हिन्दी 한국어',
  emoji: 'a dog 🐶❤️ 👩‍👩‍👧 🇩🇪 👍🏽!',
  'control characters': 'a\u0000 dog\u0007\u001b[31m on\u200b a\u00a0beach\u0085\ttoday\r\n\u202e',
  'a lone surrogate': 'a \ud83d dog',
  'letters that are no word': 'xqzjvkw aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa zzzzzzzz',
  'only spaces': '  \t \n ',
  empty: '',
};

describe.each([
  ['published', publishedVocabulary()],
  ['small', smallVocabulary(['a', 'dog', 'cat', 'photo', 'of', 'the', 'red', 'green', 'running', 'beach'])],
])('the tokens of the %s vocabulary', (name, vocabulary) => {
  if (vocabulary === null) {
    process.stderr.write(`\nSKIPPED: the ${name} vocabulary is not beside the checkout (../shared/clip)\n`);
    it.skip('needs ../shared/clip', () => undefined);
    return;
  }

  it.each(Object.entries(sentences))('of %s are those of a plain encoder', async (_, sentence) => {
    for (const processing of ['roberta', 'template'] as const) {
      for (const pairs of [false, true]) {
        const { ids, length } = (await open(vocabulary, { processing, pairs })).encode(sentence);
        expect(ids).toEqual(plainIds(sentence, vocabulary));
        expect(length).toBe(ids.length);
      }
    }
  });

  it('of what is too long are cut, and the end token stays', async () => {
    const tokenizer = await open(vocabulary);
    const long = Array.from({ length: 100 }, () => 'dog').join(' ');
    const { ids } = tokenizer.encode(long);
    expect(ids).toHaveLength(77);
    expect(ids).toEqual(plainIds(long, vocabulary));
    expect(ids.at(-1)).toBe(vocabulary.ids[endToken]);
    const exact = Array.from({ length: 75 }, () => 'dog').join(' ');
    expect(tokenizer.encode(exact)).toEqual(tokenizer.encode(`${exact} dog`));
    expect(tokenizer.encode(exact.slice(4)).ids).toHaveLength(76);
  });

  it('are filled up where the graph takes one length only', async () => {
    const tokenizer = await open(vocabulary, {}, { contextLength: 12, padding: 0 });
    const { ids, length } = tokenizer.encode('a dog');
    expect(ids).toEqual([...plainIds('a dog', vocabulary), ...new Array<number>(12 - length).fill(0)]);
    expect(length).toBe(plainIds('a dog', vocabulary).length);
    expect(tokenizer.encode('a dog '.repeat(50)).ids).toEqual(plainIds('a dog '.repeat(50), vocabulary, 12));
  });

  it.each([
    ['letters', 'a'.repeat(2_000_000)],
    ['words', 'dog '.repeat(500_000)],
    ['spaces', `${' '.repeat(2_000_000)}dog`],
    ['marks', `e${'\u0301'.repeat(500_000)}`],
    ['signs', '?!'.repeat(1_000_000)],
  ])('of two million %s take no time', async (_, text) => {
    const tokenizer = await open(vocabulary);
    const before = process.cpuUsage();
    expect(tokenizer.encode(text).ids.length).toBeLessThanOrEqual(77);
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(2000);
  });
});

it('gives the ids that the makers published', async ({ skip }) => {
  const vocabulary = publishedVocabulary();
  if (!vocabulary) return skip('needs ../shared/clip');
  const tokenizer = await open(vocabulary);
  expect(tokenizer.encode('a photo of a cat').ids).toEqual([49406, 320, 1125, 539, 320, 2368, 49407]);
  expect(tokenizer.encode('a photo of a dog').ids).toEqual([49406, 320, 1125, 539, 320, 1929, 49407]);
  expect(tokenizer.encode('').ids).toEqual([49406, 49407]);
});

describe('a file that is no tokenizer', () => {
  const small = () => clipTokenizer(smallVocabulary(['a', 'dog']));
  const changed = (change: Record<string, unknown>) => ({ ...small(), ...change });
  it.each([
    ['cut off', JSON.stringify(small()).slice(0, 400)],
    ['not JSON', 'PK\u0003\u0004'],
    ['a list', []],
    ['without a model', changed({ model: undefined })],
    ['of another kind', changed({ model: { type: 'Other', vocab: {} } })],
    ['with ids that are no numbers', changed({ model: { type: 'BPE', vocab: { a: 'b' }, merges: [] } })],
    ['without tokens around a sentence', changed({ post_processor: null })],
    [
      'with a pattern that takes too long',
      changed({ normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } }),
    ],
  ])('is refused with its name and the reason: %s', async (_, content) => {
    const file = written(content);
    const error: unknown = await openTokenizer(file, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'encoder-invalid', parameters: { file } });
    expect(String(error)).toContain(file);
  });

  it('is refused as a folder, and is missing where there is none', async () => {
    const inner = path.join(folder, 'a folder.json');
    mkdirSync(inner);
    await expect(openTokenizer(inner, options)).rejects.toMatchObject({ code: 'encoder-invalid' });
    await expect(openTokenizer(path.join(folder, 'none.json'), options)).rejects.toThrow(/ENOENT/);
  });
});

describe('a pattern', () => {
  it.each([
    "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
    "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
    '\\s+',
    ' {2,}',
  ])('of published tokenizers is quick: %s', (pattern) => expect(isQuickPattern(pattern)).toBe(true));

  it.each(['(a+)+$', '(?:a|a)*b', '(.*)\\1', 'a*a*a*a*b', '(a|b){2,}c', '(?=a+)b', `${'a|'.repeat(600)}b`])(
    'that may take too long is not: %s',
    (pattern) => expect(isQuickPattern(pattern)).toBe(false),
  );
});
