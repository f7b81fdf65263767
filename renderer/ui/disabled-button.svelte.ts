/**
 * A button that is disabled while it has the focus would lose it to the page as a whole: it does nothing and looks disabled, and
 * becomes disabled when the focus has left it.
 */
import type { MouseEventHandler } from 'svelte/elements';

export class FocusOfButton {
  isHere = $state(false);

  /** an attachment */
  follow = (button: HTMLElement): (() => void) => {
    const come = () => (this.isHere = true);
    const go = () => (this.isHere = false);
    button.addEventListener('focus', come);
    button.addEventListener('blur', go);
    return () => {
      button.removeEventListener('focus', come);
      button.removeEventListener('blur', go);
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
