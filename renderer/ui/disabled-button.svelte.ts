/**
 * A button that is disabled while it has the focus would lose it to the page as a whole: it does nothing and looks disabled, and
 * becomes disabled when the focus has left it.
 */
import type { MouseEventHandler } from 'svelte/elements';

export class FocusOfButton {
  isHere = $state(false);

  /** an attachment */
  follow = (button: HTMLElement): (() => void) => {
    // Later: the focus also changes while the page is being changed, when nothing may set what the page is made of.
    const look = () => queueMicrotask(() => (this.isHere = document.activeElement === button));
    button.addEventListener('focus', look);
    button.addEventListener('blur', look);
    return () => {
      button.removeEventListener('focus', look);
      button.removeEventListener('blur', look);
    };
  };
}

type OnClick = MouseEventHandler<HTMLButtonElement>;

/** A click on a button that is off is no click, nor does it send its form. */
export function unlessOff(isOff: () => boolean, onclick: OnClick | null | undefined): OnClick {
  return (event) => {
    if (!isOff()) onclick?.(event);
    else event.preventDefault();
  };
}
