/**
 * The text files of Flickr30K. They are not CSV: captions contain commas, spaces around the bars vary, and quotes may be part
 * of a caption or surround it. A CSV parser would join the rows between two unmatched quotes.
 */
import { z } from 'zod';
import { linesOf, type Line } from '../files/lines.ts';

export type Split = 'train' | 'val' | 'test';

export interface CaptionRow {
  readonly name: string;
  readonly caption: string;
}

export interface CaptionTable {
  readonly rows: CaptionRow[];
  /** rows left out */
  readonly malformed: number;
  /** rows that were read although a bar is missing */
  readonly recovered: number;
}

/**
 * What the files may hold. Flickr30K's and COCO's are far below: 18 MB of rows, 144 MB of JSON, captions of up to 400 characters.
 * A file beyond a limit is refused with the line and the limit, since it is another file than was meant.
 */
export const captionLimits = {
  /** bytes of a file of rows, which is read as a stream */
  rowFileBytes: 512 * 2 ** 20,
  /** bytes of a JSON file, which is parsed as a whole */
  jsonBytes: 256 * 2 ** 20,
  /** UTF-16 code units of a line */
  lineLength: 65_536,
  rows: 5_000_000,
  /** UTF-16 code units of a caption, and of a photo's name */
  captionLength: 10_000,
  nameLength: 1000,
} as const;

/** @throws RangeError with the place and the limit */
function checkLength(what: string, text: string, longest: number, place: string): void {
  if (text.length > longest) {
    throw new RangeError(`the ${what} in ${place} is longer than ${longest.toLocaleString('en')} characters`);
  }
}

/** Removes quotes around the whole value, and the doubling of quotes inside it. */
function unquoted(value: string): string {
  const trimmed = value.trim();
  if (trimmed.length < 2 || !trimmed.startsWith('"') || !trimmed.endsWith('"')) return trimmed;
  const inside = trimmed.slice(1, -1);
  // `"Stop" says the sign next to "Go"` begins and ends with a quote and is not quoted.
  if (/(?<!")"(?!")/.test(inside.replaceAll('""', ''))) return trimmed;
  return inside.replaceAll('""', '"').trim();
}

const headings = /^"?image(?:_name)?"?\s*\|/i;

interface Row {
  readonly name: string;
  readonly caption: string;
  readonly recovered?: boolean;
}

/** `image_name| comment_number| comment` */
function captionRow(line: string): Row | undefined {
  const first = line.indexOf('|');
  if (first < 0) return undefined;
  const name = unquoted(line.slice(0, first));
  const second = line.indexOf('|', first + 1);
  if (second >= 0) {
    const isNumbered = /^"?\d+"?$/.test(line.slice(first + 1, second).trim());
    return isNumbered ? { name, caption: unquoted(line.slice(second + 1)) } : undefined;
  }
  // As in the public results.csv: `2199200615.jpg| 4   A dog runs across the grass .`
  const rest = line.slice(first + 1).trimStart();
  const digits = /^\d+(?=\s)/.exec(rest)?.[0];
  return digits === undefined ? undefined : { name, caption: unquoted(rest.slice(digits.length)), recovered: true };
}

/** `NAME.jpg#0<tab>caption` */
function tokenRow(line: string): Row | undefined {
  const row = /^(.+?)#\d+\t(.*)$/s.exec(line);
  return row ? { name: row[1]!.trim(), caption: row[2]!.trim() } : undefined;
}

/** Reads rows one by one: of a table of captions, or of a file with the extension `.token`. */
export class CaptionReader {
  readonly rows: CaptionRow[] = [];
  malformed = 0;
  recovered = 0;
  readonly #isTokenFile: boolean;

  constructor(form: 'table' | 'tokens') {
    this.#isTokenFile = form === 'tokens';
  }

  /** @throws RangeError where a field, or the file, is beyond a limit */
  add({ number, text }: Line): void {
    if (text.trim() === '' || (number === 1 && !this.#isTokenFile && headings.test(text))) return;
    const row = this.#isTokenFile ? tokenRow(text) : captionRow(text);
    if (!row || row.name === '' || row.caption === '') {
      this.malformed++;
      return;
    }
    const { name, caption, recovered } = row;
    checkLength('name', name, captionLimits.nameLength, `line ${number}`);
    checkLength('caption', caption, captionLimits.captionLength, `line ${number}`);
    if (this.rows.length === captionLimits.rows) throw tooManyRows(number);
    if (recovered) this.recovered++;
    this.rows.push({ name, caption });
  }

  get table(): CaptionTable {
    const { rows, malformed, recovered } = this;
    return { rows, malformed, recovered };
  }
}

const tooManyRows = (line: number) =>
  new RangeError(`line ${line} is beyond the limit of ${captionLimits.rows.toLocaleString('en')} rows`);

function readWhole(text: string, reader: CaptionReader): CaptionTable {
  for (const line of linesOf(text, captionLimits.lineLength)) reader.add(line);
  return reader.table;
}

/** `image_name| comment_number| comment`, with or without the heading. @throws RangeError beyond a limit */
export const readCaptionTable = (text: string): CaptionTable => readWhole(text, new CaptionReader('table'));

/** `NAME.jpg#0<tab>caption`, as the authors of Flickr30K publish it. @throws RangeError beyond a limit */
export const readTokenFile = (text: string): CaptionTable => readWhole(text, new CaptionReader('tokens'));

const splitNames = new Map<string, Split>([
  ['train', 'train'],
  ['training', 'train'],
  // Karpathy's name for photos of the original validation set that he trains on
  ['restval', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['dev', 'val'],
  ['test', 'test'],
  ['testing', 'test'],
]);

const splitHeading = /^"?image(?:_name)?"?\s*[,|;\t]/i;

/** Reads rows of `image_name,split` one by one, with or without the heading. */
export class SplitReader {
  readonly splits = new Map<string, Split>();

  /** @throws RangeError with the line where a row is not a name and a split, or is beyond a limit */
  add({ number, text }: Line): void {
    if (text.trim() === '' || (number === 1 && splitHeading.test(text))) return;
    const at = Math.max(...[',', '|', ';', '\t'].map((separator) => text.lastIndexOf(separator)));
    const name = unquoted(text.slice(0, Math.max(0, at)));
    const split = splitNames.get(unquoted(text.slice(at + 1)).toLowerCase());
    if (name === '' || !split) {
      throw new RangeError(`line ${number} is not "image_name,split" with the split train, val or test`);
    }
    checkLength('name', name, captionLimits.nameLength, `line ${number}`);
    if (this.splits.size === captionLimits.rows) throw tooManyRows(number);
    this.splits.set(name, split);
  }
}

/**
 * `image_name,split`, with or without the heading.
 * @throws RangeError with the line where a row is not a name and a split
 */
export function readSplitTable(text: string): Map<string, Split> {
  const reader = new SplitReader();
  for (const line of linesOf(text, captionLimits.lineLength)) reader.add(line);
  return reader.splits;
}

const karpathyImage = z.object({
  filename: z.string().min(1).max(captionLimits.nameLength),
  split: z.string(),
  sentences: z.array(z.object({ raw: z.string().max(captionLimits.captionLength) })).default([]),
});
const karpathy = z.object({ images: z.array(z.unknown()) });

/**
 * Karpathy & Li's `dataset_flickr30k.json`: captions and split in one.
 * @throws a parse error, or RangeError where a photo has another split than train, restval, val or test, or is beyond a limit
 */
export function readKarpathy(text: string): { rows: CaptionRow[]; splits: Map<string, Split> } {
  const { images } = parsed(karpathy, JSON.parse(text), '');
  const splits = new Map<string, Split>();
  const rows: CaptionRow[] = [];
  // One by one: the first that is wrong is named, however many are.
  for (const [i, image] of images.entries()) {
    const { filename, split: word, sentences } = parsed(karpathyImage, image, `image ${i + 1}: `);
    const split = splitNames.get(word);
    if (!split) throw new RangeError(`${filename} has the split "${word.slice(0, 100)}"`);
    splits.set(filename, split);
    for (const { raw } of sentences) if (raw.trim() !== '') rows.push({ name: filename, caption: raw.trim() });
  }
  return { rows, splits };
}

function parsed<T extends z.ZodType>(schema: T, value: unknown, place: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RangeError(place + z.prettifyError(result.error).split('\n', 2).join(' '));
}
