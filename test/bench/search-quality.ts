/**
 * How well searches with "without" and for photos like others work, measured by captions: `npm run bench -- search-quality`.
 * The photos of two val splits are indexed once, into a folder for temporary files (about four minutes on two cores).
 *
 * The shipped network was trained on Flickr's val photos, too (models/pretrained/README.md): of photos that it has not seen,
 * COCO's are the measure.
 */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stemmer } from 'stemmer';
import { Descry } from '../../electron/services/descry.ts';
import { searchForm, type SearchForm } from '../../electron/ipc/contract.ts';
import { readFlickr30k } from '../../models/datasets/flickr30k.ts';
import { seededRandom } from '../../models/math/random.ts';
import { functionWords } from '../../models/text/function-words.ts';
import { tokenize } from '../../models/text/tokenizer.ts';
import { shared } from '../fixtures/shared-photos.ts';
import { benchmark, CannotMeasure } from './common/measure.ts';
import { report } from './common/report.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The nouns among the content words that at least 1 % of the photos have in a caption; those for people come first. */
const people = 'man woman person people boy girl child group crowd guy lady couple baby toddler player'.split(' ');
const nouns = new Set([
  ...people,
  ...'dog shirt water grass field ball air camera bike snow hat street jacket beach park dirt bicycle building track'.split(
    ' ',
  ),
  ...'path sidewalk hill lake rock toy mountain wall tree city sand road pool skateboard pants collar uniform suit'.split(
    ' ',
  ),
  ...'shorts glasses coat hair ramp tennis jeans skateboarder race ocean river woods cap fence stick helmet sign'.split(
    ' ',
  ),
  ...'sunglasses baseball car dress biker trick board outfit stream yard rope wave playground frisbee swing steps'.split(
    ' ',
  ),
  ...'team soccer pole house boat floor table ice bench ski couch stone sky chair room costume horse guitar bird cat'.split(
    ' ',
  ),
  ...'food plate picture train game bathroom pizza toilet bed bus clock vegetables slope motorcycle stand sink door'.split(
    ' ',
  ),
  ...'counter meat surfboard surf traffic court kitchen bread bowl broccoli fruit phone cell tray skier cheese'.split(
    ' ',
  ),
  ...'computer window truck tie knife banana home flowers shower dinner meal mirror airplane passenger laptop bat'.split(
    ' ',
  ),
  ...'umbrella sauce'.split(' '),
]);
const irregular: Readonly<Record<string, string>> = {
  men: 'man',
  women: 'woman',
  children: 'child',
  kids: 'child',
  kid: 'child',
};

interface Library {
  readonly descry: Descry;
  /** in the ids of the figures */
  readonly id: string;
  readonly title: string;
  readonly ids: readonly number[];
  /** of each photo */
  readonly captions: readonly (readonly string[])[];
}

await benchmark(async () => {
  if (shared === undefined)
    throw new CannotMeasure('The captioned photos are not there (see test/fixtures/shared-photos.ts).');
  for (const [title, folder] of [
    ['Flickr val', 'flickr'],
    ['COCO val', 'coco'],
  ] as const) {
    const library = await openLibrary(title, path.join(shared, folder));
    try {
      await without(library);
      await like(library);
    } finally {
      await library.descry.close();
    }
  }
});

async function openLibrary(title: string, dataset: string): Promise<Library> {
  const base = path.join(tmpdir(), 'descry-bench-search-quality', path.basename(dataset));
  const { photos } = await readFlickr30k(dataset);
  const val = photos.filter(({ split }) => split === 'val');
  const copies = path.join(base, 'photos');
  mkdirSync(copies, { recursive: true });
  for (const { file } of val) {
    const copy = path.join(copies, path.basename(file));
    if (!existsSync(copy)) cpSync(file, copy);
  }
  const descry = new Descry({
    home: path.join(base, 'home'),
    builtInModel: path.join(root, 'models/pretrained/default.safetensors'),
  });
  const folder = await descry.library.add(copies);
  await descry.library.scan(folder.id);
  await descry.indexer.run();
  const idOf = new Map(descry.store.photos.inFolder(folder.id).map(({ id, path: file }) => [path.basename(file), id]));
  return {
    descry,
    id: path.basename(dataset),
    title,
    ids: val.map(({ file }) => idOf.get(path.basename(file))!),
    captions: val.map(({ captions }) => captions),
  };
}

/** Ids of all photos in the order of a search; those that it leaves out come last. */
async function ranked({ descry, ids }: Library, form: Partial<SearchForm> & { text: string }): Promise<number[]> {
  const { ids: found } = await descry.search.query(searchForm.parse({ literal: [form.text], ...form }), {
    limit: ids.length,
  });
  const left = new Set(found);
  return [...found, ...ids.filter((id) => !left.has(id))];
}

function averagePrecision(order: readonly number[], relevant: ReadonlySet<number>): number {
  let found = 0;
  let sum = 0;
  order.forEach((id, i) => {
    if (relevant.has(id)) sum += ++found / (i + 1);
  });
  return sum / relevant.size;
}

/**
 * Queries "A without B": A is a content word, or two beside each other, that the captions of at least 4 % of the photos (40 at
 * most) have; B is another content word that 30 to 70 % of these have, too. Relevant are those with A and without B.
 */
async function without(library: Library): Promise<void> {
  const { captions, ids } = library;
  const content = (caption: string) => tokenize(caption).map((token) => (functionWords.has(token) ? null : token));
  const stem = (token: string) =>
    stemmer(token.endsWith('men') ? `${token.slice(0, -2)}an` : (irregular[token] ?? token));
  const having = new Map<string, Set<number>>();
  const spelled = new Map<string, string>();
  const stemsOf = captions.map(
    (ofPhoto) => new Set(ofPhoto.flatMap(content).flatMap((token) => (token ? [stem(token)] : []))),
  );
  const note = (words: string, key: string, photo: number) => {
    if (!having.has(key)) having.set(key, new Set());
    having.get(key)!.add(photo);
    if (!spelled.has(key)) spelled.set(key, words);
  };
  captions.forEach((ofPhoto, photo) => {
    for (const tokens of ofPhoto.map(content)) {
      tokens.forEach((token, i) => {
        const next = tokens[i + 1];
        if (token) note(token, stem(token), photo);
        if (token && next) note(`${token} ${next}`, `${stem(token)} ${stem(next)}`, photo);
      });
    }
  });
  const least = Math.min(40, Math.round(ids.length * 0.056));
  const queries = [...having].flatMap(([a, photos]) =>
    photos.size < least
      ? []
      : [...having].flatMap(([b, others]) => {
          if (b.includes(' ') || a.split(' ').includes(b) || others.size < least / 2) return [];
          const relevant = [...photos].filter((photo) => !stemsOf[photo]!.has(b));
          const share = 1 - relevant.length / photos.size;
          return share < 0.3 || share > 0.7 ? [] : [{ a: spelled.get(a)!, b: spelled.get(b)!, relevant }];
        }),
  );
  const sums = { plain: 0, alone: 0, without: 0 };
  for (const { a, b, relevant } of queries) {
    const wanted = new Set(relevant.map((photo) => ids[photo]!));
    sums.plain += averagePrecision(await ranked(library, { text: `${a} without ${b}` }), wanted);
    sums.alone += averagePrecision(await ranked(library, { text: a }), wanted);
    sums.without += averagePrecision(await ranked(library, { text: a, not: [b] }), wanted);
  }
  const percent = (sum: number) => (100 * sum) / queries.length;
  report({
    id: `search-quality.without.${library.id}`,
    what: `${library.title}, "A without B", ${queries.length} queries: mean average precision`,
    ...{ against: 'the plain sentence', unit: '×', runs: [sums.without / sums.plain] },
    raw: {
      'without %': [percent(sums.without)],
      'the plain sentence %': [percent(sums.plain)],
      'A alone %': [percent(sums.alone)],
    },
  });
}

/** Of the 10 nearest photos of each, the share that has a noun of its captions. */
async function like(library: Library): Promise<void> {
  const { descry, captions, ids } = library;
  const { contents, photos } = descry.store;
  const model = await descry.models.current();
  const nounsOf = captions.map((ofPhoto) => new Set(ofPhoto.flatMap(tokenize).flatMap(nounOf)));
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const content = ids.map((id) => photos.get(id)!.content!);
  const features = content.map((one) => unit(contents.feature(one, model.features)!));
  const random = seededRandom(1);
  const methods: Record<string, (row: number) => Promise<number[]> | number[]> = {
    'like this': async (row) => {
      const found = await ranked(library, { text: '', like: [{ content: content[row]! }] });
      return found.map((id) => rowOf.get(id)!);
    },
    'cosine of the features': (row) => nearest(features, row),
    random: (row) => [...random.shuffle(Int32Array.from(ids, (_, i) => i))].filter((other) => other !== row),
  };
  for (const [name, rank] of Object.entries(methods)) {
    const shares = { any: [0, 0], things: [0, 0] } as const satisfies Record<string, [number, number]>;
    for (const [row, own] of nounsOf.entries()) {
      const found = (await rank(row)).filter((other) => other !== row).slice(0, 10);
      const things = [...own].filter((noun) => !people.includes(noun));
      for (const [key, words] of [
        ['any', [...own]],
        ['things', things],
      ] as const) {
        if (words.length === 0) continue;
        shares[key][0] += found.filter((other) => words.some((word) => nounsOf[other]!.has(word))).length / 10;
        shares[key][1]++;
      }
    }
    const percent = ([sum, count]: readonly [number, number]) => (100 * sum) / count;
    report({
      id: `search-quality.like.${library.id}.${name.replaceAll(' ', '-')}`,
      what: `${library.title}, of the 10 nearest photos, those that share a noun, by ${name}`,
      ...{ unit: '%', runs: [percent(shares.any)] },
      raw: { 'a noun that is not for people %': [percent(shares.things)] },
    });
  }
}

function nounOf(token: string): string[] {
  const forms = [irregular[token] ?? token, token.replace(/s$/, ''), token.replace(/es$/, '')];
  return forms.filter((form) => nouns.has(form)).slice(0, 1);
}

function nearest(rows: readonly Float32Array[], row: number): number[] {
  const scores = rows.map((other) => other.reduce((sum, value, i) => sum + value * rows[row]![i]!, 0));
  return [...rows.keys()].sort((a, b) => scores[b]! - scores[a]!);
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return vector.map((value) => value / norm);
}
