/** The check of an encoder before it is added, encoders from a folder, and what a library does with one; with stand-ins. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { Descry } from '../../electron/services/descry.ts';
import { weightsIn } from '../../electron/services/encoders/added.ts';
import { checkInProcess } from '../../electron/services/encoders/check-in-process.ts';
import { proveEncoder, usualLimits, type ProofLimits } from '../../electron/services/encoders/proof.ts';
import type { TrialMethods } from '../../electron/services/photo-modes.ts';
import { trialProcess } from '../../electron/services/trial-process.ts';
import { WorkerDied, type WorkerHost } from '../../electron/workers/host.ts';
import type { AddedEncoder } from '../../models/contract/added-encoder.ts';
import { describeFolder } from '../../models/encoders.ts';
import { testAssets } from '../fixtures/assets.ts';
import { makeClipFolder, type GraphFault, type StandIn } from '../fixtures/clip-stand-in.ts';
import { smallVocabulary } from '../fixtures/clip-tokenizer.ts';
import { linkWeights } from '../fixtures/own-encoders.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const builtInModel = path.resolve(import.meta.dirname, '../../models/pretrained/default.safetensors');
const { folder: base, remove } = scratch('encoders-check');
const at = (...names: string[]) => path.join(base, ...names);
afterAll(remove);

const words = [
  ...['a', 'plain', 'picture', 'red', 'green', 'blue', 'yellow', 'white', 'black'],
  ...['sunset', 'over', 'the', 'sea', 'grass', 'under', 'sky'],
];
const vocabulary = smallVocabulary(words);
const none = new AbortController().signal;

let stand: AddedEncoder;
beforeAll(async () => {
  makeClipFolder(at('good'), { vocabulary });
  stand = await describeFolder(at('good'), {
    ...{ id: 'stand-in', title: 'Stand-in', source: { kind: 'folder', folder: at('good') }, addedAt: 1 },
  });
});

/** The files of a stand-in, under the description of the good one. */
function filesOf(standIn: StandIn): ReturnType<typeof weightsIn> {
  const folder = at(JSON.stringify(standIn).replace(/\W+/g, '-'));
  makeClipFolder(folder, { vocabulary, ...standIn });
  return weightsIn(folder, stand);
}

const check = (standIn: StandIn) =>
  checkInProcess({ added: stand, weights: filesOf(standIn), largestBytes: usualLimits().largestBytes });
const refusal = (message: RegExp) => ({ code: 'encoder-invalid', message: expect.stringMatching(message) as string });

describe('the check passes', () => {
  it('an encoder that finds drawn pictures by their sentences, and measures it', async () => {
    const { photosPerSecond, peakBytes } = await check({});
    expect(photosPerSecond).toBeGreaterThan(1);
    expect(peakBytes).toBeGreaterThan(5e7);
  });
});

describe('the check refuses an encoder', () => {
  it('whose sentences find pictures by chance', async () => {
    await expect(check({ ranks: false })).rejects.toMatchObject(
      refusal(
        /^Stand-in cannot be used: its sentences do not find the drawn pictures .*\d+ % of the comparisons are right, and 80 % are needed/,
      ),
    );
  });

  it.each<[GraphFault, RegExp]>([
    ['nan', /not finite|no numbers/],
    ['infinite', /not finite|no numbers/],
    ['zero', /only zeros|norm/],
    ['constant', /are the same to it/],
    ['random', /different embeddings/],
    ['missing-output', /./],
    ['missing-input', /./],
    ['wrong-type', /./],
    ['other-size', /numbers in place of|another length/],
    ['custom-operator', /cannot be loaded/],
    ['cut-off', /cannot be loaded/],
  ])('with the fault %s', async (fault, message) => {
    await expect(check({ fault })).rejects.toMatchObject(refusal(message));
  });

  it.each<'vision' | 'text'>(['vision', 'text'])(
    'whose %s graph alone gives another embedding each time',
    async (faultIn) => {
      await expect(check({ fault: 'random', faultIn })).rejects.toMatchObject(refusal(/different embeddings/));
    },
  );

  it('whose files are not there', async () => {
    await expect(
      checkInProcess({ added: stand, weights: weightsIn(at('nowhere'), stand), largestBytes: 3e9 }),
    ).rejects.toMatchObject({ code: 'encoder-invalid' });
  });
});

describe('in a process of its own', () => {
  const prove = (standIn: StandIn, limits: Partial<ProofLimits> = {}, signal = none) =>
    proveEncoder(stand, filesOf(standIn), trialProcess, { ...usualLimits(), ...limits }, signal);

  it('it passes, with the memory of that process alone', async () => {
    const { photosPerSecond, peakBytes } = await prove({});
    expect(photosPerSecond).toBeGreaterThan(1);
    expect(peakBytes).toBeLessThan(1e9);
  });

  it('it is refused with the reason', async () => {
    await expect(prove({ fault: 'constant' })).rejects.toMatchObject(refusal(/the same to it/));
  });

  it('more memory than the limit ends it while its graph runs', async () => {
    await expect(prove({ fault: 'memory' }, { largestBytes: 7e8 })).rejects.toMatchObject(
      refusal(/cannot be used on this computer: it takes more than 700 MB of memory/),
    );
  });

  it('more time than the limit ends it', async () => {
    await expect(prove({}, { longestMs: 5 })).rejects.toMatchObject(refusal(/was not done after/));
  });

  it('it can be stopped', async () => {
    await expect(prove({}, {}, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['SIGSEGV', /the process that runs its graphs crashed \(SIGSEGV\)/],
    ['SIGKILL', /was ended from outside \(SIGKILL\)/],
  ])('where it ends by %s, that is said', async (how, message) => {
    const start = (): WorkerHost<TrialMethods> => ({
      run: async function* () {
        throw new WorkerDied('trial', how, false);
      },
      close: () => Promise.resolve(),
    });
    await expect(proveEncoder(stand, weightsIn(at('good'), stand), start, usualLimits(), none)).rejects.toMatchObject(
      refusal(message),
    );
  });

  it('the limit of memory is 3 GB, and less on a small computer', () => {
    expect(usualLimits(32e9).largestBytes).toBe(3e9);
    expect(usualLimits(2e9).largestBytes).toBe(1.5e9);
  });
});

describe('a library', () => {
  const environment = { ...process.env };
  let descry: Descry;
  let notices: string[];
  let events: string[];
  let homes = 0;

  beforeAll(async () => {
    await testAssets();
    // The real weights of the built-in encoder, beside encoders of this test alone.
    linkWeights(at('assets'));
    process.env['DESCRY_ASSETS'] = at('assets');
    mkdirSync(at('photos'));
    for (const [colour, background] of Object.entries({ red: '#e01418', green: '#14a528', blue: '#1428e0' })) {
      await sharp({ create: { width: 300, height: 240, channels: 3, background } })
        .jpeg()
        .toFile(at('photos', `${colour}.jpg`));
    }
    return () => {
      process.env = environment;
    };
  });
  const open = () => {
    descry = new Descry({
      home: at(`home-${homes}`),
      builtInModel,
      trials: trialProcess,
      onNotice: (message) => void notices.push(message),
      emit: (name) => void events.push(name),
    });
  };
  beforeEach(() => {
    homes++;
    [notices, events] = [[], []];
    rmSync(at('assets', 'encoders'), { recursive: true, force: true });
    open();
    return () => descry.close();
  });

  const own = (name: string, standIn: StandIn = {}) => {
    makeClipFolder(at('own', name), { vocabulary, ...standIn });
    return at('own', name);
  };
  const ids = () => descry.machineEncoders.list().map(({ id, state }) => `${id} ${state}`);
  const offered = ['clip-vit-b32', 'clip-vit-b32-fp16', 'clip-vit-b32-8bit', 'tinyclip', 'tinyclip-full'].map(
    (id) => `${id} offered`,
  );
  const search = async (text: string) =>
    [...(await descry.search.query(text, { limit: 9 })).ids].map((id) =>
      path.basename(descry.store.photos.get(id)!.path, '.jpg'),
    );

  test('takes up an encoder from a folder, searches with it after it is opened again, and lets it be removed', async () => {
    expect(ids()).toEqual(['resnet50-glove built-in', ...offered]);
    const folder = own('My CLIP (1)');
    const added = await descry.machineEncoders.adding.addFolder(folder);
    expect(added).toMatchObject({ id: 'my-clip-1', title: 'My CLIP (1)', source: { kind: 'folder', folder } });
    expect(ids()).toEqual(['resnet50-glove built-in', 'my-clip-1 added', ...offered]);
    expect(descry.machineEncoders.summary('my-clip-1')).toMatchObject({
      ...{ origin: folder, inUse: false, zeroShot: 'my-clip-1', error: null, measured: added.measured },
    });
    expect(added.measured!.photosPerSecond).toBeGreaterThan(1);
    expect(events).toContain('encoders.changed');
    rmSync(folder, { recursive: true }); // it is the user's, and may go away

    const place = await descry.library.add(at('photos'));
    await descry.library.scan(place.id);
    await descry.useModel('my-clip-1');
    await descry.indexer.run();
    expect((await search('a red picture'))[0]).toBe('red');
    expect((await search('blue'))[0]).toBe('blue');
    await descry.close();
    open();
    expect(descry.models.inUse()).toBe('my-clip-1');
    expect((await search('green'))[0]).toBe('green');

    await expect(descry.machineEncoders.remove('my-clip-1')).rejects.toMatchObject({ code: 'model-in-use' });
    await expect(descry.machineEncoders.remove('resnet50-glove')).rejects.toMatchObject({ code: 'model-in-use' });
    await expect(descry.machineEncoders.remove('nobody')).rejects.toMatchObject({ code: 'not-found' });
    await descry.useModel('default');
    const lengths = () =>
      descry.store.encoders.all().map(({ key, id }) => [id.split('@')[0], descry.store.contents.sample(key, 9).length]);
    expect(lengths()).toContainEqual(['my-clip-1', 3]);
    const removed = await descry.machineEncoders.remove('my-clip-1');
    expect(removed).toMatchObject({ features: 3, models: [] });
    expect(removed.bytes).toBeGreaterThan(1000);
    expect(lengths()).toContainEqual(['my-clip-1', 0]);
    expect(existsSync(at('assets', 'encoders', 'my-clip-1'))).toBe(false);
    expect(ids()).toEqual(['resnet50-glove built-in', ...offered]);
    expect(descry.models.has('my-clip-1')).toBe(false);
    expect((await search('green')).length).toBe(3);
  });

  test('gives each folder a name of its own', async () => {
    const first = await descry.machineEncoders.adding.addFolder(own('tinyclip'));
    expect(first.id).toBe('tinyclip-2'); // tinyclip is one that is offered
    const second = await descry.machineEncoders.adding.addFolder(own('tinyclip'));
    expect(second.id).toBe('tinyclip-3');
    expect([first.title, second.title]).toEqual(['tinyclip', 'tinyclip (2)']);
    const third = await descry.machineEncoders.adding.addFolder(own('默认 default'));
    expect(third.id).toBe('default-2'); // a model of the library has the name
  });

  test.each<[string, StandIn, RegExp]>([
    ['fault', { fault: 'other-size' }, /./],
    ['chance', { ranks: false }, /its sentences do not find the drawn pictures/],
    ['constant', { fault: 'constant' }, /the same to it/],
    ['no tokenizer', { without: ['tokenizer.json'] }, /has no tokenizer\.json/],
    ['no preprocessor', { without: ['preprocessor_config.json'] }, /has no preprocessor_config\.json/],
    ['no text', { without: ['onnx/text_model.onnx'] }, /onnx\/vision_model\.onnx/],
    ['outside', { fault: 'external-data' }, /./],
    ['half', { fault: 'cut-off' }, /./],
    [
      'nan',
      { fault: 'nan' },
      /own\/nan\/onnx\/vision_model\.onnx gives numbers that are not finite\. Choose another encoder\.$/,
    ],
    ['operator', { fault: 'custom-operator' }, /./],
  ])('refuses a folder with %s, keeps nothing of it, and goes on with its model', async (name, standIn, message) => {
    const folder = own(name, standIn);
    const refused = await descry.machineEncoders.adding.addFolder(folder).catch((error: unknown) => error as Error);
    expect(refused).toMatchObject(refusal(message));
    expect((refused as Error).message).not.toMatch(/\.partial|add it again/);
    expect(ids()).toEqual(['resnet50-glove built-in', ...offered]);
    const left = existsSync(at('assets', 'encoders')) ? readdirSync(at('assets', 'encoders')) : [];
    expect(left).toEqual([]);
    expect(descry.models.inUse()).toBe('default');
    expect(existsSync(path.join(folder, 'config.json'))).toBe(true);
  });

  test('says where a folder is not there, or is a file', async () => {
    await expect(descry.machineEncoders.adding.addFolder(at('absent'))).rejects.toMatchObject({ code: 'not-found' });
    writeFileSync(at('a file'), '');
    await expect(descry.machineEncoders.adding.addFolder(at('a file'))).rejects.toMatchObject({ code: 'not-a-folder' });
  });

  test('says that an encoder is damaged, does not use it, and searches with its own model', async () => {
    const folder = own('later damaged');
    const { id } = await descry.machineEncoders.adding.addFolder(folder);
    const place = await descry.library.add(at('photos'));
    await descry.library.scan(place.id);
    await descry.indexer.run();
    await descry.useModel(id);
    await descry.close();
    writeFileSync(at('assets', 'encoders', id, 'onnx', 'text_model.onnx'), 'something else');
    open();
    expect((await search('a green meadow')).length).toBe(3);
    expect(notices).toEqual([expect.stringMatching(/later damaged is damaged: .*text_model\.onnx.*Add it again/)]);
    expect(descry.models.inUse()).toBe('default');
    const lost = { model: id, encoder: id, cause: 'damaged', instead: 'default' };
    expect(descry.models.lost()).toEqual(lost);
    await descry.close();
    open();
    notices.length = 0;
    expect((await search('a green meadow')).length).toBe(3);
    expect((await search('green')).length).toBe(3);
    expect(notices).toEqual([
      expect.stringMatching(
        /later damaged is chosen, but is not used now: it is damaged\. Searches use ResNet50 and GloVe/,
      ),
    ]);
    expect(descry.machineEncoders.summary(id)).toMatchObject({
      state: 'added',
      zeroShot: null,
      error: { code: 'asset-corrupt' },
    });
    // The same folder again: what was computed with it is of use again.
    expect((await descry.machineEncoders.adding.addFolder(folder)).id).toBe(id);
    expect(await descry.switching.needs(id)).toMatchObject({ photos: 3, toEncode: 0 });
    await descry.useModel('default');
    await descry.machineEncoders.remove(id);
    expect(ids()).toEqual(['resnet50-glove built-in', ...offered]);
  });

  test('speaks no more of a chosen model that was removed with its damaged encoder', async () => {
    const { id } = await descry.machineEncoders.adding.addFolder(own('in use'));
    await descry.useModel(id);
    await descry.close();
    writeFileSync(at('assets', 'encoders', id, 'onnx', 'text_model.onnx'), 'something else');
    open();
    await descry.models.current();
    expect(descry.models.lost()).toMatchObject({ model: id });
    await descry.machineEncoders.remove(id);
    expect(descry.models.lost()).toBeNull();
    await descry.close();
    open();
    notices.length = 0;
    await descry.models.current();
    expect(notices).toEqual([]);
    expect(descry.models.lost()).toBeNull();
  });

  test('says with which engine it works although the encoder in use is found to be damaged by that', async () => {
    const { id } = await descry.machineEncoders.adding.addFolder(own('asked for'));
    await descry.useModel(id);
    await descry.close();
    writeFileSync(at('assets', 'encoders', id, 'onnx', 'vision_model.onnx'), 'something else');
    open();
    notices.length = 0;
    await descry.assets.ensure();
    await descry.engine();
    expect(await descry.engineText()).toContain('ONNX Runtime');
    expect(notices).toEqual([expect.stringMatching(/asked for is damaged: .*vision_model\.onnx/)]);
    expect(descry.models.lost()).toMatchObject({ model: id, cause: 'damaged' });
    await descry.machineEncoders.remove(id);
  });

  test('misses a chosen model whose encoder was removed by another library, until another one is chosen', async () => {
    const { id } = await descry.machineEncoders.adding.addFolder(own('elsewhere'));
    await descry.useModel(id);
    rmSync(at('assets', 'encoders', id), { recursive: true });
    await descry.close();
    open();
    await descry.models.current();
    expect(notices).toEqual([
      expect.stringMatching(/^elsewhere is chosen, but is not used now: it is not on this computer/),
    ]);
    await descry.useModel('default');
    expect(descry.models.lost()).toBeNull();
  });

  test('tells what is being added, and of one that failed why', async () => {
    const adding = descry.machineEncoders.adding.addFolder(own('slow'));
    const at1 = () => descry.machineEncoders.list().find(({ id }) => id === 'slow');
    await expect.poll(at1, { timeout: 20_000 }).toMatchObject({ state: 'checking', source: 'folder' });
    await expect(descry.machineEncoders.adding.addFolder(own('second'))).rejects.toMatchObject({ code: 'asset-busy' });
    await expect(descry.machineEncoders.remove('slow')).rejects.toMatchObject({ code: 'asset-busy' });
    await descry.machineEncoders.adding.stop();
    await expect(adding).rejects.toMatchObject({ code: 'cancelled' });
    expect(ids()).toEqual(['resnet50-glove built-in', ...offered]);
  });
});
