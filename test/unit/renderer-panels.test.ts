import { describe, expect, it } from 'vitest';
import type { IndexingProgress, PhotoFolder, TrainingPoint, TrainingState } from '../../electron/ipc/contract.ts';
import { training } from '../../models/resnet50-glove/recipe-form.ts';
import { texts } from '../../renderer/base/texts.ts';
import {
  assetsPace,
  folderTroubles,
  idleTitle,
  indexingPace,
  indexingShare,
  indexingTitle,
} from '../../renderer/library/describe.ts';
import { excludesFit, parseExcludes } from '../../renderer/library/excludes.ts';
import { compareRecalls } from '../../renderer/training/compare.ts';
import { lossCurve, recallCurves, shareDone } from '../../renderer/training/curves.ts';
import {
  askedFields,
  checkField,
  fieldHint,
  fieldLabel,
  formFields,
  setField,
  type SetFields,
} from '../../renderer/state/recipe-fields.ts';

describe('indexing in words', () => {
  const progress: IndexingProgress = {
    state: 'indexing',
    done: 1204,
    total: 10_000,
    photosPerSecond: 41.66,
    secondsLeft: 211,
    error: null,
  };

  it('says how far, how fast and how long', () => {
    expect(indexingTitle(progress)).toBe('Indexing 1,204 of 10,000 photos');
    expect(indexingPace(progress)).toBe('41.7 photos a second · 4 minutes left');
    expect(indexingShare(progress)).toBeCloseTo(0.1204);
  });

  it('claims that all is indexed only where all is known', () => {
    const folder: PhotoFolder = {
      ...{ id: 1, path: '/photos', state: 'watching', photos: 4, indexed: 4, failures: 0, leftOut: [], excludes: [] },
      ...{ lastScan: 0, absence: null, missing: null, clock: null },
    };
    const titleWith = (failures: number, ...changes: Partial<PhotoFolder>[]) =>
      idleTitle({ folders: changes.map((change) => ({ ...folder, ...change })), photos: 4, indexed: 4, failures });
    expect(titleWith(0, {})).toBe('All photos are indexed');
    expect(titleWith(0, { clock: { why: 'network', everyMs: 1 } }, { missing: { photos: 2, keep: true } })).toBe(
      'All photos are indexed',
    );
    expect(titleWith(1, {})).toBe('All photos that can be read are indexed');
    // another process is indexing them
    expect(idleTitle({ folders: [folder], photos: 8, indexed: 5, failures: 1 })).toBe('2 photos are not indexed yet');
    expect(idleTitle({ folders: [folder], photos: 0, indexed: 0, failures: 0 })).toBe('No photos were found yet');
    const partly: Partial<PhotoFolder> = { clock: { why: 'watches', everyMs: 1 } };
    const emptied: Partial<PhotoFolder> = { missing: { photos: 4, keep: false } };
    const gone: Partial<PhotoFolder> = { state: 'gone', absence: { kind: 'gone' } };
    for (const trouble of [partly, emptied, gone]) {
      expect(titleWith(1, {}, trouble)).toBe('All photos found so far are indexed');
    }
    expect(
      folderTroubles([folder, { ...folder, ...gone }, { ...folder, ...partly }, { ...folder, ...partly }]),
    ).toEqual([
      'One folder cannot be read now.',
      '2 folders are only partly watched: new photos there are found later.',
    ]);
    expect(folderTroubles([{ ...folder, ...emptied }])).toEqual(['Photos of one folder are missing.']);
  });

  it('promises nothing that is not known', () => {
    expect(indexingPace({ ...progress, photosPerSecond: 0, secondsLeft: null })).toBe('');
    expect(indexingShare({ ...progress, state: 'scanning' })).toBeNull();
    expect(indexingShare({ ...progress, total: 0 })).toBeNull();
  });

  it('gives the reason of a failure in the words of the window', () => {
    const error = { code: 'disk-full', message: 'No space.', parameters: { weightsFolder: '/a' } } as const;
    const words = 'The disk of /a is full. Free some space, then try again.';
    expect(indexingPace({ ...progress, state: 'failed', error })).toBe(words);
    const assets = { state: 'failed' as const, item: null, doneBytes: 0, totalBytes: 0, error };
    expect(assetsPace(assets, null)).toBe(words);
  });

  it('says what of the models has arrived', () => {
    const assets = {
      state: 'fetching' as const,
      item: 'GloVe',
      doneBytes: 43_200_000,
      totalBytes: 205_000_000,
      error: null,
    };
    expect(assetsPace(assets, 95)).toBe('43.2 MB of 205 MB · 2 minutes left');
    expect(assetsPace(assets, null)).toBe('43.2 MB of 205 MB');
  });
});

describe('exclude patterns', () => {
  it('are one a line, each once', () => {
    expect(parseExcludes(' Screenshots/** \n\n*.png\n*.png\r\n')).toEqual(['Screenshots/**', '*.png']);
  });

  it('keep to the limits of the contract', () => {
    expect(excludesFit(['a'.repeat(500)])).toBe(true);
    expect(excludesFit(['a'.repeat(501)])).toBe(false);
    expect(excludesFit(Array.from({ length: 101 }, (_, i) => `${i}`))).toBe(false);
  });
});

describe('the curves of a run', () => {
  const recall = (r1: number) => {
    const one = { r1, r5: r1 * 2, r10: r1 * 3, medianRank: 9 };
    return { textToImage: one, imageToText: one };
  };
  const history: TrainingPoint[] = [
    { epoch: 1, step: 5, loss: 4, recall: null, sets: [] },
    { epoch: 1, step: 10, loss: 3, recall: recall(8), sets: [] },
    { epoch: 2, step: 5, loss: NaN, recall: null, sets: [] },
    { epoch: 2, step: 10, loss: 2, recall: recall(12), sets: [] },
  ];

  it('count epochs with fractions and leave out what is no number', () => {
    expect(lossCurve(history, 10)).toEqual([
      [0.5, 1, 2],
      [4, 3, 2],
    ]);
  });

  it('have no spike where the mean of an epoch follows its last step', () => {
    const [x, loss] = lossCurve(history.toSpliced(2, 0, { epoch: 1, step: 10, loss: 9, recall: null, sets: [] }), 10);
    expect([x, loss]).toEqual(lossCurve(history, 10));
  });

  it('find the length of an epoch by themselves after a restart', () => {
    expect(lossCurve(history, 0)[0]).toEqual([0.5, 1, 2]);
  });

  it('take recall where it was measured', () => {
    expect(recallCurves(history, 10)).toEqual([
      [1, 2],
      [8, 12],
      [24, 36],
    ]);
  });

  it('average neighbours of a long run and keep its end', () => {
    const long = Array.from({ length: 5000 }, (_, i) => ({ epoch: 1, step: i + 1, loss: i, recall: null, sets: [] }));
    const [x, loss] = lossCurve(long, 5000);
    expect(x.length).toBeLessThanOrEqual(600);
    expect(x.at(-1)).toBe(1);
    expect(loss[0]).toBeCloseTo(4);
  });

  it('say how much of a run is done', () => {
    const run = { state: 'training', epoch: 3, epochs: 10, step: 5, steps: 10 } as TrainingState;
    expect(shareDone(run)).toBeCloseTo(0.25);
    expect(shareDone({ ...run, state: 'encoding' })).toBeCloseTo(0.5);
    expect(shareDone({ ...run, state: 'encoding', steps: 0 })).toBeNull();
  });
});

describe('a new model compared with the present one', () => {
  const now = { r1: 27.1, r5: 55, r10: 68.8, medianRank: 4 };

  it('names gain and loss; a lower rank is better', () => {
    const lines = compareRecalls(now, { r1: 25.4, r5: 55.04, r10: 69, medianRank: 5 });
    expect(lines.map(({ change }) => change)).toEqual(['+1.7', '±0', '−0.2', '−1']);
    expect(lines.map(({ verdict }) => verdict)).toEqual(['better', 'same', 'worse', 'better']);
  });

  it('stands alone where there is nothing to compare with', () => {
    expect(compareRecalls(now, null)[0]).toMatchObject({ now: '27.1%', before: '–', change: '' });
  });
});

describe('the advanced recipe', () => {
  const encoder = training.form!;
  const kind = (name: string, own: object) => ({
    recipe: encoder.kinds[name]!.recipe,
    defaults: { ...encoder.kinds[name]!.defaults, ...own },
  });
  const recipeForm = {
    ...encoder,
    kinds: { kernel: kind('kernel', { batch: 2500, epochs: 9 }), layers: kind('layers', { batch: 1000, epochs: 24 }) },
  };
  const form = (...changes: [string, string][]) =>
    formFields(
      recipeForm,
      changes.reduce<SetFields>((set, [name, value]) => setField(recipeForm, set, name, value), {}),
    );
  const hint = (name: string, fields: ReturnType<typeof form>) =>
    fieldHint(
      recipeForm,
      encoder.fields.find((field) => field.name === name)!,
      fields,
    );

  it('explains every field in one line, with the range that it checks', () => {
    for (const imageBranch of ['kernel', 'layers']) {
      const fields = form(['imageBranch', imageBranch]);
      for (const field of encoder.fields) {
        const line = hint(field.name, fields);
        expect(line.length).toBeLessThan(120);
        const range =
          'most' in field
            ? new RegExp(`^[A-Z].{10,}\\. [\\d.,]+ to ${field.most.toLocaleString('en')}\\.$`)
            : /^[A-Z].{10,}\.$/;
        expect(line).toMatch(range);
        expect(fieldLabel(field.name)).not.toBe(field.name);
        for (const choice of 'choices' in field ? field.choices : []) {
          expect(fieldLabel(field.name, choice)).not.toBe(choice);
        }
      }
    }
    expect(hint('hidden', form())).not.toBe(hint('hidden', form(['imageBranch', 'layers'])));
  });

  it('shows a field that the window has no words for by its own name and its range', () => {
    const field = { name: 'heads', least: 1, most: 16, whole: true };
    expect([fieldLabel('heads'), fieldHint(recipeForm, field, form())]).toEqual(['heads', '1 to 16.']);
    expect(fieldLabel('pooling', 'mean')).toBe('mean');
  });

  it('asks for what belongs to the image branch and the loss', () => {
    const names = (...changes: Parameters<typeof form>) =>
      askedFields(recipeForm, form(...changes)).map(({ name }) => name);
    const ofKernel = ['kernelWidth', 'ridge', 'components'] as const;
    expect(names()).toEqual(expect.arrayContaining(['imageBranch', ...ofKernel, 'temperature']));
    expect(names()).not.toContain('margin');
    const others = names(['imageBranch', 'layers'], ['loss', 'ranking']);
    expect(others).toEqual(expect.arrayContaining(['imageBranch', 'margin', 'hidden']));
    for (const name of [...ofKernel, 'temperature']) expect(others).not.toContain(name);
  });

  it('keeps what was typed when the image branch changes, and takes the rest from the other recipe', () => {
    expect(form(['batch', '300'], ['imageBranch', 'layers'])).toMatchObject({ batch: '300', epochs: '24' });
    // what the other recipe happens to say is still one's own
    expect(form(['epochs', '24'], ['imageBranch', 'layers'], ['imageBranch', 'kernel'])['epochs']).toBe('24');
    expect(form(['ridge', '0.5'], ['imageBranch', 'layers'], ['imageBranch', 'kernel'])['ridge']).toBe('0.5');
    expect(form(['batch', ''], ['imageBranch', 'layers'])['batch']).toBe('');
  });

  it('takes a field that is as it was for untouched', () => {
    expect(form(['epochs', '30'], ['epochs', '9'], ['imageBranch', 'layers'])['epochs']).toBe('24');
  });

  it('says what is wrong with a value', () => {
    const epochs = encoder.fields.find(({ name }) => name === 'epochs')!;
    expect(checkField(epochs, 'many')).toBe('Enter a number.');
    expect(checkField(epochs, ' ')).toBe('Enter a number.');
    expect(checkField(epochs, '2.5')).toBe('Enter a whole number.');
    expect(checkField(epochs, '1001')).toBe('Between 1 and 1,000.');
    expect(checkField(epochs, ' 20 ')).toBeNull();
  });
});

describe('what others know as data is worded by the window', () => {
  it('where the split of a dataset came from', () => {
    const { sources } = texts.training.report;
    expect(sources({ kind: 'file', file: 'split.csv' })).toBe('split from split.csv');
    expect(sources({ kind: 'karpathy', file: 'dataset_flickr30k.json' })).toContain('Karpathy');
    expect(sources({ kind: 'seed' })).toContain('random');
  });

  it('what a model was trained on', () => {
    const { trainedOn } = texts.models;
    expect(trainedOn({ data: 'Flickr30K', outdatedFeatures: false })).toBe('Flickr30K');
    expect(trainedOn({ data: 'Flickr30K', outdatedFeatures: true })).toContain('an earlier version');
    expect(trainedOn({ data: null, outdatedFeatures: false })).toContain('another version');
  });
});
