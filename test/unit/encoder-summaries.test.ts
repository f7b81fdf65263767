/** The list of encoders: what is shown of one that is fetched in part, or damaged and added again. */
import { expect, it } from 'vitest';
import type { AddingState } from '../../electron/services/encoders/adding.ts';
import { catalogue } from '../../electron/services/encoders/catalogue.ts';
import { expectedEncoder } from '../../electron/services/encoders/describe.ts';
import { encoderSummaries } from '../../electron/services/encoders/summaries.ts';
import { encoders } from '../../models/encoders.ts';
import type { AddedEncoder } from '../../models/contract/added-encoder.ts';

const file = { path: 'a', bytes: 500, sha256: '0'.repeat(64) };
const damaged: AddedEncoder = {
  ...{ format: 1, id: 'own', title: 'Own', kind: 'clip', files: { vision: file, text: file, tokenizer: file } },
  ...{ dimensions: 24, contextLength: 77, padding: null, measured: null, addedAt: 0 },
  tensors: { pixels: 'p', tokens: 't', mask: null, imageEmbeddings: 'i', textEmbeddings: 'e' },
  preprocessing: { side: 32, fit: 'crop', resample: 'cubic', normalisation: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
  source: { kind: 'folder', folder: '/home/anna/own' },
};
const listed = (state: AddingState | null, keptBytes = 0) =>
  encoderSummaries({
    ...{ encoders: encoders.slice(0, 1), damaged: [damaged], inUse: 'resnet50-glove', builtInModel: 'default' },
    adding: { offered: catalogue, state: () => state, failure: () => null, keptBytes: () => keptBytes },
    expected: expectedEncoder,
  });

it('one that is damaged shows its progress while it is added again, and not its size on the disk', () => {
  expect(listed(null).find(({ id }) => id === 'own')).toMatchObject({
    state: 'added',
    error: { code: 'asset-corrupt' },
  });
  const about = { id: 'own', title: 'Own', source: 'folder', origin: '/home/anna/own' } as const;
  const again = listed({ ...about, step: 'copying', doneBytes: 300, bytes: 1500 }).filter(({ id }) => id === 'own');
  expect(again).toMatchObject([{ state: 'fetching', doneBytes: 300, bytes: 1500, error: null }]);
});

it('what an earlier try fetched is said of one that is offered, until it is fetched again', () => {
  const [first] = catalogue;
  const { id, title } = first!;
  expect(listed(null).find((one) => one.id === id)).not.toHaveProperty('keptBytes');
  expect(listed(null, 70).find((one) => one.id === id)).toMatchObject({ state: 'offered', keptBytes: 70 });
  const state = { id, title, source: 'hub', origin: 'a @ b', step: 'fetching', doneBytes: 70, bytes: 90 } as const;
  const fetching = listed(state, 70).find((one) => one.id === id);
  expect(fetching).toMatchObject({ state: 'fetching', doneBytes: 70 });
  expect(fetching).not.toHaveProperty('keptBytes');
});
