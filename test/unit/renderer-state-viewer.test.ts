/** The photo that is looked at: its place in the list, its details, and its file when that changes. */
import { describe, expect, it } from 'vitest';
import type { PhotoDetails } from '../../electron/ipc/contract.ts';
import { Failure } from '../fixtures/contract-bridge.ts';
import { deferred, openWindow, pass } from './renderer-state.ts';

const failure = () => new Failure({ code: 'internal', message: 'It did not work.' });
const shownToasts = async () => (await import('../../renderer/ui/toasts.svelte.ts')).toasts.items;

describe('the photo that is looked at', () => {
  const details = (id: number, content: number | null = id - 10): PhotoDetails => ({
    id,
    content,
    path: `/p/${id}.jpg`,
    name: `${id}.jpg`,
    folder: '/p',
    bytes: 1,
    width: 1,
    height: 1,
    taken: { at: 0, source: 'file' },
    modifiedAt: 0,
    camera: null,
    lens: null,
    exposure: null,
    aperture: null,
    iso: null,
    focal: null,
    damage: null,
    kind: null,
    favourite: false,
    location: null,
    place: null,
    copies: [],
  });
  const series = { ids: Int32Array.of(11, 12, 13, 14), contents: Int32Array.of(1, 2, 3, 4), relevance: null, count: 3 };

  it('keeps within the photos that were shown', async () => {
    openWindow({ 'photo.details': ({ id }) => details(id) });
    const { viewer } = await import('../../renderer/state/viewer.svelte.ts');
    viewer.show(series, 1);
    viewer.step(Infinity);
    expect(viewer.id).toBe(13);
    viewer.step(-Infinity);
    expect(viewer.id).toBe(11);
  });

  it('is never shown with the details of another', async () => {
    const answers = new Map([11, 12].map((id) => [id, deferred<PhotoDetails>()]));
    openWindow({ 'photo.details': ({ id }) => answers.get(id)!.promise });
    const { viewer } = await import('../../renderer/state/viewer.svelte.ts');
    viewer.show(series, 0);
    viewer.step(1);
    answers.get(12)!.resolve(details(12));
    await pass();
    answers.get(11)!.resolve(details(11));
    await pass();
    expect([viewer.id, viewer.details?.id]).toEqual([12, 12]);
  });

  it('says that a photo has gone only where the library said so', async () => {
    for (const [code, problem] of [
      ['not-found', 'gone'],
      ['internal', 'failed'],
    ] as const) {
      openWindow({
        'photo.details': () => {
          throw new Failure({ code, message: 'It did not work.' });
        },
      });
      const { viewer } = await import('../../renderer/state/viewer.svelte.ts');
      viewer.show(series, 0);
      await pass();
      expect([viewer.details, viewer.problem]).toEqual([null, problem]);
      expect(await shownToasts()).toEqual([]);
    }
  });

  it('keeps its place and takes the new content of a file that was replaced', async () => {
    let content: number | null = 2;
    const bridge = openWindow({ 'photo.details': ({ id }) => details(id, id === 12 ? content : id - 10) });
    const { viewer } = await import('../../renderer/state/viewer.svelte.ts');
    viewer.start();
    viewer.show(series, 1);
    await pass();
    expect(viewer.content).toBe(2);
    content = null;
    bridge.emit('library.changed', { photosChanged: true });
    await pass(500);
    expect([viewer.id, viewer.content]).toEqual([12, null]);
    content = 9;
    const indexed = { done: 1, total: 1, photosPerSecond: 0, secondsLeft: null, error: null };
    bridge.emit('indexing.progress', { ...indexed, state: 'indexing' });
    await pass(500);
    expect([viewer.id, viewer.content]).toEqual([12, 9]);
    viewer.step(1);
    viewer.step(-1);
    expect([viewer.details, viewer.content], 'before the details are there again').toEqual([null, 9]);
  });

  it('tells when the photo that is shown is removed, and keeps what is known when asking fails', async () => {
    let answer: () => PhotoDetails = () => details(11);
    const bridge = openWindow({ 'photo.details': () => answer() });
    const { viewer } = await import('../../renderer/state/viewer.svelte.ts');
    viewer.start();
    viewer.show(series, 0);
    await pass();
    answer = () => {
      throw failure();
    };
    bridge.emit('library.changed', { photosChanged: true });
    await pass(500);
    expect([viewer.details?.id, viewer.problem]).toEqual([11, null]);
    answer = () => {
      throw new Failure({ code: 'not-found', message: 'The photo is not there.' });
    };
    bridge.emit('library.changed', { photosChanged: true });
    await pass(500);
    expect([viewer.details, viewer.problem]).toEqual([null, 'gone']);
    viewer.close();
    bridge.emit('library.changed', { photosChanged: true });
    const asked = bridge.count('photo.details');
    await pass(500);
    expect([bridge.count('photo.details'), viewer.problem]).toEqual([asked, null]);
  });
});
