import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { DescryError } from '../../models/errors.ts';
import { imageInputLength, imageInputs, imageSpec } from '../../models/two-branch/image-input.ts';
import { seededRandom } from '../../models/math/random.ts';
import { recipeFromFields, withFields } from '../../models/two-branch/recipe-form.ts';
import { parseRecipe, recipes, type Recipe } from '../../models/two-branch/recipe.ts';
import { epochBatches, type Pairs } from '../../models/two-branch/batches.ts';

const problems = (value: unknown) => {
  try {
    parseRecipe(value, 'mine.json');
  } catch (error) {
    expect(error).toBeInstanceOf(DescryError);
    expect((error as DescryError).code).toBe('recipe-invalid');
    return (error as Error).message;
  }
  return '';
};

describe('a recipe', () => {
  it('of ours is one, also after JSON', () => {
    for (const recipe of Object.values(recipes))
      expect(parseRecipe(JSON.parse(JSON.stringify(recipe)), 'x')).toEqual(recipe);
  });

  describe('that an earlier version wrote', () => {
    const { averageDecay, ...kernel } = recipes.default.kernel!;
    const earlier = (optimiser: object = {}) => ({
      ...recipes.default,
      kernel: { ...kernel, memory: averageDecay },
      optimiser: { ...recipes.default.optimiser, weightDecay: 0, averagedEpochs: 1, ...optimiser },
      text: { parts: recipes.default.text.parts.map((part, i) => (i === 1 ? { ...part, weighting: 'binary' } : part)) },
    });

    it('is the same recipe', () => {
      expect(parseRecipe(earlier(), 'x')).toEqual(recipes.default);
      const seed = { ...recipes.seed, objective: { ...recipes.seed.objective, neighbourhoodWeight: 0 } };
      expect(parseRecipe(seed, 'x')).toEqual(recipes.seed);
    });

    it('is refused by name where it sets an option that is gone', () => {
      expect(problems(earlier({ weightDecay: 0.001 }))).toMatch(/optimiser.*weightDecay/);
      expect(problems({ ...recipes.default, kernel: { ...recipes.default.kernel, memory: 0.5 } })).toMatch(/memory/);
    });
  });

  it('that is wrong is told with its file and every wrong field', () => {
    const { seed } = recipes;
    const wrong = {
      ...seed,
      name: '',
      optimiser: { ...seed.optimiser, batch: 1, learningRate: 'fast', epochs: 1.5 },
      network: { ...seed.network, embedding: Infinity },
    };
    const message = problems(wrong);
    for (const part of [
      'mine.json',
      'name',
      'optimiser.batch',
      'optimiser.learningRate',
      'optimiser.epochs',
      'network.embedding',
    ]) {
      expect(message).toContain(part);
    }
    expect(problems(null)).toContain('the recipe');
    expect(problems('seed')).toContain('the recipe');
    expect(problems({ ...seed, learnignRate: 1 })).toContain('learnignRate');
    expect(problems({ ...seed, objective: { kind: 'triplet' } })).toContain('objective');
    expect(problems({ ...seed, text: { parts: [] } })).toContain('text.parts');
    expect(problems({ ...seed, optimiser: { ...seed.optimiser, dropout: 1 } })).toContain('optimiser.dropout');
    expect(problems({ ...seed, optimiser: { ...seed.optimiser, learningRate: NaN } })).toContain('learningRate');
  });
});

describe('the fields of the window', () => {
  const from = (fields: Record<string, string | number | boolean>, base: Recipe = recipes.seed) =>
    withFields(base, fields);

  it('without any are the recipe itself, under another name', () => {
    const { name, description, ...same } = from({});
    expect(name).toBe('advanced');
    expect(description).not.toBe('');
    expect(recipes.seed).toMatchObject(same);
  });

  it('set what they name, as text or as numbers', () => {
    const recipe = from({
      hidden: '64',
      embedding: 32,
      epochs: '3',
      batch: 100,
      learningRate: '0.2',
      dropout: 0,
      margin: '0.1',
    });
    expect(recipe.network).toMatchObject({ imageHidden: 64, textHidden: 64, embedding: 32 });
    expect(recipe.optimiser).toMatchObject({ epochs: 3, batch: 100, learningRate: 0.2, dropout: 0 });
    expect(recipe.objective).toMatchObject({ kind: 'ranking', margin: 0.1 });
    expect(from({ loss: 'softmax', temperature: '0.1' }).objective).toEqual({ kind: 'softmax', temperature: 0.1 });
    const softmax: Recipe = { ...recipes.seed, objective: { kind: 'softmax', temperature: 0.07 } };
    expect(from({}, softmax).objective).toEqual(softmax.objective);
    expect(from({ loss: 'ranking' }, softmax).objective).toMatchObject({
      kind: 'ranking',
      hardest: expect.any(Number),
    });
  });

  it('start from the best recipe with the image branch that is asked for', () => {
    expect(recipeFromFields({})).toMatchObject({ kernel: recipes.default.kernel });
    expect(recipeFromFields({ imageBranch: 'kernel' }).optimiser).toEqual(recipes.default.optimiser);
    const layers = recipeFromFields({ imageBranch: 'layers', epochs: 3 });
    expect(layers).toMatchObject({
      kernel: null,
      image: recipes.layers.image,
      standardise: recipes.layers.standardise,
    });
    expect(layers.optimiser).toEqual({ ...recipes.layers.optimiser, epochs: 3 });
    expect(() => recipeFromFields({ imageBranch: 'forest' })).toThrow(/kernel or layers/);
  });

  it('set the kernel machine, which takes its hidden units from the photos', () => {
    const fields = { kernelWidth: '3', ridge: 0.5, components: '64', hidden: 32 };
    const { kernel, network } = from(fields, recipes.default);
    expect(kernel).toEqual({ ...recipes.default.kernel, width: 3, ridge: 0.5, components: 64 });
    expect(network).toEqual({ ...recipes.default.network, textHidden: 32 });
    for (const [name, value] of Object.entries({ kernelWidth: 0, ridge: '', components: 7 })) {
      expect(() => from({ [name]: value }, recipes.default)).toThrow(/kernel\./);
    }
    expect(() => recipeFromFields({ imageBranch: 'layers', ridge: 0.5 })).toThrow(/no field ridge/);
  });

  it.each([
    [{ epochs: '' }, /epochs/],
    [{ dropout: ' ' }, /dropout/],
    [{ dropout: true }, /dropout/],
    [{ learningRate: 'fast' }, /learningRate/],
    [{ batch: '1' }, /batch/],
    [{ loss: 'triplet' }, /softmax or ranking, not triplet/],
    [{ temperature: 0.1 }, /no field temperature/],
    [{ warmth: 3 }, /warmth/],
    [{ __proto__x: 3 }, /__proto__x/],
  ])('refuse %j', (fields, reason) => {
    expect(() => from(fields as never)).toThrow(reason);
    expect(() => from(fields as never)).toThrow(expect.objectContaining({ code: 'recipe-invalid' }));
  });
});

describe('the input of the image branch', () => {
  /** two photos: three averages and three deviations each */
  const features = Float32Array.of(3, 4, 0, 1, 2, 2, 0, 0, 2, 0, 5, 12);
  const from = (spec: z.input<typeof imageSpec>) => [...imageInputs(features, 2, imageSpec.parse(spec))];

  it('is the averages: as they are, scaled, or of one norm', () => {
    expect(from({})).toEqual([3, 4, 0, 0, 0, 2]);
    expect(from({ scale: 2 })).toEqual([6, 8, 0, 0, 0, 4]);
    const unit = from({ norm: 'l2', scale: 10 });
    [6, 8, 0, 0, 0, 10].forEach((value, i) => expect(unit[i]).toBeCloseTo(value, 5));
    expect(features[0]).toBe(3);
  });

  it('is the averages and the deviations, in equal shares where they have one norm', () => {
    expect(from({ pooling: 'average-deviation' })).toEqual([...features]);
    const inputs = from({ pooling: 'average-deviation', norm: 'l2', scale: 10 });
    expect(inputs).toHaveLength(12);
    const share = 10 / Math.SQRT2;
    [0.6, 0.8, 0, 1 / 3, 2 / 3, 2 / 3, 0, 0, 1, 0, 5 / 13, 12 / 13].forEach((value, i) =>
      expect(inputs[i]).toBeCloseTo(value * share, 4),
    );
    expect(Math.hypot(...inputs.slice(6))).toBeCloseTo(10, 4);
  });

  it.each(['average', 'average-deviation'] as const)('is as long as is said, and of zeros zeros: %s', (pooling) => {
    const inputs = imageInputs(new Float32Array(12), 2, { pooling, norm: 'l2', scale: 1 });
    expect(inputs).toEqual(new Float32Array(2 * imageInputLength(6, { pooling })));
  });

  it('is refused of features that have no two halves', () => {
    expect(() => imageInputs(new Float32Array(9), 3, imageSpec.parse({}))).toThrow(RangeError);
  });
});

describe('the batches of an epoch', () => {
  const pairs = (captionsPerPhoto: number[]): Pick<Pairs, 'photos' | 'photoOf'> => ({
    photos: captionsPerPhoto.length,
    photoOf: Int32Array.from(captionsPerPhoto.flatMap((count, photo) => new Array<number>(count).fill(photo))),
  });
  const recipe = (batch: number, captionsPerPhoto: number) => ({ batch, captionsPerPhoto });

  it('hold each photo at most once, with its captions side by side, and differ from epoch to epoch', () => {
    const data = pairs(new Array<number>(50).fill(5));
    const random = seededRandom(1);
    const first = epochBatches(data, recipe(20, 2), random);
    expect(first.map((batch) => batch.length)).toEqual([20, 20, 20, 20, 20]);
    const captions = first.flatMap((batch) => [...batch]);
    expect(new Set(captions).size).toBe(100);
    for (const batch of first) {
      for (let i = 0; i < batch.length; i += 2) expect(data.photoOf[batch[i]!]).toBe(data.photoOf[batch[i + 1]!]);
    }
    const photos = captions.map((caption) => data.photoOf[caption]);
    expect(new Set(photos).size).toBe(50);
    expect(epochBatches(data, recipe(20, 2), random)).not.toEqual(first);
    expect(epochBatches(data, recipe(20, 2), seededRandom(1))).toEqual(first);
  });

  it('have a caption up to three times where its photo has few, and guessed captions once', () => {
    const data = { ...pairs([1, 2, 5, 3]), guessed: Uint8Array.of(0, 0, 0, 1) };
    const [batch] = epochBatches(data, recipe(100, 5), seededRandom(1));
    const counts = [0, 0, 0, 0];
    for (const caption of batch!) counts[data.photoOf[caption]!]!++;
    expect(counts).toEqual([3, 5, 5, 1]);
    const [once] = epochBatches(data, recipe(100, 5), seededRandom(1), 1);
    expect(once!.length).toBe(1 + 2 + 5 + 1);
  });

  it('leave a short last one out, except where it is the only one', () => {
    const data = pairs(new Array<number>(50).fill(1));
    expect(epochBatches(data, recipe(20, 1), seededRandom(1)).map((batch) => batch.length)).toEqual([20, 20]);
    expect(epochBatches(data, recipe(500, 1), seededRandom(1)).map((batch) => batch.length)).toEqual([50]);
    expect(epochBatches(pairs([]), recipe(500, 2), seededRandom(1))).toEqual([]);
  });

  it('take what a photo has, again where that is less, or nothing', () => {
    const data = pairs([5, 1, 0, 3]);
    const [batch] = epochBatches(data, recipe(500, 3), seededRandom(1));
    const counts = [0, 0, 0, 0];
    for (const caption of batch!) counts[data.photoOf[caption]!]!++;
    expect(counts).toEqual([3, 3, 0, 3]);
  });
});
