/** What comes over the bridge, out of the database and from the command line: accepted or refused, and never anything else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import fc from 'fast-check';
import { afterAll, describe, expect } from 'vitest';
import { withDashSentences } from '../../electron/cli/dash-sentences.ts';
import { filterOf } from '../../electron/cli/filter-options.ts';
import { requestChannel } from '../../electron/ipc/channels.ts';
import {
  events,
  requests,
  savedSearch,
  searchForm,
  settings,
  type Handlers,
  type RequestName,
} from '../../electron/ipc/contract.ts';
import { longestSentence } from '../../electron/ipc/limits.ts';
import { photoUrl } from '../../electron/ipc/photo-url.ts';
import { searchFilter } from '../../electron/ipc/search-form.ts';
import { serveRequests } from '../../electron/ipc/serve.ts';
import { Gazetteer } from '../../electron/services/places/gazetteer.ts';
import { SettingsService } from '../../electron/services/settings.ts';
import { parseCommandLine } from '../../electron/shell/command-line.ts';
import { fileListFormats, gnomeFiles } from '../../electron/shell/file-list.ts';
import { parsePhotoAddress } from '../../electron/shell/photo-address.ts';
import { placeWindow, readWindowState, smallestWindow } from '../../electron/shell/window-state.ts';
import { Store } from '../../electron/store/store.ts';
import { DescryError } from '../../models/errors.ts';
import { stillSaid, withoutWords } from '../../renderer/state/search-parts.ts';
import { replaceWord } from '../../renderer/state/replace-word.ts';
import { expectCleanPrototypes, jsonOf, property, textOf } from '../fixtures/properties.ts';
import { valuesFor } from '../fixtures/schema-values.ts';

describe('the contract', () => {
  /** Every request is answered with what its handler was given. */
  const channels = new Map<string, (event: object, argument: unknown) => Promise<unknown>>();
  let given: unknown;
  const handlers = Object.fromEntries(
    Object.keys(requests).map((name) => [name, (input: unknown) => void (given = input)]),
  );
  serveRequests<object>(
    { handle: (channel, listener) => void channels.set(channel, listener) },
    handlers as unknown as Handlers,
    {
      trusted: () => true,
      log: () => undefined,
    },
  );

  const asked = Object.keys(requests).map((name) =>
    valuesFor(requests[name as RequestName].input).map((argument) => ({ name: name as RequestName, argument })),
  );
  let accepted = 0;
  property('hands on what fits its schema and refuses all else', fc.oneof(...asked), async ({ name, argument }) => {
    given = undefined;
    const answer = (await channels.get(requestChannel(name))!({}, argument)) as {
      ok: boolean;
      error?: { code: string };
    };
    // The handler gives no answer that fits; what counts is whether it was called.
    if (answer.error?.code === 'usage') expect(given).toBeUndefined();
    else {
      accepted++;
      const { input } = requests[name];
      expect(input.parse(given)).toEqual(given);
      if (typeof given === 'object' && given !== null) expect(Object.getPrototypeOf(given)).toBe(Object.prototype);
    }
    expectCleanPrototypes();
  });
  afterAll(() => expect(accepted).toBeGreaterThan(1000));

  const payloads = Object.values({ ...events, searchForm, savedSearch, settings }).map((schema) =>
    valuesFor(schema).map((value) => ({ schema, value })),
  );
  property('its events and forms are read the same again', fc.oneof(...payloads), ({ schema, value }) => {
    const read = schema.safeParse(value);
    if (read.success) expect(schema.parse(read.data)).toEqual(read.data);
    expectCleanPrototypes();
  });
});

describe('what is stored', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'descry-properties-'));
  const store = new Store(path.join(folder, 'library.db'));
  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  property(
    'settings are usable, whatever is stored',
    fc.oneof(valuesFor(settings.partial()), jsonOf(['theme', 'effort'])),
    (stored) => {
      const preferences = { get: () => stored, set: () => undefined };
      const read = new SettingsService({ preferences } as unknown as Store).get();
      expect(settings.safeParse(read).success).toBe(true);
      expectCleanPrototypes();
    },
  );

  property(
    'a window is on a display, whatever is stored',
    jsonOf(['x', 'y', 'width', 'height', 'maximized']),
    (value) => {
      const { width, height } = placeWindow(readWindowState(value), [{ x: 0, y: 0, width: 1280, height: 720 }]);
      expect(width >= smallestWindow.width && width <= 1280 && height >= smallestWindow.height && height <= 720).toBe(
        true,
      );
    },
  );
});

describe('addresses, lists of files and the command line', () => {
  const address = textOf([
    'photo://library/',
    'thumbnail/',
    'preview/',
    '1',
    '0',
    '99',
    '/',
    '..',
    '%2e',
    '?',
    '#',
    '@',
    ' ',
    'PHOTO:',
  ]);
  property('an address names a content, or nothing', address, (url) => {
    const found = parsePhotoAddress(url);
    if (found) expect(photoUrl[found.kind](found.content)).toBe(url);
  });

  const file = textOf(['/', 'a', ' ', '%', '#', '?', ';', '&', '<', '"', "'", 'ü', '\n', '\\', '.b'], { most: 8 }).map(
    (text) => `/${text.replaceAll('\0', '').toWellFormed()}`,
  );
  property('files on the clipboard are those that were copied', fc.array(file, { maxLength: 4 }), (files) => {
    const real = files.filter((one) => path.posix.normalize(one) === one);
    const formats = fileListFormats(real, 'linux')!;
    const addresses = formats['text/uri-list']!.split('\r\n').slice(0, -1);
    expect(addresses.map((one) => fileURLToPath(one, { windows: false }))).toEqual(real);
    expect(formats[gnomeFiles]!.split('\n').slice(1)).toEqual(addresses);
    expect(fileListFormats(real, 'darwin')!['NSFilenamesPboardType']!.match(/<string>/g) ?? []).toHaveLength(
      real.length,
    );
  });

  const word = textOf(
    ['--home', '--home=', '--hidden', '-r', '-', 'dog', ' ', '.', '--', 'search', '-beach dog', '−'],
    { most: 3 },
  );
  property('a command line is read', fc.tuple(fc.array(word, { maxLength: 6 }), fc.boolean()), ([argv, namesApp]) => {
    const { sentence } = parseCommandLine(['descry', ...argv], namesApp);
    expect((sentence ?? '').length).toBeLessThanOrEqual(longestSentence + 1);
    const program = new Command();
    program.command('search').option('--limit <n>');
    const all = withDashSentences(program, ['node', 'descry', ...argv]);
    expect(all.filter((one) => one !== '--').sort()).toEqual(
      ['node', 'descry', ...argv].filter((one) => one !== '--').sort(),
    );
  });

  const gazetteer = Gazetteer.open();
  const option = (...words: string[]) => fc.option(textOf(words, { most: 4 }), { nil: undefined });
  const options = fc.record({
    after: option('2014', '-07', '-31', 'july', ' ', '0000', '9999', '-12-31', 'yesterday'),
    before: option('2014', '-02', '-30', '0001', '-01-01'),
    months: option('6', ',', '-', 'june', '13', 'sept', ' '),
    country: option('France', 'US', 'Georgia', 'fr', ' '),
    near: option('Paris', ', ', 'Texas', 'Georgia', 'FR', 'Springfield'),
  });
  property('filters of the command line are valid, or refused in words', options, (given) => {
    const defined = Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
    try {
      expect(searchFilter.safeParse(filterOf(defined, gazetteer))).toMatchObject({ success: true });
    } catch (error) {
      if (!(error instanceof DescryError)) throw error;
      expect(error.code).toBe('usage');
    }
  });
});

describe('what the window does to a sentence', () => {
  const sentence = textOf(['dog', ' ', ',', ';', '.', 'in Paris', '(', '[', '*', '$', '$&', '\\']);
  const range = fc.tuple(sentence, fc.nat(20), fc.nat(20));
  property('words are taken out and replaced', fc.tuple(range, sentence), ([[text, one, other], replacement]) => {
    const without = withoutWords(text, [Math.min(one, other), Math.max(one, other)]);
    expect(without).not.toMatch(/\s\s|^[\s,;]|[\s,;]$/);
    expect(stillSaid([text], text).length).toBeLessThanOrEqual(1);
    expect(typeof replaceWord(text, text.slice(0, 3) || 'a', replacement)).toBe('string');
  });
});
