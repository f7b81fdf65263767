/**
 * The text files of Flickr30K. They are not CSV: captions contain commas, spaces around the bars vary, and quotes may be part
 * of a caption or surround it. A CSV parser would join the rows between two unmatched quotes.
 */
import { z } from 'zod';

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

const linesOf = (text: string) => text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');

/** Removes quotes around the whole value, and the doubling of quotes inside it. */
function unquoted(value: string): string {
  const trimmed = value.trim();
  const inside = /^"(.*)"$/s.exec(trimmed)?.[1];
  // `"Stop" says the sign next to "Go"` begins and ends with a quote and is not quoted.
  if (inside === undefined || /(?<!")"(?!")/.test(inside.replaceAll('""', ''))) return trimmed;
  return inside.replaceAll('""', '"').trim();
}

const fullRow = /^([^|]+)\|\s*"?\d+"?\s*\|(.*)$/;
/** As in the public results.csv: `2199200615.jpg| 4   A dog runs across the grass .` */
const rowWithoutSecondBar = /^([^|]+)\|\s*(?:\d+)\s+([^|]+)$/;

/** `image_name| comment_number| comment`, with or without the heading. */
export function readCaptionTable(text: string): CaptionTable {
  const rows: CaptionRow[] = [];
  let malformed = 0;
  let recovered = 0;
  linesOf(text).forEach((line, index) => {
    if (index === 0 && /^"?image(?:_name)?"?\s*\|/i.test(line)) return;
    const full = fullRow.exec(line);
    const row = full ?? rowWithoutSecondBar.exec(line);
    const name = unquoted(row?.[1] ?? '');
    const caption = unquoted(row?.[2] ?? '');
    if (name === '' || caption === '') {
      malformed++;
      return;
    }
    if (!full) recovered++;
    rows.push({ name, caption });
  });
  return { rows, malformed, recovered };
}

/** `NAME.jpg#0<tab>caption`, as the authors of Flickr30K publish it. */
export function readTokenFile(text: string): CaptionTable {
  const rows: CaptionRow[] = [];
  let malformed = 0;
  for (const line of linesOf(text)) {
    const row = /^(.+?)#\d+\t(.*)$/.exec(line);
    const name = row?.[1]?.trim() ?? '';
    const caption = row?.[2]?.trim() ?? '';
    if (name === '' || caption === '') malformed++;
    else rows.push({ name, caption });
  }
  return { rows, malformed, recovered: 0 };
}

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

/**
 * `image_name,split`, with or without the heading.
 * @throws RangeError with the line where a row is not a name and a split
 */
export function readSplitTable(text: string): Map<string, Split> {
  const splits = new Map<string, Split>();
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line.trim() === '' || (index === 0 && /^"?image(?:_name)?"?\s*[,|;\t]/i.test(line))) return;
    const [, name = '', word = ''] = /^(.+)[,|;\t]([^,|;\t]+)$/.exec(line) ?? [];
    const split = splitNames.get(unquoted(word).toLowerCase());
    if (unquoted(name) === '' || !split) {
      throw new RangeError(`line ${index + 1} is not "image_name,split" with the split train, val or test`);
    }
    splits.set(unquoted(name), split);
  });
  return splits;
}

const karpathy = z.object({
  images: z.array(
    z.object({
      filename: z.string().min(1),
      split: z.string(),
      sentences: z.array(z.object({ raw: z.string() })).default([]),
    }),
  ),
});

/**
 * Karpathy & Li's `dataset_flickr30k.json`: captions and split in one.
 * @throws a parse error, or RangeError where a photo has another split than train, restval, val or test
 */
export function readKarpathy(text: string): { rows: CaptionRow[]; splits: Map<string, Split> } {
  const parsed = karpathy.safeParse(JSON.parse(text));
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error).split('\n', 2).join(' '));
  const splits = new Map<string, Split>();
  const rows: CaptionRow[] = [];
  for (const { filename, split: word, sentences } of parsed.data.images) {
    const split = splitNames.get(word);
    if (!split) throw new RangeError(`${filename} has the split "${word}"`);
    splits.set(filename, split);
    for (const { raw } of sentences) if (raw.trim() !== '') rows.push({ name: filename, caption: raw.trim() });
  }
  return { rows, splits };
}
