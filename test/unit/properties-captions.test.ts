/** Captions, splits, word vectors and sentences to words, for inputs that nobody wrote by hand. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readCaptionTable, readKarpathy, readSplitTable, readTokenFile } from '../../models/datasets/files.ts';
import { seededSplit } from '../../models/datasets/split.ts';
import { convertGloveText, convertWink, GloveTextReader, WinkReader } from '../../models/text/glove.ts';
import { lookUp } from '../../models/text/lookup.ts';
import { tokenize } from '../../models/text/tokenizer.ts';
import { loadWordVectors, WordVectors, WordVectorsWriter } from '../../models/text/word-vectors.ts';
import { damaged, jsonOf, property, textOf } from '../fixtures/properties.ts';
import { temporaryFolder } from '../fixtures/word-vectors.ts';

function smallTable(): Uint8Array {
  const place = mkdtempSync(path.join(tmpdir(), 'descry-table-'));
  const writer = new WordVectorsWriter(path.join(place, 'table'), 3);
  for (const [i, word] of ['the', 'dog', 'über', 'a'].entries()) writer.add(word, [i, 0.5, -i]);
  writer.finish();
  const bytes = readFileSync(path.join(place, 'table'));
  rmSync(place, { recursive: true });
  return bytes;
}

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await temporaryFolder('properties')));
afterAll(() => remove());

const trimmed = (text: string) => text === text.trim() && text !== '';
const lineCount = (text: string) => text.split(/\r\n|\n|\r/).length;

describe('captions', () => {
  const rows = textOf(
    ['a.jpg', '|', '| ', ' 0', '12', '#0\t', '#', '\t', '"', '""', ' ', ' A dog .', '\n', '\r\n', 'image_name'],
    { most: 20 },
  );
  for (const [name, read] of [
    ['a table', readCaptionTable],
    ['a token file', readTokenFile],
  ] as const) {
    property(`${name} gives rows with a name and a caption`, rows, (text) => {
      const table = read(text);
      for (const { name: photo, caption } of table.rows) {
        expect(trimmed(photo)).toBe(true);
        expect(trimmed(caption)).toBe(true);
      }
      expect(table.rows.length + table.malformed).toBeLessThanOrEqual(lineCount(text));
      expect(table.recovered).toBeLessThanOrEqual(table.rows.length);
    });
  }

  const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => trimmed(text) && !/["|]/.test(text));
  const caption = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((text) => trimmed(text) && !/[\r\n]/.test(text) && !text.includes('"'));
  property('a written table is read back', fc.array(fc.record({ name, caption }), { maxLength: 5 }), (written) => {
    const text = written.map((row, i) => `${row.name}| ${i}| ${row.caption}\r\n`).join('');
    const heading = 'image_name| comment_number| comment\n';
    expect(readCaptionTable(heading + text)).toEqual({ rows: written, malformed: 0, recovered: 0 });
  });

  property(
    'a split names each photo once, or says which line is wrong',
    textOf(['a.jpg', 'b.jpg', ',', ';', 'train', 'val', ' test', 'restval', '\n', '"', 'image_name,split\n']),
    (text) => {
      try {
        for (const [photo, split] of readSplitTable(text)) {
          expect(trimmed(photo)).toBe(true);
          expect(['train', 'val', 'test']).toContain(split);
        }
      } catch (error) {
        expect(String(error)).toMatch(/^RangeError: (?:line \d+ is|the name in line \d+ is)/);
      }
    },
  );

  property('a seeded split has every name once', fc.uniqueArray(fc.string(), { maxLength: 30 }), (names) => {
    expect([...seededSplit(names, 1).keys()].sort()).toEqual([...names].sort());
  });

  const json = jsonOf(['images', 'filename', 'split', 'sentences', 'raw', 'train', 'tokens']);
  const image = fc.record(
    { filename: fc.oneof(fc.string(), json), split: fc.constantFrom('train', 'val', 'x'), sentences: json },
    { requiredKeys: ['filename', 'split'] },
  );
  property(
    "Karpathy's JSON is read or refused",
    fc.oneof(
      json.map((value) => JSON.stringify(value)),
      fc.array(image, { maxLength: 4 }).map((images) => JSON.stringify({ images })),
      textOf(['{', '"images"', ':', '[', ']', '}', ',', '"filename":"a.jpg"', '"split":"train"', '"raw"']),
    ),
    (text) => {
      try {
        const { rows: read, splits } = readKarpathy(text);
        for (const row of read) expect(splits.has(row.name) && trimmed(row.caption)).toBe(true);
      } catch (error) {
        expect(error instanceof RangeError || error instanceof SyntaxError).toBe(true);
      }
    },
  );
});

describe('word vectors', () => {
  const glove = textOf(
    ['the', 'dog', ' 0.5', ' -1e3', ' 1 2', '\t', '\n', '\n', ' 70000', ' x', '400000 2\n', 'THE', 'é'],
    { most: 16 },
  );
  /** Keeps what a reader gives, as a table does. */
  const sink = (dimensions: number) => {
    const rows = new Map<string, readonly number[]>();
    return {
      rows,
      dimensions,
      get size() {
        return rows.size;
      },
      has: (word: string) => rows.has(word),
      add: (word: string, vector: readonly number[]) => void rows.set(word, vector),
    };
  };
  const expectVectors = ({ rows, dimensions }: ReturnType<typeof sink>) => {
    for (const [word, vector] of rows) {
      expect(word).not.toBe('');
      expect(vector).toHaveLength(dimensions);
      expect(vector.every(Number.isFinite)).toBe(true);
    }
  };

  property("a text in GloVe's format gives words and vectors, or is refused", glove, (text) => {
    const reader = new GloveTextReader(sink);
    for (const line of text.split('\n')) reader.add(line);
    try {
      const report = reader.end();
      expect(report.malformedLines).toBeLessThanOrEqual(report.words + report.repeated);
      expect([report.sink.size, report.sink.dimensions]).toEqual([report.words, report.dimensions]);
      expectVectors(report.sink);
    } catch (error) {
      expect(String(error)).toMatch(/^Error: (?:line \d+: |it is empty)/);
    }
  });

  const wink = JSON.stringify({
    ...{ l2NormIndex: 2, wordIndex: 3, size: 2, dimensions: 2, words: ['the', 'd"og'] },
    vectors: { the: [1, 2, 3, 0], 'd"og': [0.5, -1, 1, 1] },
  });
  const pieces = fc.tuple(damaged(Buffer.from(wink)), fc.integer({ min: 1, max: 200 }));
  property("wink's JSON gives words and vectors, or is refused, in pieces of any length", pieces, ([bytes, length]) => {
    const text = new TextDecoder().decode(bytes);
    const reader = new WinkReader(sink);
    try {
      for (let at = 0; at < text.length && reader.add(text.slice(at, at + length)); at += length);
      expectVectors(reader.end());
    } catch (error) {
      const expected = error instanceof SyntaxError || error instanceof z.ZodError;
      if (!expected) expect(String(error)).toMatch(/^Error: (?:no vectors|the list|it ends|the row|after)/);
    }
  });

  test('both are written to files in this way, and nothing is left of what is refused', async () => {
    const [source, table] = [path.join(folder, 'source'), path.join(folder, 'table')];
    writeFileSync(source, wink);
    await convertWink(source, table);
    expect(loadWordVectors(table).rank('d"og')).toBe(1);
    writeFileSync(source, wink.slice(0, -20));
    await expect(convertWink(source, table)).rejects.toMatchObject({ code: 'asset-corrupt' });
    writeFileSync(source, 'dog 1 2\ncat 2 3\n');
    expect(await convertGloveText(source, table)).toMatchObject({ words: 2, dimensions: 2, malformedLines: 0 });
    writeFileSync(source, `dog 1 2\ncat ${'3 '.repeat(200_000)}\n`);
    await expect(convertGloveText(source, table)).rejects.toThrow(/Line 2 is longer than 262,144 characters/);
    expect(readdirSync(folder).sort()).toEqual(['source', 'table']);
  });

  /** With the hash of its index made anew: else nothing behind that check would be reached. */
  const rehashed = (table: Uint8Array) => {
    const bytes = Buffer.from(new Uint8Array(table).buffer);
    if (bytes.length < 96) return bytes;
    const [dimensions, size] = [bytes.readUInt32LE(12), bytes.readUInt32LE(16)];
    const index = 96 + Math.ceil((size * dimensions * 2) / 4) * 4;
    if (index <= bytes.length) createHash('sha256').update(bytes.subarray(index)).digest().copy(bytes, 56);
    return bytes;
  };
  property('a damaged table is refused, or looks up words without leaving it', damaged(smallTable()), (bytes) => {
    let vectors: WordVectors;
    try {
      vectors = new WordVectors(rehashed(bytes));
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      return;
    }
    for (const word of ['dog', 'a', 'zebra', '']) {
      const rank = vectors.rank(word);
      expect(rank).toBeGreaterThanOrEqual(-1);
      expect(rank).toBeLessThan(vectors.size);
    }
    for (let rank = 0; rank < vectors.size; rank++) {
      expect(vectors.row(rank)).toHaveLength(vectors.dimensions);
      expect(typeof vectors.word(rank)).toBe('string');
    }
  });
});

describe('sentences to words', () => {
  const sentence = textOf(
    ['dog', ' ', "'s", "n't", " 's", '1,000', '-', '’', 't-shirt', 'Über', "o'clock", '007', '1st', 'ſ', 'ŉ'],
    { most: 20 },
  );
  property('gives words in lower case without spaces, the same again', sentence, (text) => {
    const tokens = tokenize(text);
    for (const token of tokens) {
      expect(token).not.toMatch(/\s/);
      expect(token).not.toBe('');
      const { known, unknown } = lookUp(token, (word) => word.length % 2 === 0);
      expect(known.every((word) => word.length % 2 === 0)).toBe(true);
      expect(known.length + unknown.length).toBeGreaterThan(0);
    }
    expect(tokenize(text)).toEqual(tokens);
  });
});
