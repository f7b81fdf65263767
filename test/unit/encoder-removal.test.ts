import { expect, it } from 'vitest';
import { removalOf } from '../../electron/ipc/encoder-removal.ts';
import { encoderTexts } from '../../renderer/base/encoder-texts.ts';

const clip = { id: 'clip', zeroShot: 'clip' };
const models = [
  { id: 'default', encoder: 'resnet50-glove' },
  { id: 'clip', encoder: 'clip' },
  { id: 'holidays', encoder: 'clip' },
  { id: 'other', encoder: 'clip-8bit' },
];

it('an encoder takes the models along that were trained on it, and no others', () => {
  expect(removalOf(clip, models, null)).toEqual({ models: ['holidays'], change: null });
  expect(removalOf({ id: 'clip-16bit', zeroShot: null }, models, null)).toEqual({ models: [], change: null });
});

it('it ends a change to its own model and to those that were trained on it, and no other change', () => {
  expect(removalOf(clip, models, 'clip').change).toBe('clip');
  expect(removalOf(clip, models, 'holidays').change).toBe('holidays');
  expect(removalOf(clip, models, 'other').change).toBe(null);
});

it('the window says all of that before', () => {
  const text = encoderTexts.removeText(2_000_000, { trained: ['holidays', 'cats'], change: 'holidays' });
  expect(text).toContain('The models trained on it, holidays, cats, go, too.');
  expect(text).toContain('The change to “holidays” ends.');
  const alone = encoderTexts.removeText(2_000_000, { trained: [], change: null });
  expect(alone).not.toMatch(/trained on it|The change/);
});
