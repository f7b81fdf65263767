/**
 * Sentences → token ids, by Hugging Face's own library and the tokenizer.json that belongs to the graphs.
 *
 * The library (@huggingface/tokenizers) is plain JavaScript: it opens no file and no connection, and has no dependencies.
 */
import { z } from 'zod';
import type { Tokenizer } from '@huggingface/tokenizers';
import { DescryError, errorMessage, reasonOf } from '../errors.ts';
import { wrongPart } from '../files/wrong-part.ts';
import { normalized } from '../files/normalized.ts';
import { FileRefused, readRegularFile } from '../files/regular-file.ts';

/** CLIP's has 2.2 MB; that of a multilingual model about 17 MB. */
const largestFile = 64 << 20;

export interface TokenizerOptions {
  /** tokens of a sentence with those at its start and end */
  readonly contextLength: number;
  /** fills each sentence up to `contextLength`; null: none is filled */
  readonly padding: number | null;
}

export interface SentenceTokens {
  /** with the tokens at start and end; what is too long is cut before the last of them */
  readonly ids: readonly number[];
  /** how many are not padding */
  readonly length: number;
}

export interface SentenceTokenizer {
  readonly encode: (sentence: string) => SentenceTokens;
}

/** What a tokenizer.json says besides its tables. */
export interface TokenizerLimits {
  /** tokens of the longest sentence; null: it does not say */
  readonly longest: number | null;
  /** all sentences are filled up to this length; null: they are not */
  readonly fixedLength: number | null;
  /** null: it does not say */
  readonly paddingId: number | null;
}

const ids = z.record(z.string(), z.int().min(0));
/** The parts that are used here or decide whether the library can read it; others are the library's. */
const tokenizerFile = z.looseObject({
  model: z.looseObject({
    type: z.enum(['BPE', 'WordPiece', 'Unigram']).optional(),
    vocab: z.union([ids, z.array(z.tuple([z.string(), z.number()]))]),
  }),
  added_tokens: z.array(z.looseObject({ id: z.int().min(0), content: z.string() })).default([]),
  normalizer: z.looseObject({}).nullable().default(null),
  pre_tokenizer: z.looseObject({}).nullable().default(null),
  post_processor: z.looseObject({}).nullable().default(null),
  decoder: z.looseObject({}).nullable().default(null),
  truncation: z.looseObject({ max_length: z.int().positive() }).nullable().default(null),
  padding: z
    .looseObject({
      strategy: z.union([z.string(), z.looseObject({ Fixed: z.int().positive() })]),
      pad_id: z.int().min(0),
    })
    .nullable()
    .default(null),
});
type TokenizerFile = z.infer<typeof tokenizerFile>;

export function limitsOf({ truncation, padding }: TokenizerFile): TokenizerLimits {
  return {
    longest: truncation?.max_length ?? null,
    fixedLength: typeof padding?.strategy === 'object' ? padding.strategy.Fixed : null,
    paddingId: padding?.pad_id ?? null,
  };
}

/** @throws DescryError `encoder-invalid` with what is wrong, `not-found`, `no-permission` */
export async function readTokenizer(file: string): Promise<TokenizerFile> {
  const text = await readRegularFile(file, { largest: largestFile }).catch((error: unknown) => {
    if (error instanceof FileRefused) throw invalid(file, errorMessage(error), error);
    throw error;
  });
  try {
    const parsed = tokenizerFile.parse(JSON.parse(text.toString('utf8')));
    for (const pattern of patternsOf(parsed)) {
      if (!isQuickPattern(pattern)) throw new Error(`its pattern ${JSON.stringify(pattern)} could take too long`);
    }
    return parsed;
  } catch (error) {
    const reason = error instanceof z.ZodError ? wrongPart(error, 'part') : '';
    throw invalid(file, reason || reasonOf(error), error);
  }
}

/** @throws DescryError as `readTokenizer` */
export async function openTokenizer(file: string, options: TokenizerOptions): Promise<SentenceTokenizer> {
  const content = await readTokenizer(file);
  // 100 kB of code that only a process with sentences needs
  const library = await import('@huggingface/tokenizers');
  try {
    // Of the configuration beside a tokenizer.json the library uses nothing for such models but this.
    return sentenceTokenizer(new library.Tokenizer(content, { clean_up_tokenization_spaces: false }), options);
  } catch (error) {
    throw invalid(file, errorMessage(error), error);
  }
}

function sentenceTokenizer(tokenizer: Tokenizer, { contextLength, padding }: TokenizerOptions): SentenceTokenizer {
  const sample = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const around = tokenizer.encode('a').ids;
  const first = around.length - sample.length === 0 ? 0 : around.findIndex((_, i) => startsWith(around, sample, i));
  const [start, end] = [around.slice(0, first), around.slice(first + sample.length)];
  if (first < 0 || start.length + end.length === 0 || start.length + end.length >= contextLength) {
    throw new Error('it puts no tokens at the start and the end of a sentence');
  }
  const room = contextLength - start.length - end.length;
  return {
    encode: (sentence) => {
      const content = tokenizer.encode(bounded(sentence, room), { add_special_tokens: false }).ids;
      const own = [...start, ...content.slice(0, room), ...end];
      const filling = padding === null ? [] : new Array<number>(contextLength - own.length).fill(padding);
      return { ids: [...own, ...filling], length: own.length };
    },
  };
}

const startsWith = (row: readonly number[], part: readonly number[], from: number) =>
  part.every((id, i) => row[from + i] === id);

/** The longest token of CLIP's vocabulary has 32 bytes: what comes after so many characters cannot be among the tokens that are kept. */
const longestToken = 64;

/** Of a text of any length, what can matter, in linear time. */
const bounded = (sentence: string, tokens: number): string =>
  normalized(sentence.slice(0, 64 * longestToken * tokens), 'NFC')
    .replace(/[ \t\r\n]+/g, ' ')
    .slice(0, longestToken * tokens);

/** All regular expressions in it, which the library compiles. */
function patternsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    // tables of 50,000 entries
    if (key === 'vocab' || key === 'merges') return [];
    return key === 'Regex' ? [String(inner)] : patternsOf(inner);
  });
}

/**
 * Whether a regular expression takes a bounded time on a sentence: a file from anywhere must not hold up the process that
 * searches. No repeated group, no reference, and in each alternative two repetitions at most: its time then grows at most with the
 * cube of the length.
 */
export function isQuickPattern(pattern: string): boolean {
  if (pattern.length > 1000 || /\)[*+?{]|\\[1-9k]|\(\?<?[=!]/.test(pattern)) return false;
  const withoutClasses = pattern.replace(/\\(?:[pP]\{[^}]*\}|.)/gu, 'x').replace(/\[[^\]]*\]/g, 'x');
  return withoutClasses.split('|').every((one) => (one.match(/[*+]|\{\d+,/g) ?? []).length <= 2);
}

const invalid = (file: string, reason: string, cause: unknown) =>
  new DescryError(
    'encoder-invalid',
    `${file} is no tokenizer that Descry can use: ${reason}. Get the file again from where the model comes from.`,
    { cause, parameters: { file } },
  );
