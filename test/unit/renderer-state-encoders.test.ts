/** Encoders, and a change of model in the background, as the window knows them; and how it lists them. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EncoderSummary, ErrorObject, ModelSummary, SwitchState } from '../../electron/ipc/contract.ts';
import { Failure } from '../fixtures/contract-bridge.ts';
import { deferred, openWindow, pass } from './renderer-state.ts';

const abilities = { regions: false, duplicates: true, relevance: false, training: true, tuning: false };
const encoder = (id: string, more: Partial<EncoderSummary> = {}): EncoderSummary => ({
  ...{ id, title: `The ${id}`, state: 'offered', source: 'hub', origin: 'a/b @ c', licence: 'MIT', bytes: 1000 },
  ...{ measured: null, inUse: false, zeroShot: null, abilities, error: null },
  ...more,
});
const builtIn = encoder('resnet', {
  ...{ state: 'built-in', source: 'program', origin: null, inUse: true, zeroShot: 'default' },
});
const clip = (more: Partial<EncoderSummary> = {}) => encoder('clip', more);
const added = clip({ state: 'added', zeroShot: 'clip' });
const model = (id: string, of: string | null, more: Partial<ModelSummary> = {}): ModelSummary => ({
  ...{ id, encoder: of, recipe: null, data: null, outdatedFeatures: false, recall: null, sets: [], createdAt: 0 },
  ...{ bytes: 1, words: null, builtIn: false, inUse: false },
  ...more,
});
const offline: ErrorObject = { code: 'offline', message: 'The hub cannot be reached.' };

const shownToasts = async () =>
  (await import('../../renderer/ui/toasts.svelte.ts')).toasts.items.map(({ text }) => text);
const startEncoders = async () => {
  const { encoders } = await import('../../renderer/state/encoders.svelte.ts');
  await encoders.start();
  return encoders;
};
const startBoth = async () => {
  const encoders = await startEncoders();
  const { models } = await import('../../renderer/state/models.svelte.ts');
  await models.start();
  return { encoders, models };
};

// Svelte's compiler takes seconds on a busy machine; what it made is kept.
beforeAll(async () => void (await import('../../renderer/state/models.svelte.ts')), 60_000);

describe('encoders', () => {
  it('are asked for one at a time, however fast they change, and the latest is shown', async () => {
    let answer = deferred<EncoderSummary[]>();
    const bridge = openWindow({ 'encoders.list': () => answer.promise });
    const starting = startEncoders();
    await pass();
    answer.resolve([builtIn]);
    const encoders = await starting;
    const first = (answer = deferred<EncoderSummary[]>());
    for (let i = 0; i < 5; i++) bridge.emit('encoders.changed', undefined);
    await pass();
    answer = deferred();
    first.resolve([builtIn, clip({ state: 'fetching', doneBytes: 10 })]);
    answer.resolve([builtIn, clip({ state: 'fetching', doneBytes: 20 })]);
    await pass();
    expect(bridge.count('encoders.list')).toBe(3);
    expect(encoders.beingAdded?.doneBytes).toBe(20);
  });

  it('nothing is fetched before one is asked for, and then one at a time', async () => {
    const fetched = deferred<EncoderSummary>();
    const bridge = openWindow({
      'encoders.list': () => [builtIn, clip()],
      'encoders.add': () => fetched.promise,
      'encoders.chooseFolder': () => '/folder',
    });
    const encoders = await startEncoders();
    expect([bridge.count('encoders.add'), encoders.busy]).toEqual([0, false]);
    const adding = encoders.add('clip');
    await pass();
    expect([encoders.busy, encoders.isAskedFor('clip')]).toEqual([true, true]);
    await encoders.add('other');
    await encoders.addFolder();
    expect([bridge.count('encoders.add'), bridge.count('encoders.chooseFolder')]).toEqual([1, 0]);
    fetched.resolve(added);
    await adding;
    expect(encoders.busy).toBe(false);
    expect(await shownToasts()).toEqual(['“The clip” can be used now']);
  });

  it('are listed again when another model is in use', async () => {
    let inUse = false;
    const bridge = openWindow({ 'encoders.list': () => [builtIn, { ...added, inUse }] });
    const encoders = await startEncoders();
    inUse = true;
    bridge.emit('models.changed', undefined);
    await pass();
    expect(encoders.find('clip')?.inUse).toBe(true);
  });

  it('say how long fetching will take', async () => {
    let doneBytes = 0;
    const bridge = openWindow({ 'encoders.list': () => [builtIn, clip({ state: 'fetching', doneBytes })] });
    const encoders = await startEncoders();
    expect(encoders.secondsLeft).toBeNull();
    await pass(2000);
    doneBytes = 500;
    bridge.emit('encoders.changed', undefined);
    await pass();
    expect(encoders.secondsLeft).toBeCloseTo(2, 0);
  });

  it('keep why one was not added until it is tried again, whether the list says it or the answer', async () => {
    let listed: ErrorObject | null = null;
    const second = deferred<EncoderSummary>();
    const answers = [Promise.reject(new Failure(offline)), second.promise];
    openWindow({
      'encoders.list': () => [builtIn, clip({ error: listed })],
      'encoders.add': () => answers.shift()!,
    });
    const encoders = await startEncoders();
    const failure = () => encoders.failureOf(encoders.find('clip')!)?.message ?? null;
    expect(failure()).toBeNull();
    await encoders.add('clip');
    expect(failure()).toBe('The hub cannot be reached.');
    listed = { code: 'asset-corrupt', message: 'It is damaged.' };
    await encoders.load();
    expect(failure()).toBe('It is damaged.');
    const again = encoders.add('clip');
    await pass();
    expect(failure()).toBeNull();
    listed = null;
    second.reject(new Failure({ code: 'cancelled', message: 'Cancelled.' }));
    await again;
    // what the user cancelled did not fail
    expect(failure()).toBeNull();
    expect(await shownToasts()).toEqual([]);
  });

  it('that are damaged say so, and cannot be used', async () => {
    const damaged = { ...added, zeroShot: null, error: { code: 'asset-corrupt' as const, message: 'It is damaged.' } };
    openWindow({ 'encoders.list': () => [builtIn, damaged] });
    const encoders = await startEncoders();
    const { groupsOf } = await import('../../renderer/settings/encoder-cards.ts');
    expect(encoders.failureOf(damaged)?.message).toBe('It is damaged.');
    expect(groupsOf([model('trained', 'clip')], encoders.list).map(({ state }) => state)).toEqual(['damaged']);
  });

  it('a model that comes with an encoder is called as that is', async () => {
    openWindow({ 'encoders.list': () => [builtIn, added] });
    const encoders = await startEncoders();
    expect(['clip', 'default', 'mine'].map((id) => encoders.titleOfModel(id))).toEqual([
      'The clip',
      'The resnet',
      'mine',
    ]);
  });

  it('say why the one in a folder was refused', async () => {
    let refused = true;
    const bridge = openWindow({
      'encoders.list': () => [builtIn],
      'encoders.chooseFolder': () => '/folder',
      'encoders.addFolder': () => {
        if (refused) throw new Failure({ code: 'encoder-invalid', message: 'There is no tokenizer.json.' });
        return added;
      },
    });
    const encoders = await startEncoders();
    await encoders.addFolder();
    expect(encoders.failedFolder).toMatchObject({ path: '/folder', error: { message: 'There is no tokenizer.json.' } });
    refused = false;
    await encoders.addFolder();
    expect([encoders.failedFolder, encoders.folder]).toEqual([null, null]);
    expect(bridge.asked.findLast(({ name }) => name === 'encoders.addFolder')?.argument).toEqual({ path: '/folder' });
  });
});

describe('a change of model', () => {
  const needs = (toEncode: number) => ({ photos: 9, toEncode, bytes: 9, freeBytes: 1e9, seconds: 5 });
  const running = (to: string): SwitchState => ({
    ...{ to, state: 'running', donePhotos: 3, totalPhotos: 9, secondsLeft: 4, error: null },
  });

  it('is asked about where photos must be looked at, and begins when the user says so', async () => {
    let inUse = 'default';
    let switching: SwitchState | null = null;
    const bridge = openWindow({
      'encoders.list': () => [builtIn, added],
      'models.list': () => [
        model('default', 'resnet', { inUse: inUse === 'default' }),
        model('clip', 'clip', { inUse: inUse === 'clip' }),
      ],
      'models.needs': () => needs(9),
      'models.use': () => {
        switching = running('clip');
        return 'background';
      },
      'models.switching': () => switching,
    });
    const { models } = await startBoth();
    await models.choose('clip');
    expect(models.question).toMatchObject({ id: 'clip', needs: needs(9) });
    expect(bridge.count('models.use')).toBe(0);
    await models.begin();
    expect([models.question, models.onItsWay, models.inUse?.id, models.busy]).toEqual([null, 'clip', 'default', false]);
    // another one may be chosen in its place
    await models.choose('default');
    expect(bridge.count('models.needs')).toBe(2);
    models.question = null;
    inUse = 'clip';
    bridge.emit('models.switching', null);
    await pass();
    expect([models.switching, models.inUse?.id, models.onItsWay]).toEqual([null, 'clip', null]);
    expect(await shownToasts()).toEqual(['Now searching with “The clip”']);
  });

  it('is made at once where no photo must be looked at: going back', async () => {
    const bridge = openWindow({
      'encoders.list': () => [builtIn, added],
      'models.list': () => [model('default', 'resnet', { inUse: true })],
      'models.needs': () => needs(0),
      'models.use': () => 'done',
    });
    const { models } = await startBoth();
    await models.choose('default');
    expect([models.question, bridge.count('models.use')]).toEqual([null, 1]);
    expect(await shownToasts()).toEqual(['Now searching with “The resnet”']);
  });

  it('that the user stops is not told as done', async () => {
    const bridge = openWindow({
      'encoders.list': () => [builtIn, added],
      'models.list': () => [model('default', 'resnet', { inUse: true })],
      'models.stopSwitching': () => bridge.emit('models.switching', null),
    });
    const { models } = await startBoth();
    bridge.emit('models.switching', running('clip'));
    expect(models.onItsWay).toBe('clip');
    await models.stopSwitching();
    await pass();
    expect(models.switching).toBeNull();
    expect(await shownToasts()).toEqual(['Stopped. What was computed is kept.']);
  });

  it('that fails is told once, and can be tried again', async () => {
    const bridge = openWindow({
      'encoders.list': () => [builtIn, added],
      'models.use': () => 'background',
    });
    const { models } = await startBoth();
    const failed = {
      ...running('clip'),
      state: 'failed' as const,
      error: { code: 'disk-full' as const, message: 'Full.' },
    };
    bridge.emit('models.switching', running('clip'));
    bridge.emit('models.switching', failed);
    bridge.emit('models.switching', failed);
    expect(await shownToasts()).toEqual(['Full.']);
    expect(models.onItsWay).toBeNull();
    await models.use('clip');
    expect(bridge.count('models.use')).toBe(1);
  });
});

describe('titles of encoders', () => {
  const titles = async (...list: EncoderSummary[]) =>
    (await import('../../renderer/state/encoder-titles.ts')).withDistinctTitles(list).map(({ title }) => title);
  const folder = (id: string, origin: string) =>
    encoder(id, { title: 'clip', source: 'folder', state: 'added', origin });

  it('that differ stay as they are', async () => {
    expect(await titles(builtIn, clip(), folder('own', '/a/clip'))).toEqual(['The resnet', 'The clip', 'clip']);
  });

  it('that are the same say the folder, the precision or the id', async () => {
    expect(await titles(folder('clip', '/home/a/clip'), folder('clip-2', '/home/b/clip'))).toEqual([
      'clip (a/clip)',
      'clip (b/clip)',
    ]);
    expect(await titles(folder('clip', '/x/a/clip'), folder('clip-2', '/y/a/clip'))).toEqual([
      'clip (/x/a/clip)',
      'clip (/y/a/clip)',
    ]);
    expect(await titles(folder('clip', '/a/clip'), folder('clip-2', '/a/clip'))).toEqual([
      'clip (clip)',
      'clip (clip-2)',
    ]);
    const half = clip({ title: 'clip', family: { title: 'CLIP', precision: 'half' } });
    expect(await titles(half, folder('own', 'C:\\models\\clip'))).toEqual(['clip (Half)', 'clip (models/clip)']);
  });
});

describe('the list of encoders', () => {
  it('has one card for all precisions of an encoder, and shows the one that matters', async () => {
    openWindow();
    const { cardsOf, firstShown } = await import('../../renderer/settings/encoder-cards.ts');
    const of = (id: string, more: Partial<EncoderSummary> = {}) =>
      encoder(id, { family: { title: 'CLIP', precision: 'half' }, ...more });
    const cards = cardsOf([builtIn, of('a'), of('b'), encoder('c')]);
    const order = (['8-bit', 'full', 'half'] as const).map((precision) =>
      of(precision, { family: { title: 'CLIP', precision } }),
    );
    // in the same order on each card; shown is the one that is offered first
    expect(cardsOf(order)[0]!.variants.map(({ id }) => id)).toEqual(['full', 'half', '8-bit']);
    expect(firstShown(cardsOf(order)[0]!).id).toBe('8-bit');
    expect(cards.map(({ title, variants }) => [title, variants.map(({ id }) => id)])).toEqual([
      ['The resnet', ['resnet']],
      ['CLIP', ['a', 'b']],
      ['The c', ['c']],
    ]);
    const shown = (...variants: EncoderSummary[]) =>
      firstShown({ title: 'CLIP', variants, offeredFirst: variants[0]! }).id;
    expect(shown(of('a'), of('b'))).toBe('a');
    expect(shown(of('a'), of('b', { error: offline }))).toBe('b');
    expect(shown(of('a', { error: offline }), of('b', { state: 'added' }))).toBe('b');
    expect(shown(of('a', { state: 'added' }), of('b', { state: 'checking' }))).toBe('b');
    expect(shown(of('a', { state: 'fetching' }), of('b', { state: 'added', inUse: true }))).toBe('b');
  });

  it('uses the model that comes with the encoder, else one that was trained on it', async () => {
    openWindow();
    const { modelToUse } = await import('../../renderer/settings/encoder-cards.ts');
    const all = [model('mine', 'resnet'), model('default', 'resnet', { builtIn: true }), model('trained', 'clip')];
    expect(modelToUse(builtIn, all)).toBe('default');
    expect(modelToUse(added, all)).toBe('clip');
    expect(modelToUse({ ...added, zeroShot: null }, all)).toBe('trained');
    expect(modelToUse({ ...added, zeroShot: null }, [])).toBeNull();
  });

  it('models stand with their encoder, and those of encoders that are not there come last', async () => {
    openWindow();
    const { groupsOf } = await import('../../renderer/settings/encoder-cards.ts');
    const all = [
      model('of-gone', 'gone'),
      model('default', 'resnet'),
      model('of-offered', 'offered'),
      model('clip', 'clip'),
      model('older', null),
    ];
    const list = [builtIn, encoder('offered'), added];
    expect(groupsOf(all, list).map(({ title, state, models }) => [title, state, models.map(({ id }) => id)])).toEqual([
      ['The resnet', 'here', ['default', 'older']],
      ['The clip', 'here', ['clip']],
      ['gone', 'unknown', ['of-gone']],
      ['The offered', 'offered', ['of-offered']],
    ]);
    expect(groupsOf(all, null).every(({ state }) => state === 'here')).toBe(true);
  });

  it('says what one does not do, in a sentence', async () => {
    const { encoderTexts } = await import('../../renderer/base/encoder-texts.ts');
    const all = { regions: true, duplicates: true, relevance: true, training: true, tuning: true };
    expect(encoderTexts.cannot(all)).toBe('');
    expect(encoderTexts.cannot({ ...all, regions: false })).toBe(
      'It cannot look for small things in a part of a photo.',
    );
    expect(encoderTexts.cannot({ ...all, training: false, tuning: false })).toBe(
      'It cannot learn from captioned photos.',
    );
    expect(encoderTexts.cannot({ ...all, relevance: false, duplicates: false, tuning: false })).toBe(
      'It cannot say how sure a match is, find photos that look nearly the same or be fine-tuned.',
    );
  });

  it('shortens a revision, not a folder', async () => {
    const { encoderTexts } = await import('../../renderer/base/encoder-texts.ts');
    const revision = 'd15189d7028b43f1d3e65039190477f6af591c2a';
    expect(encoderTexts.origin.hub(`a/b @ ${revision}`)).toBe('from huggingface.co: a/b @ d15189d');
    expect(encoderTexts.origin.folder(`/models/${revision}`)).toContain(revision);
  });
});
