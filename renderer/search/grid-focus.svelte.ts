/** The focus of the grid, where the photo or the button that has it goes: a photo takes it, and not the whole window. */
import { tick } from 'svelte';
import { fileActions } from '../state/file-actions.svelte.ts';
import { selection } from '../state/selection.svelte.ts';

/** The bar of the selection, and what tells how far copying is: they come and go with their buttons. */
const passing = '[data-selection-bar], [data-copying]';

/**
 * To be called once, while the component is made.
 *
 * @param grid the element whose photos may have the focus
 * @param changes reads what removes photos from it
 * @param focusActive gives the focus to the photo that is nearest to the one that had it
 */
export function keepFocus(grid: () => HTMLElement | undefined, changes: () => unknown, focusActive: () => void): void {
  let beforeDialog = false;
  $effect.pre(() => {
    changes();
    // A dialog gives the focus back to the photo from which it was opened, which may be gone meanwhile.
    void [fileActions.asked, fileActions.failed, fileActions.copying === null, selection.active];
    const focused = document.activeElement;
    const inDialog = Boolean(focused?.closest('dialog'));
    const had = inDialog ? beforeDialog : grid()?.contains(focused) === true || Boolean(focused?.closest(passing));
    beforeDialog = had;
    if (!had) return;
    void tick().then(() => {
      if (document.activeElement !== document.body || !grid()?.offsetParent) return;
      if (!document.querySelector('dialog[open]')) focusActive();
    });
  });
}
