/** The focus of the grid, where the photo that has it goes: the next one takes it, and not the whole window. */
import { tick } from 'svelte';
import { fileActions } from '../state/file-actions.svelte.ts';

/**
 * To be called once, while the component is made.
 *
 * @param grid the element whose photos may have the focus
 * @param changes reads what removes photos from it
 * @param focusActive gives the focus to the photo that is nearest to the one that had it
 */
export function keepFocus(grid: () => HTMLElement | undefined, changes: () => unknown, focusActive: () => void): void {
  let had = false;
  $effect.pre(() => {
    changes();
    // A dialog gives the focus back to the photo from which it was opened, which may be gone meanwhile.
    void [fileActions.asked, fileActions.failed];
    const focused = document.activeElement;
    if (!focused?.closest('dialog')) had = grid()?.contains(focused) ?? false;
    void tick().then(() => {
      if (!had || document.activeElement !== document.body) return;
      if (grid()?.offsetParent && !document.querySelector('dialog[open]')) focusActive();
    });
  });
}
