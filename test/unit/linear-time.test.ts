/**
 * Parsers of text from outside take time in proportion to its length. What is tried are texts that make regular expressions look
 * again and again: until November 2026 a line of 90 kB of spaces in captions.csv took 17 s.
 */
import { describe, expect, test } from 'vitest';
import { withDashSentences } from '../../electron/cli/dash-sentences.ts';
import { fileName } from '../../electron/ipc/format.ts';
import { photoKind } from '../../electron/services/library/photo-kind.ts';
import { pathFilter } from '../../electron/services/library/scan.ts';
import { fold } from '../../electron/services/places/format.ts';
import { withEmojiWords } from '../../electron/services/understanding/emoji.ts';
import { splitWords } from '../../electron/services/understanding/words.ts';
import { parsePhotoAddress } from '../../electron/shell/photo-address.ts';
import { timeInName } from '../../electron/store/name-time.ts';
import { clockTime } from '../../electron/vision/clock-time.ts';
import { cameraName, plainText } from '../../electron/vision/exif.ts';
import { readIptcDate } from '../../electron/vision/iptc.ts';
import { readXmp } from '../../electron/vision/xmp.ts';
import { CaptionReader, readKarpathy, SplitReader } from '../../models/datasets/files.ts';
import { linesOf } from '../../models/files/lines.ts';
import { identityFromText } from '../../models/resnet50-glove/identity.ts';
import { GloveTextReader, WinkReader } from '../../models/text/glove.ts';
import { lookUp } from '../../models/text/lookup.ts';
import { tokenize } from '../../models/text/tokenizer.ts';
import { stillSaid, withoutWords } from '../../renderer/state/search-parts.ts';
import { replaceWord } from '../../renderer/state/replace-word.ts';
import { Command } from 'commander';

const characters = 100_000;
const attempted = <T>(work: () => T) => {
  try {
    return work();
  } catch {
    return undefined; // refused, which is an answer, too
  }
};
const sink = () => ({ size: 0, has: () => false, add: () => undefined });
const caption = (form: 'table' | 'tokens') => (text: string) => {
  const reader = new CaptionReader(form);
  attempted(() => reader.add({ number: 2, text }));
  attempted(() => reader.add({ number: 1, text }));
};
const wink = (text: string) => {
  const reader = new WinkReader(sink);
  const header = '{"l2NormIndex":1,"wordIndex":2,"size":1,"dimensions":1,"words":["a"],"vectors":{';
  attempted(() => reader.add(header + text));
  attempted(() => new WinkReader(sink).add(text));
};
const program = new Command();
program.command('search');

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  'rows of captions': caption('table'),
  'rows of a token file': caption('tokens'),
  'rows of a split': (text) => attempted(() => new SplitReader().add({ number: 1, text })),
  "Karpathy's JSON": (text) => attempted(() => readKarpathy(text)),
  'a caption in JSON': (text) =>
    attempted(() =>
      readKarpathy(JSON.stringify({ images: [{ filename: text, split: text, sentences: [{ raw: text }] }] })),
    ),
  lines: (text) => attempted(() => linesOf(text, characters * 2)),
  "a line of GloVe's": (text) => attempted(() => new GloveTextReader(sink).add(text)),
  "wink's JSON": wink,
  'sentences to words': (text) => tokenize(text),
  'a word that is looked up': (text) => lookUp(text, () => false),
  'words of a sentence': (text) => splitWords(text),
  'emoji of a sentence': (text) => withEmojiWords(text),
  'names of places': (text) => fold(text),
  'the time in a name': (text) => timeInName(text),
  'the kind by a name': (text) => photoKind({ path: text, width: 10, height: 10, camera: null }),
  'what is left out': (text) => pathFilter(['a', 'b/c'])(text),
  'a pattern of what is left out': (text) => pathFilter([`${text}x`]),
  'a clock': (text) => clockTime(text),
  'a name of a camera': (text) => cameraName(text, plainText(text)),
  XMP: (text) => readXmp(Buffer.from(text)),
  IPTC: (text) => readIptcDate(Buffer.from(text)),
  'an address': (text) => parsePhotoAddress(text),
  'a name of a file': (text) => fileName(text),
  'the identity of an encoder': (text) => attempted(() => identityFromText(text)),
  'a command line': (text) => withDashSentences(program, ['node', 'descry', 'search', text, `-${text}`]),
  'words that are taken out': (text) => [withoutWords(text, [5, 6]), stillSaid([text], text)],
  'words that are replaced': (text) => replaceWord(text, 'dog', 'cat'),
};
/** The contract limits excludes to 500 characters. Each folder of a path is compared with them, so that a path takes the square of its depth. */
const shorter: Readonly<Record<string, number>> = { 'a pattern of what is left out': 500, 'what is left out': 1000 };

const patterns: Readonly<Record<string, (length: number) => string>> = {
  ...Object.fromEntries(
    [
      ...[
        ' ',
        '\t',
        '"',
        "'",
        ',',
        '|',
        '#',
        '.',
        '/',
        '-',
        '0',
        'a',
        'é',
        '😀',
        '🇫',
        '\u0301',
        '\u0301\u0327',
        '\\',
        '[',
        '{',
      ],
      ...[
        'a ',
        '| ',
        '1 ',
        '#0',
        '#1\t',
        '""',
        '" ',
        "a'",
        'a-',
        'a.',
        '20140512',
        '2014-05-12 ',
        ' 10.15',
        '&amp;',
        '</',
        '٣',
        'ﷺ',
      ],
      ...[
        'xmp:CreateDate=',
        'xmp:CreateDate>',
        'aux:Lens = "',
        '\u200d',
        '👨\u200d',
        '+1',
        '":',
        '"a":[1,1,0],',
        'dog ',
        " 's",
        ',1,000',
      ],
    ].map((unit) => [JSON.stringify(unit), (length: number) => unit.repeat(Math.ceil(length / unit.length))]),
  ),
  'a row with spaces before the end': (length) => `a.jpg|1${' '.repeat(length)}|`,
  'a row with spaces around a number': (length) => `a.jpg|${' '.repeat(length / 2)}1${' '.repeat(length / 2)}a|b`,
  'spaces before a letter': (length) => `${' '.repeat(length)}x`,
  'separators before a letter': (length) => `${', ;'.repeat(length / 3)}x`,
  'slashes before a letter': (length) => `${'/'.repeat(length)}x`,
  'a letter with marks': (length) => `a${'\u0301\u0327'.repeat(length / 2)}`,
  'a quote that is never closed': (length) => `"${'a'.repeat(length)}`,
  'letters before a date': (length) => `${'a'.repeat(length)}20140512`,
  'digits before a letter': (length) => `a.jpg| ${'1'.repeat(length)}x`,
};

function milliseconds(work: () => unknown): number {
  let best = Infinity;
  for (let i = 0; i < 3 && best > 1; i++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

describe.each(Object.entries(parsers))('%s', (name, parse) => {
  const length = shorter[name] ?? characters;
  test('takes time in proportion to the length', () => {
    parse('warm');
    const slow: string[] = [];
    for (const [pattern, text] of Object.entries(patterns)) {
      const [half, whole] = [text(length / 2), text(length)];
      const time = milliseconds(() => parse(whole));
      // What grows with the square takes seconds; of shorter times a busy machine makes any ratio.
      if (time < 300) continue;
      const ratio = time / milliseconds(() => parse(half));
      if (time > 1000 || ratio > 3)
        slow.push(`${pattern}: ${time.toFixed(0)} ms, ${ratio.toFixed(1)} times those of the half`);
    }
    expect(slow).toEqual([]);
  });
});
