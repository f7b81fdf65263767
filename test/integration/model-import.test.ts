/** Importing a model: what would make searches wrong, or hang, or fill a screen with its texts, is refused with the reason. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../electron/services/assets/folder.ts';
import { sampleHash } from '../../electron/services/assets/samples.ts';
import { encodeSafetensors } from '../../models/files/safetensors.ts';
import { encodeModel, type Model } from '../../models/two-branch/model-file.ts';
import { indexFiles, many, scratch, tinyLibrary, tinyModel, type TinyLibrary } from '../fixtures/tiny-library.ts';
import { storedEmbeddings } from '../fixtures/stored-embeddings.ts';

const { folder: base, remove } = scratch('model-import');
let tiny: TinyLibrary;
let model: Model;
beforeAll(async () => {
  tiny = await tinyLibrary(base);
  model = await tinyModel();
  await indexFiles(tiny, many(5));
});
afterAll(async () => {
  await tiny.descry.close();
  remove();
});

const file = (name: string) => path.join(base, `${name}.safetensors`);
const importing = (name: string, changed: Model) => {
  writeFileSync(file(name), encodeModel(changed));
  return tiny.descry.models.import(file(name));
};
const refused = (...words: string[]) => ({
  code: 'model-invalid',
  message: expect.stringMatching(words.map((word) => `(?=.*${word})`).join('')) as string,
});
const scaled = (branch: Model['network']['image'], factor: number) => ({
  ...branch,
  outputWeight: branch.outputWeight.map((value) => value * factor),
});

describe('a model whose numbers are all finite', () => {
  it('is added if they make sense', async () => {
    expect(await importing('good', model)).toBe('good');
  });

  it.each([
    [
      'embeddings that overflow',
      (of: Model) => ({ network: { ...of.network, image: scaled(of.network.image, 1e38) } }),
    ],
    [
      'the same embedding for all photos',
      (of: Model) => ({ network: { ...of.network, image: scaled(of.network.image, 0) } }),
    ],
    [
      'the same embedding for all sentences',
      (of: Model) => ({ network: { ...of.network, text: scaled(of.network.text, 0) } }),
    ],
    [
      'a relevance that is no number',
      (of: Model) => ({
        metadata: {
          ...of.metadata,
          calibration: {
            bias: 1e308,
            score: -1e308,
            expected: 1e308,
            surprise: 1e308,
            scoreBySurprise: -1e308,
            largestLibrary: 1e4,
          },
        },
      }),
    ],
  ])('is refused if it gives %s', async (_, change) => {
    const before = (await tiny.descry.models.list()).length;
    await expect(importing('absurd', { ...model, ...change(model) })).rejects.toMatchObject(
      refused('absurd.safetensors', 'cannot be used as a model', 'Choose another file'),
    );
    expect(await tiny.descry.models.list()).toHaveLength(before);
  });
});

describe('texts of a model file', () => {
  const withData = (data: string) => ({ ...model, metadata: { ...model.metadata, data } });

  it('are refused where they are very long', async () => {
    await expect(importing('long', withData('x'.repeat(5000)))).rejects.toMatchObject(
      refused('long.safetensors', '4000'),
    );
    const recipe = { ...model.metadata.recipe, name: 'n'.repeat(1000) };
    await expect(importing('named', { ...model, metadata: { ...model.metadata, recipe } })).rejects.toMatchObject(
      refused('300'),
    );
  });

  it('lose what a terminal obeys and what turns the direction of reading', async () => {
    const id = await importing('marks', withData('\u001b[2Jphotos \u202Egpj.exe\u2066'));
    expect(await tiny.descry.models.summary(id)).toMatchObject({ data: '[2Jphotos gpj.exe' });
  });

  it('and the number of tensors have limits', async () => {
    const tensors = new Map(
      Array.from({ length: 10_001 }, (_, i) => [`t${i}`, { shape: [1], data: Float32Array.of(1) }]),
    );
    writeFileSync(file('many'), encodeSafetensors({ metadata: {}, tensors }, 'F32'));
    await expect(tiny.descry.models.import(file('many'))).rejects.toMatchObject(refused('10001 tensors'));
    const longName = new Map([['t'.repeat(300), { shape: [1], data: Float32Array.of(1) }]]);
    writeFileSync(file('name'), encodeSafetensors({ metadata: {}, tensors: longName }, 'F32'));
    await expect(tiny.descry.models.import(file('name'))).rejects.toMatchObject(refused('longer than 256'));
  });

  it('and a header of 20 MB is not parsed', async () => {
    writeFileSync(file('header'), encodeModel({ ...model, text: { ...model.text, words: ['w'.repeat(20_000_000)] } }));
    await expect(tiny.descry.models.import(file('header'))).rejects.toMatchObject(refused('header', 'more than'));
  });
});

describe('what is no file', () => {
  it.skipIf(process.platform === 'win32')(
    'is refused at once: a named pipe, a device, a folder',
    async () => {
      execFileSync('mkfifo', [file('pipe')]);
      for (const named of [file('pipe'), '/dev/zero', base]) {
        await expect(tiny.descry.models.import(named)).rejects.toMatchObject(refused('not a regular file'));
      }
    },
    10_000,
  );

  it('or larger than any model is refused before it is read', async () => {
    writeFileSync(file('huge'), readFileSync(file('good')));
    truncateSync(file('huge'), 1.9e9);
    const memory = process.memoryUsage.rss();
    await expect(tiny.descry.models.import(file('huge'))).rejects.toThrow('longer than');
    expect(process.memoryUsage.rss() - memory).toBeLessThan(200e6);
  });

  it('or cannot be found is named, with what to do', async () => {
    await expect(tiny.descry.models.import(file('missing'))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/missing\.safetensors.*Check the name/) as string,
    });
  });
});

/** Size and time stay. */
function damage(name: string, at: number): void {
  const { atime, mtime } = statSync(name);
  const bytes = readFileSync(name);
  bytes[at]! ^= 1;
  writeFileSync(name, bytes);
  utimesSync(name, atime, mtime);
}

describe('a model file that was damaged later, with its size and time', () => {
  it('is not loaded, and the others can be used', async () => {
    const id = await importing('sound', model);
    const own = path.join(tiny.descry.home, 'models', `${id}.safetensors`);
    damage(own, statSync(own).size - 5);
    await expect(tiny.descry.useModel(id)).rejects.toMatchObject(refused('sound', 'damaged', 'imported again'));
    await tiny.descry.useModel('good');
    await tiny.descry.useModel('default');
    await tiny.descry.removeModel(id);
    expect(await importing('sound', model)).toBe('sound');
    await tiny.descry.useModel('sound');
    await tiny.descry.useModel('default');
  });

  it('is found by the full check where no sample is, and what it computed is computed anew', async () => {
    const { models, store } = tiny.descry;
    await tiny.descry.useModel('good');
    await models.checkFile();
    const own = path.join(tiny.descry.home, 'models', 'good.safetensors');
    expect(statSync(own).size).toBeGreaterThan(20_000);
    damage(own, 17_000); // between the first sample and the last
    await expect(models.checkFile()).rejects.toMatchObject(refused('good', 'damaged'));
    expect(storedEmbeddings(store, 'good', 8).photos).toHaveLength(0);
    await expect(models.load('good')).rejects.toMatchObject(refused('good', 'damaged'));
    damage(own, 17_000);
    await (await models.load('good')).dispose();
  });
});

it('the hashes beside the models that come with Descry are theirs', async () => {
  const folder = path.resolve(import.meta.dirname, '../../models/pretrained');
  const hashes = JSON.parse(readFileSync(path.join(folder, 'hashes.json'), 'utf8')) as Record<string, object>;
  expect(Object.keys(hashes)).toEqual(['default.safetensors', 'regions.safetensors', 'resnet50-8bit.safetensors']);
  for (const [name, wanted] of Object.entries(hashes)) {
    const at = path.join(folder, name);
    expect(
      { samples: await sampleHash(at), sha256: await sha256(at) },
      'node build/scripts/run.mjs build/scripts/model-hashes.ts',
    ).toEqual(wanted);
  }
});
