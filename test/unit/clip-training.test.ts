/** Two branches on the photo features and text embeddings of an added encoder, with made-up ones in place of its graphs. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeClipModel, encodeClipModel, neededBy, readClipModel } from '../../models/clip/model-file.ts';
import { openTrained, readClipInformation, readCompatible, type ClipSide } from '../../models/clip/model.ts';
import { clipTraining } from '../../models/clip/recipe.ts';
import { trainOnClip } from '../../models/clip/train.ts';
import type { AddedEncoder } from '../../models/contract/added-encoder.ts';
import type { TrainedModel, TrainingPhoto, TrainingRun, TrainingUpdate } from '../../models/contract/training.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { openOnnxEngine } from '../../models/engine/onnx.ts';
import { evaluateEmbedder } from '../../models/evaluate-embedder.ts';
import { readSafetensorsMetadata } from '../../models/files/safetensors.ts';
import { recallSum } from '../../models/two-branch/evaluation.ts';
import { zeroShotLike } from '../fixtures/dense-sentences.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'descry-clip-training-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = { path: 'a', bytes: 1, sha256: '0'.repeat(64) };
const added: AddedEncoder = {
  format: 1,
  id: 'made-up',
  title: 'Made-up vectors',
  kind: 'clip',
  files: { vision: file, text: file, tokenizer: file },
  dimensions: 24,
  tensors: { pixels: 'p', tokens: 't', mask: null, imageEmbeddings: 'i', textEmbeddings: 'e' },
  contextLength: 77,
  padding: null,
  preprocessing: { side: 32, fit: 'crop', resample: 'cubic', normalisation: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
  source: { kind: 'folder', folder: '/home/anna/secret' },
  measured: null,
  addedAt: 0,
};
const made = zeroShotLike({ dimensions: added.dimensions, photos: 150 });
let engine: Engine;
let side: ClipSide;
beforeAll(async () => {
  engine = await openOnnxEngine();
  side = sideWith();
});

function sideWith(embed = made.embed): ClipSide {
  const analysis = { tokens: [], known: [], unknown: [], hardlyKnown: [] };
  return {
    added,
    identity: { id: 'made-up@0123456789ab', version: 1 },
    engine: () => Promise.resolve(engine),
    embed,
    dispose: () => Promise.resolve(),
    analysis: { analyse: () => analysis, requireKnown: () => analysis },
  };
}

const training = clipTraining(added);
const recipe = (name: string, epochs: number) => training.withEpochs(training.recipes[name]!, epochs);
const run = (change: Partial<TrainingRun> = {}): TrainingRun => ({
  photos: made.photos,
  recipe: recipe('default', 4),
  seed: 5,
  init: null,
  final: false,
  captions: [],
  maps: null,
  checkpoint: () => Promise.resolve(undefined),
  ...change,
});

async function train(
  wanted: TrainingRun,
  on = side,
  until: (update: TrainingUpdate) => boolean = () => false,
): Promise<{ model: TrainedModel | undefined; updates: TrainingUpdate[] }> {
  const updates: TrainingUpdate[] = [];
  const training = trainOnClip(on, wanted);
  for (;;) {
    const next = await training.next();
    if (next.done) return { model: next.value, updates };
    updates.push(next.value);
    if (!until(next.value)) continue;
    await training.return(undefined as never);
    return { model: undefined, updates };
  }
}

/** of a file's bytes, without the time at which it was made */
const digest = ({ bytes, information }: TrainedModel) =>
  createHash('sha256')
    .update(Buffer.from(bytes).toString('latin1').replace(String(information.createdAt), ''))
    .digest('hex');
const val = made.photos.filter(({ split }) => split === 'val');
const zeroShot = async (photos: readonly TrainingPhoto[] = val) =>
  (await evaluateEmbedder(made.embedder, engine, photos, null)).recalls;

describe('two branches on an added encoder', () => {
  it('that begin as the encoder find more than it', async () => {
    const before = await zeroShot();
    const { model, updates } = await train(run({ recipe: recipe('default', 12) }));
    expect(model!.epoch).toBeGreaterThan(0);
    expect(recallSum(model!.information.recalls!)).toBeGreaterThan(recallSum(before) + 20);
    expect(model!.information).toMatchObject({ implementation: 'made-up', encoder: side.identity, words: null });
    expect(updates.filter(({ kind }) => kind === 'epoch')).toHaveLength(12);
    const [start, ...others] = updates.filter((update) => update.kind === 'start');
    expect(others).toEqual([]);
    expect(recallSum(start!.recalls)).toBeCloseTo(recallSum(before), 3);
  });

  it('stay as the encoder where no epoch finds more', async () => {
    const slow = { ...recipe('default', 2) };
    const harmful = { ...slow, optimiser: { ...(slow['optimiser'] as object), learningRate: 5 } };
    const { model } = await train(run({ recipe: harmful, final: true }));
    expect(model!.epoch).toBe(0);
    const { textToImage, imageToText } = model!.information.recalls!;
    const before = await zeroShot();
    expect(textToImage.r1).toBeCloseTo(before.textToImage.r1, 5);
    expect(imageToText.r10).toBeCloseTo(before.imageToText.r10, 5);
    const opened = await openTrained('same', model!.bytes, side);
    const features = made.photos[3]!.feature();
    const [own, theirs] = [await opened.embedFeatures(features, 1), await made.embedder.embedFeatures(features, 1)];
    own.forEach((value, i) => expect(value).toBeCloseTo(theirs[i]!, 4));
    await opened.dispose();
  });

  it.each(['seed', 'layers', 'kernel'])('are trained by the recipe %s, too', async (name) => {
    const wanted = recipe(name, name === 'kernel' ? 2 : 20);
    // for 120 photos in place of thousands
    const slower = name === 'layers' ? { learningRate: 0.1, dropout: 0 } : {};
    const optimiser = { ...(wanted['optimiser'] as object), batch: 60, ...slower };
    const { model, updates } = await train(run({ recipe: { ...wanted, optimiser } }));
    const starts = updates.flatMap((update) => (update.kind === 'start' ? [update.recalls] : []));
    expect(starts.map(recallSum)).toEqual([expect.closeTo(recallSum(await zeroShot()), 3)]); // the encoder alone
    const joined = updates.flatMap((update) => (update.kind === 'epoch' && update.joined ? [update.joined] : []));
    expect(joined.map(({ network, epoch }) => [network, epoch])).toEqual(
      name === 'kernel' ? [[1, 1], [1, 2], ...Array.from({ length: 12 }, (_, i) => [2, i + 1])] : [],
    );
    // 30 photos: by chance the right one is first for 3.3 % of the captions
    expect(model!.information.recalls!.textToImage.r1).toBeGreaterThan(12);
    const opened = await openTrained('own', model!.bytes, side);
    const { recalls } = await opened.evaluate(val);
    expect(recalls.textToImage.r10).toBeCloseTo(model!.information.recalls!.textToImage.r10, -1);
    await opened.dispose();
  });

  it('are the same bit for bit with the same seed, and others with another', async () => {
    const [first, second, third] = [await train(run()), await train(run()), await train(run({ seed: 6 }))];
    expect(digest(first.model!)).toBe(digest(second.model!));
    expect(digest(first.model!)).not.toBe(digest(third.model!));
  });

  it('go on from checkpoints to the same model, and embed no sentence twice', async () => {
    const whole = await train(run());
    const stored = new Map<string, Uint8Array>();
    const checkpoint = (stage: string) => Promise.resolve(stored.get(stage));
    const embed = vi.fn(made.embed);
    const until = (epoch: number) => (update: TrainingUpdate) => {
      if (update.kind === 'checkpoint') stored.set(update.stage, update.bytes);
      return update.kind === 'epoch' && update.epoch === epoch;
    };
    await train(run({ checkpoint }), sideWith(embed), until(2));
    const sentences = embed.mock.calls.flatMap(([some]) => some);
    expect(new Set(sentences).size).toBe(sentences.length);
    expect(new Set(sentences)).toEqual(new Set(made.photos.flatMap(({ captions }) => captions)));
    embed.mockClear();
    const { model, updates } = await train(run({ checkpoint }), sideWith(embed));
    expect(updates[0]).toEqual({ kind: 'resumed', epoch: 2 });
    // Only the sentences on which the relevance is fitted are new.
    const captions = new Set(made.photos.flatMap((photo) => photo.captions));
    expect(embed.mock.calls.flatMap(([some]) => some).filter((sentence) => captions.has(sentence))).toEqual([]);
    expect(digest(model!)).toBe(digest(whole.model!));
  });

  it('do not go on from sentences of another encoder', async () => {
    const stored = new Map<string, Uint8Array>();
    const checkpoint = (stage: string) => Promise.resolve(stored.get(stage));
    await train(run(), side, (update) => {
      if (update.kind === 'checkpoint') stored.set(update.stage, update.bytes);
      return update.kind === 'step';
    });
    const other = { ...side, identity: { id: 'made-up@ffffffffffff', version: 1 } };
    const { updates } = await train(run({ checkpoint }), other, ({ kind }) => kind === 'sentences');
    expect(updates.map(({ kind }) => kind)).toEqual(['not-resumed', 'sentences']);
  });

  it('are a file that names its encoder, and nothing of the folder that it came from', async () => {
    const { model } = await train(run({ recipe: recipe('default', 1) }));
    const place = path.join(folder, 'own.safetensors');
    writeFileSync(place, model!.bytes);
    expect(await readClipInformation(place, added)).toEqual(model!.information);
    const header = await readSafetensorsMetadata(place);
    expect(header['implementation']).toBe('made-up');
    expect(JSON.stringify(header)).not.toContain('secret');
    const decoded = await readClipModel(place);
    expect(decoded.needs).toEqual(neededBy(added));
    expect(decodeClipModel(encodeClipModel(decoded), 'again')).toEqual(decoded);
    const opened = await openTrained('own', place, side);
    expect(opened.dimensions).toBe(added.dimensions);
    expect(opened.regions).toBeNull();
    const judged = opened.judge!('word3 word40', Float32Array.of(0.9, 0.2, -0.4), 100);
    expect([...judged.relevance]).toEqual([...judged.relevance].sort((a, b) => b - a));
    expect((await opened.evaluate(val, { relevance: true })).relevance).not.toHaveLength(0);
    await opened.dispose();

    const other = { ...side, identity: { id: 'made-up@ffffffffffff', version: 1 } };
    await expect(readCompatible('own', place, other)).rejects.toMatchObject({
      code: 'model-incompatible',
      message: expect.stringContaining('Made-up vectors (made-up@0123456789ab, from a folder)') as string,
    });
    const wider = { ...side, added: { ...added, dimensions: 32 } };
    await expect(readCompatible('own', place, wider)).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('go on from a model', async () => {
    const { model } = await train(run({ recipe: recipe('default', 3) }));
    const place = path.join(folder, 'begun.safetensors');
    writeFileSync(place, model!.bytes);
    const further = await train(run({ init: place, recipe: recipe('default', 2) }));
    const [before, after] = [model!, further.model!].map(({ information }) => recallSum(information.recalls!));
    expect(after).toBeGreaterThanOrEqual(before! - 3);
    const other = { ...side, identity: { id: 'made-up@ffffffffffff', version: 1 } };
    await expect(train(run({ init: place }), other)).rejects.toMatchObject({ code: 'model-incompatible' });
  });
});

describe('recipes for an added encoder', () => {
  it('are valid as they are and as their forms, for short and for long embeddings', () => {
    for (const dimensions of [16, 512, 1024]) {
      const { recipes, parse, form } = clipTraining({ dimensions, measured: null });
      for (const [name, recipe] of Object.entries(recipes)) expect(parse(recipe, name)).toEqual(recipe);
      for (const [kind, { recipe, defaults }] of Object.entries(form!.kinds)) {
        const asked = form!.fields.filter(({ onlyFor = {} }) =>
          Object.entries(onlyFor).every(([choice, value]) => defaults[choice] === value),
        );
        const fields = Object.fromEntries(asked.map(({ name }) => [name, defaults[name]!]));
        const { name: _, description: __, ...made } = form!.recipe(fields);
        const { name: ___, description: ____, ...wanted } = recipes[recipe]!;
        expect(made, kind).toEqual(wanted);
      }
    }
  });

  it('have no parts that are ResNet50’s own', () => {
    const names = training.form!.fields.map(({ name }) => name);
    expect(names).not.toContain('stage5');
    expect(names).not.toContain('hidden');
    expect(Object.values(training.recipes).some((recipe) => training.needsMaps(recipe))).toBe(false);
    const parse = (change: object) => () => training.parse({ ...training.recipes['default'], ...change }, 'mine');
    expect(parse({ tuning: null })).toThrow(/mine is not a valid recipe: .*tuning/);
    expect(parse({ image: { pooling: 'average', norm: 'l2', scale: 1 } })).toThrow(/image\.pooling/);
    const network = training.recipes['default']!['network'] as object;
    expect(parse({ network: { ...network, embedding: 16 } })).toThrow(/has 24 outputs/);
    expect(parse({ network: { ...network, textHidden: 24 } })).toThrow(/at least 48 hidden units/);
    expect(parse({ standardise: { image: 'shared', text: 'none' } })).toThrow(/not standardised/);
  });

  it('take longer with more photos', () => {
    const { time, recipes } = clipTraining({ dimensions: 24, measured: { photosPerSecond: 50, peakBytes: 1 } });
    const [few, many] = [100, 1000].map((photos) => time(recipes['default']!, photos));
    expect(many!.secondsBefore).toBeGreaterThan(few!.secondsBefore!);
    expect(many!.secondsPerEpoch).toBeGreaterThan(few!.secondsPerEpoch);
  });

  it('take as long as the vectors of the encoder are, and nothing is claimed of one whose speed was not measured', () => {
    const measured = { photosPerSecond: 50, peakBytes: 1 };
    const [narrow, wide] = [256, 1024].map((dimensions) => {
      const { time, recipes } = clipTraining({ dimensions, measured });
      return time(recipes['layers']!, 1000);
    });
    expect(wide!.secondsPerEpoch / narrow!.secondsPerEpoch).toBeGreaterThan(8);
    expect(wide!.secondsPerEpoch / narrow!.secondsPerEpoch).toBeLessThan(16);
    // captions at the measured speed: 5 of each photo
    expect(narrow!.secondsBefore).toBeGreaterThan(100);
    const { time, recipes } = clipTraining({ dimensions: 256, measured: null });
    expect(time(recipes['layers']!, 1000)).toEqual({ ...narrow!, secondsBefore: null });
  });
});

it('made-up vectors find some photos by their captions without training', async () => {
  const { textToImage } = await zeroShot();
  expect(textToImage.r1).toBeGreaterThan(10);
  expect(textToImage.r1).toBeLessThan(70);
});
