/** When weights are hashed whole, and which features are deleted when they turn out to be damaged. */
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DamagedWeights } from '../../electron/services/assets/assets.ts';
import { WeightsCheck } from '../../electron/services/assets/weights-check.ts';
import { Store } from '../../electron/store/store.ts';
import { resnet50Glove } from '../../models/resnet50-glove/index.ts';
import { scratch } from '../fixtures/tiny-library.ts';

const damagedPhotos: DamagedWeights = { name: 'resnet50', message: 'The ResNet50 weights are damaged.' };
const damagedWords: DamagedWeights = { name: 'word-vectors', message: 'The word vectors are damaged.' };

let store: Store;
let remove: () => void;
let notices: string[];
let found: DamagedWeights[];
let hashed: number;
let good: boolean;
beforeEach(() => {
  const { folder, remove: end } = scratch('weights-check-unit');
  remove = end;
  store = new Store(path.join(folder, 'library.db'));
  [notices, found, hashed, good] = [[], [], 0, true];
});
afterEach(() => {
  store.close();
  remove();
});

/** As a process has it. */
const opened = () =>
  new WeightsCheck({
    store,
    assets: () => ({
      check: () => {
        hashed++;
        return Promise.resolve(found);
      },
      unchanged: () => Promise.resolve(good),
    }),
    notice: (message) => notices.push(message),
    onForgotten: () => undefined,
  });

let photos = 0;
function encode(count: number): void {
  for (let i = 0; i < count; i++) {
    const content = store.contents.ensure(new Uint8Array(32).fill(++photos));
    store.contents.setFeature(content, store.encoders.key({ id: 'resnet', version: 1 }), new Float32Array(4));
  }
}
const features = () => store.encoders.lastFeature();

it('whole files are hashed at first, every week, and after a process that encoded photos did not close the library', async () => {
  let check = opened();
  expect(check.isDue(resnet50Glove)).toBe(true);
  await check.run(resnet50Glove);
  expect(hashed).toBe(1);
  expect(check.isDue(resnet50Glove)).toBe(false);
  check.begin(resnet50Glove);
  expect(check.isDue(resnet50Glove)).toBe(false);
  check = opened(); // the process before was killed
  expect(check.isDue(resnet50Glove)).toBe(true);
  check.begin(resnet50Glove);
  await check.end();
  expect(opened().isDue(resnet50Glove)).toBe(false);
  const notes = store.preferences.get('weights-check resnet50-glove') as { at: number };
  store.preferences.set('weights-check resnet50-glove', { ...notes, at: notes.at - 8 * 24 * 60 * 60 * 1000 });
  expect(opened().isDue(resnet50Glove)).toBe(true);
});

it('damage in a sample deletes what was computed since the samples were last compared', async () => {
  const check = opened();
  check.begin(resnet50Glove);
  encode(3);
  await check.end();
  const next = opened();
  next.begin(resnet50Glove);
  encode(2);
  next.damaged(resnet50Glove, damagedPhotos, 'samples');
  expect(features()).toBe(3);
  expect(notices.join()).toContain('computed of 2 photos');
});

it('damage that only the whole hash finds deletes what was computed since the last one', async () => {
  const check = opened();
  encode(1);
  await check.run(resnet50Glove);
  check.begin(resnet50Glove);
  encode(3);
  await check.end();
  found = [damagedPhotos];
  expect(await opened().run(resnet50Glove)).toBe(true);
  expect(features()).toBe(1);
});

it('what is damaged when encoding ends is not noted as good', async () => {
  const check = opened();
  check.begin(resnet50Glove);
  encode(2);
  good = false;
  await check.end();
  opened().damaged(resnet50Glove, damagedPhotos, 'samples');
  expect(features()).toBe(0);
});

it('damaged word vectors cost no feature: photos are not encoded by them', async () => {
  encode(2);
  found = [damagedWords];
  expect(await opened().run(resnet50Glove)).toBe(true);
  expect(features()).toBe(2);
  expect(notices).toEqual(['The word vectors are damaged. They are prepared again.']);
});

it('what other encoders made stays', async () => {
  const others = store.encoders.key({ id: 'other', version: 1 });
  const check = new WeightsCheck({
    store,
    assets: () => ({ check: () => Promise.resolve(found), unchanged: () => Promise.resolve(good) }),
    ofOthers: () => [others],
    notice: (message) => notices.push(message),
    onForgotten: () => undefined,
  });
  await check.run(resnet50Glove);
  encode(3);
  const content = store.contents.ensure(new Uint8Array(32).fill(++photos));
  store.contents.setFeature(content, others, new Float32Array(4));
  store.encoders.setReadBy('tiny', others);
  store.contents.setEmbedding(content, 'tiny', Float32Array.of(1, 0));
  found = [damagedPhotos];
  await check.run(resnet50Glove);
  expect(notices.at(-1)).toContain('3 photos');
  expect(store.contents.hasFeature(content, others)).toBe(true);
  expect(store.contents.embedding(content, 'tiny')).toBeDefined();
});
