/** The short messages at the bottom of the window: how long they stay. */
import { beforeEach, describe, expect, it } from 'vitest';
import { openWindow, pass } from './renderer-state.ts';

const open = async () => {
  openWindow();
  const { toasts } = await import('../../renderer/ui/toasts.svelte.ts');
  const { navigation } = await import('../../renderer/state/navigation.svelte.ts');
  return { toasts, navigation, shown: () => toasts.items.map(({ text }) => text) };
};
let window: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  window = await open();
});

describe('a message', () => {
  it('leaves by itself, and an error later', async () => {
    const { toasts, shown } = window;
    toasts.show('saved');
    toasts.show('failed', 'error');
    await pass(4100);
    expect(shown()).toEqual(['failed']);
    await pass(16_000);
    expect(shown()).toEqual([]);
  });

  it('about the view that was left leaves when it was seen for a moment', async () => {
    const { toasts, navigation, shown } = window;
    toasts.show('old error', 'error');
    await pass(5000);
    toasts.show('new error', 'error');
    navigation.go('library');
    await pass(10);
    expect(shown()).toEqual(['new error']);
    await pass(4100);
    expect(shown()).toEqual([]);
  });

  it('stays while the pointer is on it, or the user is in another program', async () => {
    const { toasts, navigation, shown } = window;
    toasts.hold('away');
    toasts.show('failed', 'error');
    navigation.go('library');
    toasts.hold('pointer');
    await pass(60_000);
    toasts.release('away');
    await pass(60_000);
    expect(shown()).toEqual(['failed']);
    toasts.release('pointer');
    await pass(3900);
    expect(shown()).toEqual(['failed']);
    await pass(200);
    expect(shown()).toEqual([]);
  });

  it('that asks for something stays until it is answered', async () => {
    const { toasts, navigation, shown } = window;
    const id = toasts.show('were they deleted?', 'error', { stays: true });
    navigation.go('settings');
    await pass(100_000);
    expect(shown()).toEqual(['were they deleted?']);
    toasts.dismiss(id);
    expect(shown()).toEqual([]);
  });
});
