/** `search` with all it can be limited by, as a process, on photos with dates, cameras and places. */
import { execFile } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../models/math/random.ts';
import { testAssets } from '../fixtures/assets.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const run = promisify(execFile);
const cli = path.resolve(import.meta.dirname, '../../electron/cli.ts');
const { folder: base, remove } = scratch('cli-search');
const home = path.join(base, 'home');
const photos = path.join(base, 'photos');

interface Answer {
  readonly query: string;
  readonly understood: Record<string, unknown>;
  readonly order: string;
  readonly ranked: number;
  readonly goodMatches: number;
  readonly results: readonly { readonly path: string; readonly score: number | null }[];
  readonly error?: { readonly code: string; readonly message: string };
}

async function descry(...args: string[]): Promise<{ code: number; out: string; err: string; answers: Answer[] }> {
  const environment = { NODE_COMPILE_CACHE: path.join(base, 'compiled'), ...process.env, DESCRY_HOME: home };
  const { stdout, stderr, code } = await run(process.execPath, [cli, ...args], { env: environment }).then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  );
  const lines = args.includes('--json') ? stdout.trimEnd().split('\n') : [];
  return { code, out: stdout, err: stderr, answers: lines.filter(Boolean).map((line) => JSON.parse(line) as Answer) };
}

const names = ({ results }: Answer) => results.map((result) => path.basename(result.path));
/** The names of the photos that a search finds, in their order. */
async function found(...args: string[]): Promise<string[]> {
  const { code, err, answers } = await descry('search', '--json', ...args);
  expect(code, err).toBe(0);
  return names(answers[0]!);
}

const degrees = (value: number) => `${Math.floor(value)}/1 ${Math.round((value % 1) * 6000)}/100 0/1`;

/** Another picture for each name: coloured shapes. */
function drawing(name: string, width: number, height: number): Buffer {
  const random = seededRandom(Array.from(name).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 1_000_003);
  const shapes = Array.from({ length: 12 }, (_, i) => {
    const [x, y, size] = [random.uniform() * width, random.uniform() * height, (0.1 + random.uniform() * 0.3) * height];
    const fill = `hsl(${Math.floor(random.uniform() * 360)} 80% ${20 + Math.floor(random.uniform() * 60)}%)`;
    return i % 2 === 0
      ? `<circle cx="${x}" cy="${y}" r="${size}" fill="${fill}"/>`
      : `<rect x="${x}" y="${y}" width="${size * 2}" height="${size}" fill="${fill}"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`,
  );
}

async function photo(
  name: string,
  {
    size = [64, 48],
    taken,
    camera,
    at,
  }: { size?: [number, number]; taken?: string; camera?: [string, string]; at?: [number, number] } = {},
): Promise<void> {
  const [width, height] = size;
  const image = sharp(drawing(name, width, height));
  const exif: Record<string, Record<string, string>> = {};
  if (camera) exif['IFD0'] = { Make: camera[0], Model: camera[1] };
  if (taken) exif['IFD2'] = { DateTimeOriginal: taken };
  if (at)
    exif['IFD3'] = {
      GPSLatitudeRef: at[0] < 0 ? 'S' : 'N',
      GPSLatitude: degrees(Math.abs(at[0])),
      GPSLongitudeRef: at[1] < 0 ? 'W' : 'E',
      GPSLongitude: degrees(Math.abs(at[1])),
    };
  const file = path.join(photos, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    await image
      .withExif(exif)
      .toFormat(name.endsWith('.png') ? 'png' : 'jpeg')
      .toBuffer(),
  );
  const long = new Date('2001-02-03T12:00:00');
  utimesSync(file, long, long);
}

beforeAll(async () => {
  await testAssets();
  await photo('paris.jpg', { taken: '2014:07:14 10:00:00', camera: ['Canon', 'Canon EOS 30D'], at: [48.8584, 2.2945] });
  await photo('versailles.jpg', { taken: '2014:07:15 10:00:00', camera: ['Apple', 'iPhone 5'], at: [48.8049, 2.1204] });
  await photo('tokyo.jpg', {
    taken: '2019:12:31 23:59:00',
    camera: ['NIKON CORPORATION', 'NIKON D90'],
    at: [35.6586, 139.7454],
  });
  await photo('norway/fjord.jpg', { taken: '2020:01:01 00:30:00' });
  await photo('Screenshot_20210506-101112.png', { size: [1080, 1920] });
  await photo('wide.jpg', { size: [900, 200], taken: '2021:06:01 08:00:00' });
  await photo('old.jpg');
  const { code, err } = await descry('index', photos);
  expect(code, err).toBe(0);
}, 120_000);
afterAll(remove);

describe('what photos are limited by', () => {
  it.each([
    [['photos from 2014'], ['versailles.jpg', 'paris.jpg']],
    [['--after', '2014-07-14', '--before', '2015'], ['versailles.jpg']],
    [['--after', '2019', '--before', '2021'], ['fjord.jpg']],
    [
      ['--after', '2020'],
      ['wide.jpg', 'Screenshot_20210506-101112.png'],
    ],
    [['--before', '2010'], ['old.jpg']],
    [
      ['--months', '6-7'],
      ['wide.jpg', 'versailles.jpg', 'paris.jpg'],
    ],
    [
      ['--months', 'dec,january'],
      ['fjord.jpg', 'tokyo.jpg'],
    ],
    [['in Paris'], ['paris.jpg']],
    [
      ['--near', 'Paris'],
      ['versailles.jpg', 'paris.jpg'],
    ],
    [['--country', 'Japan'], ['tokyo.jpg']],
    [
      ['--country', 'fr'],
      ['versailles.jpg', 'paris.jpg'],
    ],
    [['--camera', 'canon'], ['paris.jpg']],
    [['taken with an iPhone'], ['versailles.jpg']],
    [['--kind', 'screenshot'], ['Screenshot_20210506-101112.png']],
    [['panoramas'], ['wide.jpg']],
    [['--country', 'FR', '--camera', 'Nikon'], []],
  ])('%j', async (args, wanted) => {
    expect(await found(...args)).toEqual(wanted);
  });

  it('a folder holds its photos and no others, beside the other limits', async () => {
    expect(await found('--folder', path.join(photos, 'norway'))).toEqual(['fjord.jpg']);
    expect(await found('--folder', path.join(photos, 'norway'), '--country', 'FR')).toEqual([]);
  });
});

describe('the answer', () => {
  it('says what was understood, and ranks by the description among the photos that are left', async () => {
    const { answers } = await descry('search', '--json', 'a wall in France in July 2014, no people');
    expect(answers[0]).toMatchObject({
      order: 'relevance',
      understood: {
        description: 'a wall',
        from: '2014-07-01',
        to: '2014-07-31',
        country: 'FR',
        place: null,
        not: ['people'],
      },
    });
    for (const { score } of answers[0]!.results) expect(score).toBeTypeOf('number');
    expect(names(answers[0]!).every((name) => ['paris.jpg', 'versailles.jpg'].includes(name))).toBe(true);
  });

  it('names what says nothing of what must not be seen', async () => {
    const { code, answers } = await descry('search', '--json', 'wall', '--not', 'the');
    expect(code).toBe(0);
    expect(answers[0]).toMatchObject({ unknownWords: [{ word: 'the', suggestion: null }] });
  });

  it('a file to be like that is not there is named, and so is a folder', async () => {
    const [absent, folder] = await Promise.all(
      ['/nowhere/absent.jpg', base].map((file) => descry('search', '--json', '--like', file)),
    );
    expect([absent!.code, absent!.answers[0]!.error!.message]).toEqual([
      1,
      'There is no file /nowhere/absent.jpg. Name a photo.',
    ]);
    expect([folder!.code, folder!.answers[0]!.error!.code]).toEqual([2, 'usage']);
  });

  it('--literal takes a sentence as it stands', async () => {
    const { answers } = await descry('search', '--json', '--literal', 'photos from 2014');
    expect(answers[0]).toMatchObject({
      ranked: 7,
      understood: { description: 'photos from 2014', from: null, to: null },
    });
  });

  it('--sort date puts the newest first', async () => {
    const { answers } = await descry('search', '--json', '--literal', '--sort', 'date', '--top', '7', 'a wall');
    const newestFirst = ['wide', 'Screenshot_20210506-101112', 'fjord', 'tokyo', 'versailles', 'paris', 'old'];
    const ranked = names(answers[0]!).map((name) => newestFirst.indexOf(path.parse(name).name));
    const good = ranked.slice(0, answers[0]!.goodMatches);
    expect(good.length).toBeGreaterThan(0);
    expect(good).toEqual([...good].sort((a, b) => a - b));
    expect(new Set(ranked)).toEqual(new Set(newestFirst.keys()));
  });

  it('--like finds the photo itself first, from the library or from anywhere', async () => {
    const own = path.join(photos, 'wide.jpg');
    expect((await found('--like', own))[0]).toBe('wide.jpg');
    const copy = path.join(base, 'elsewhere.jpg');
    writeFileSync(copy, await sharp(own).jpeg().toBuffer());
    expect((await found('--like', copy))[0]).toBe('wide.jpg');
  });

  it('where nothing is left, it says what there would be without each part', async () => {
    const { out } = await descry('search', 'in Tokyo in July 2014');
    expect(out).toContain('No photo fits all of it.');
    expect(out).toContain('Without when: 2014-07-01 to 2014-07-31: 1 photo');
    expect(out).toContain('Without where: Tokyo');
    expect(out).toMatch(/Without where: Tokyo.*: 2 photos/);
  });
});

describe('many sentences', () => {
  it('are answered one a line, in the order of the file, errors too', async () => {
    const file = path.join(base, 'queries.txt');
    writeFileSync(file, '\uFEFFa wall\r\nphotos from 2014\r\n\r\nqwrtzuplk\r\na wall\r\n');
    const { code, answers } = await descry('search', '--queries', file, '--json', '--top', '3');
    expect(code).toBe(0);
    expect(answers.map(({ query }) => query)).toEqual(['a wall', 'photos from 2014', '', 'qwrtzuplk', 'a wall']);
    expect(answers.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      'query-empty',
      'query-unknown',
      undefined,
    ]);
    expect(answers[4]!.results).toEqual(answers[0]!.results);
    const alone = await descry('search', 'a wall', '--json', '--top', '3');
    expect(Object.keys(alone.answers[0]!)).toEqual(Object.keys(answers[0]!));
    expect(alone.answers[0]!.results).toEqual(answers[0]!.results);
  });

  it('of an empty file there are none', async () => {
    const file = path.join(base, 'empty.txt');
    writeFileSync(file, '');
    expect(await descry('search', '--queries', file, '--json')).toMatchObject({ code: 0, out: '' });
  });

  it('a folder is refused', async () => {
    const { code, answers } = await descry('search', '--queries', base, '--json');
    expect(code).toBe(2);
    expect(answers[0]!.error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`${base} is a folder.`),
    });
  });

  it.skipIf(process.platform === 'win32')('a device that never ends is refused', async () => {
    const { code, answers } = await descry('search', '--queries', '/dev/zero', '--json');
    expect(code).toBe(1);
    expect(answers[0]!.error).toMatchObject({ message: expect.stringContaining('longer than 64 MB') });
  });

  it('a file that is not there is named', async () => {
    const { code, answers } = await descry('search', '--queries', path.join(base, 'none.txt'), '--json');
    expect(code).toBe(1);
    expect(answers[0]!.error).toMatchObject({ code: 'not-found', message: expect.stringContaining('none.txt') });
  });
});

describe('wrong usage', () => {
  it.each([
    ['--after', 'someday'],
    ['--before', '2014-13'],
    ['--months', '13'],
    ['--months', 'jan-foo'],
    ['--near', 'Nowhereville-on-the-Moon'],
    ['--country', 'Atlantis'],
    ['--home', ''],
    ['--not', ''],
    ['--like', ' '],
  ])('%s %s', async (option, value) => {
    const { code, answers } = await descry('search', '--json', option, value);
    expect(code).toBe(2);
    expect(answers[0]!.error).toMatchObject({ code: 'usage', message: expect.stringContaining(option) });
  });
});
