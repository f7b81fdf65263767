import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertGloveText, convertWink } from '../../models/text/glove.ts';
import { loadWordVectors } from '../../models/text/word-vectors.ts';
import { allWords, temporaryFolder, vectorOfWord } from '../fixtures/word-vectors.ts';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await temporaryFolder('glove')));
afterAll(() => remove());

const words = ['the', ',', 'dog', '"', 'a]b', '“', '__proto__', 'vectors', 'zebra'];
/** Exact in half precision, and different for each word. */
const vectorOf = (rank: number) => [rank + 0.5, 2 - rank / 4, 1 / (1 << rank)];

interface Wink {
  words: string[];
  vectors: [string, number[]][];
}
const wink = (): Wink => ({ words, vectors: words.map((word, rank) => [word, [...vectorOf(rank), 9.87654321, rank]]) });

async function writeWink(name: string, { words, vectors }: Wink, size = words.length): Promise<string> {
  const file = path.join(folder, name);
  const header = JSON.stringify({ precision: 8, l2NormIndex: 3, wordIndex: 4, size, dimensions: 3, words });
  const rows = vectors.map(([word, row]) => `${JSON.stringify(word)}:${JSON.stringify(row)}`);
  await writeFile(file, `${header.slice(0, -1)},"vectors":{${rows.join(',')}},"unkVector":[0,0,0,0,-1]}`);
  return file;
}

describe("wink's JSON", () => {
  test('becomes a table with every word at its rank and with its vector', async () => {
    const out = path.join(folder, 'wink.bin');
    const progress: number[] = [];
    await convertWink(await writeWink('wink.json', wink()), out, (done, total) => progress.push(done / total));
    const table = loadWordVectors(out);
    expect([table.size, table.dimensions]).toEqual([words.length, 3]);
    expect(allWords(table)).toEqual(words);
    words.forEach((word, rank) => {
      expect(table.rank(word)).toBe(rank);
      expect(vectorOfWord(table, word)).toEqual(Float32Array.from(vectorOf(rank)));
    });
    expect(progress.at(-1)).toBe(1);
  });

  test('leaves words that it lacks without rank and vector', async () => {
    const table = loadWordVectors(path.join(folder, 'wink.bin'));
    for (const word of ['do', 'dogs', '', 'zebraz', 'aardvark', '”', 'constructor']) {
      expect(table.rank(word)).toBe(-1);
      expect(vectorOfWord(table, word)).toBeUndefined();
    }
  });

  test('gives the same file each time, and another id for other vectors', async () => {
    const again = path.join(folder, 'again.bin');
    await convertWink(path.join(folder, 'wink.json'), again);
    const first = path.join(folder, 'wink.bin');
    expect(await readFile(again)).toEqual(await readFile(first));
    const other = wink();
    other.vectors[2]![1][0] = 7;
    await convertWink(await writeWink('other.json', other), again);
    expect(loadWordVectors(again).id).not.toBe(loadWordVectors(first).id);
  });

  test.each<[string, (wink: Wink) => void, number?]>([
    ['a row that is missing', ({ vectors }) => vectors.pop()],
    ['rows in another order', ({ vectors }) => vectors.reverse()],
    ['a row that is too short', ({ vectors }) => vectors[4]![1].pop()],
    ['another number of words than it says', () => undefined, 12],
  ])('is refused with %s, and nothing is left behind', async (_, spoil, size) => {
    const spoilt = wink();
    spoil(spoilt);
    const file = await writeWink('spoilt.json', spoilt, size);
    await expect(convertWink(file, path.join(folder, 'spoilt.bin'))).rejects.toMatchObject({
      code: 'asset-corrupt',
      message: expect.stringContaining(file) as string,
    });
    expect((await readdir(folder)).filter((name) => name.includes('spoilt.bin'))).toEqual([]);
  });

  test('is refused when cut off in the middle or another file', async () => {
    const text = await readFile(path.join(folder, 'wink.json'), 'utf8');
    for (const content of [text.slice(0, text.length - 100), text.slice(0, 60), '{"vectors":{}}', 'the 0.1 0.2 0.3']) {
      const file = path.join(folder, 'cut.json');
      await writeFile(file, content);
      await expect(convertWink(file, path.join(folder, 'cut.bin'))).rejects.toMatchObject({ code: 'asset-corrupt' });
    }
  });
});

describe("a user's text file", () => {
  const convert = async (content: string) => {
    const file = path.join(folder, 'own.txt');
    const out = path.join(folder, 'own.bin');
    await writeFile(file, content);
    return { report: await convertGloveText(file, out), table: loadWordVectors(out) };
  };

  test('may have any dimension, CRLF, a byte order mark and a heading of word2vec', async () => {
    const { report, table } = await convert('\ufeffthe 1 2 3 4 5\r\nDog -1 0 1e-1 2.5E0 .5\r\n\r\n');
    expect(report).toEqual({ dimensions: 5, words: 2, malformedLines: 0, malformed: [], repeated: 0 });
    expect(vectorOfWord(table, 'dog')![3]).toBe(2.5);
    expect((await convert('2 3\nthe 1 2 3\ndog 4 5 6\n')).report).toMatchObject({ dimensions: 3, words: 2 });
  });

  test('has malformed lines reported with their numbers and keeps the others', async () => {
    const { report, table } = await convert(
      'the 1 2 3\ndog 1 2\ncat 1 x 3\nTHE 4 5 6\nhen 1 2 99999\nfox 7 8 9\nowl 1 2 3',
    );
    expect(allWords(table)).toEqual(['the', 'fox', 'owl']);
    expect(vectorOfWord(table, 'the')).toEqual(Float32Array.of(1, 2, 3));
    expect(report).toMatchObject({ words: 3, malformedLines: 3, repeated: 1 });
    expect(report.malformed.map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  test.each([
    ['nothing', ''],
    ['prose', 'It was the best of times,\nit was the worst of times\n'],
    ['bytes of a photo', '\ufffd\ufffd\u0000\u0010JFIF\n\u0001\u0002 \u0000\n'],
  ])('is refused when it has %s', async (_, content) => {
    await expect(convert(content)).rejects.toMatchObject({
      code: 'asset-corrupt',
      message: expect.stringContaining('own.txt') as string,
    });
  });
});

describe('a table file', () => {
  test.each<[string, (file: string, bytes: Buffer) => Promise<void>]>([
    ['empty', (file) => truncate(file, 0)],
    ['cut off', (file, bytes) => truncate(file, bytes.length - 1)],
    ['damaged in its words', (file, bytes) => writeFile(file, bytes.fill(1, bytes.length - 3))],
    ['of another version', (file, bytes) => writeFile(file, bytes.fill(9, 8, 9))],
    ['a text', (file) => writeFile(file, 'the 0.1 0.2\n'.repeat(100))],
  ])('that is %s is refused by name', async (_, spoil) => {
    const file = path.join(folder, 'damaged.bin');
    const bytes = await readFile(path.join(folder, 'wink.bin'));
    await writeFile(file, bytes);
    await spoil(file, bytes);
    expect(() => loadWordVectors(file)).toThrow(
      expect.objectContaining({ code: 'asset-corrupt', message: expect.stringContaining(file) as string }),
    );
  });

  test('that is absent is not found', () => {
    expect(() => loadWordVectors(path.join(folder, 'none.bin'))).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });
});
