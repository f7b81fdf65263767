/** What the user should read about the library goes when it was read, or is true no more. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { LibraryNotice } from '../../electron/ipc/contract.ts';
import type { LostModel } from '../../electron/services/models/lost-model.ts';
import { Notices, type NoticesOptions } from '../../electron/services/notices.ts';

const clip: LostModel = { model: 'clip', encoder: 'clip', cause: 'damaged', instead: 'default' };
let kept: LibraryNotice[];
let lost: LostModel | null;
let damaged: string[];
let usable: string[];
let told: number;
let notices: Notices;

beforeEach(() => {
  [kept, damaged, usable] = [[], [], []];
  lost = null;
  told = 0;
  const file = {
    notices: () => kept,
    note: (notice: LibraryNotice) => void kept.push(notice),
    dismiss: (kind: LibraryNotice['kind']) => void (kept = kept.filter((notice) => notice.kind !== kind)),
    store: { readOnly: undefined },
  };
  notices = new Notices({
    file: file as unknown as NoticesOptions['file'],
    models: {
      lost: () => lost,
      lostText: ({ model }) => `${model} is not used now`,
      hasEncoder: (id) => usable.includes(id),
    },
    isDamaged: (encoder) => damaged.includes(encoder),
    onChanged: () => void told++,
  });
});

const messages = () => notices.list().map((notice) => 'message' in notice && notice.message);

describe('that the chosen model is not used', () => {
  it('is told as long as it is so, and told of when it changes', () => {
    lost = clip;
    notices.update();
    expect([told, messages()]).toEqual([1, ['clip is not used now']]);
    notices.update();
    expect(told).toBe(1);
    lost = null;
    notices.update();
    expect([told, messages()]).toEqual([2, []]);
  });

  it('is not told again when it was read, but when it is lost again', () => {
    lost = clip;
    notices.update();
    notices.dismiss('fallback');
    expect(messages()).toEqual([]);
    lost = null;
    notices.update();
    lost = clip;
    expect(messages()).toEqual(['clip is not used now']);
  });
});

describe('a notice', () => {
  it('of damaged weights of an added encoder goes when that is added again or removed', () => {
    damaged = ['clip'];
    notices.note({ kind: 'weights', message: 'CLIP is damaged', at: 0, encoder: 'clip' });
    expect([told, messages()]).toEqual([1, ['CLIP is damaged']]);
    damaged = [];
    notices.update();
    expect([told, messages(), kept]).toEqual([2, [], []]);
    notices.note({ kind: 'weights', message: 'The ResNet50 weights are damaged', at: 0 });
    expect(messages()).toEqual(['The ResNet50 weights are damaged']);
  });

  it('of a change that was given up goes when its model can be used, or another one is chosen', () => {
    notices.note({ kind: 'model', message: 'given up', at: 0, absent: 'clip' });
    expect(messages()).toEqual(['given up']);
    usable = ['clip'];
    expect(messages()).toEqual([]);
    notices.note({ kind: 'model', message: 'it computes nonsense', at: 0 });
    expect(messages()).toEqual(['it computes nonsense']);
    notices.modelChosen();
    expect(messages()).toEqual([]);
  });
});
