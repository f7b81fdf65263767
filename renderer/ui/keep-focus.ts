/**
 * Keeps the place of those who work by keyboard: where the control that has the focus goes away with what it did, the browser gives
 * the focus to the page as a whole, and Tab begins at the window's first control again.
 *
 * An attachment for a container whose content comes and goes. The focus moves to the button that stands where the control was, else
 * to the heading of what took the place of its card, else to the heading of the section that it was in.
 */
const headings = 'h1, h2, h3';

interface Step {
  readonly parent: Element;
  readonly child: Element;
  readonly index: number;
}

export function keepFocus(container: HTMLElement): () => void {
  let last: Element | null = null;
  /** from the control up to the container, as it was before the last change */
  let steps: Step[] = [];

  const note = (element: Element | null) => {
    last = element;
    steps = [];
    for (let child = element; child && child !== container; child = child.parentElement) {
      const parent = child.parentElement!;
      steps.push({ parent, child, index: [...parent.children].indexOf(child) });
    }
  };
  const onFocus = ({ target }: FocusEvent) => note(target as Element);
  const onBlur = ({ target, relatedTarget }: FocusEvent) => {
    // Some browsers tell of it before an element is removed: only where it stays did the user leave it.
    if (relatedTarget === null) queueMicrotask(() => (target as Element).isConnected && target === last && note(null));
  };
  const observer = new MutationObserver((changes) => {
    if (!last) return;
    if (last.isConnected) {
      note(last);
      return;
    }
    const gone = steps.find(({ parent }) => parent.isConnected);
    const isFree = document.activeElement === null || document.activeElement === document.body;
    note(null);
    if (!isFree || !gone) return;
    const added = changes.filter(({ target }) => target === gone.parent).flatMap((change) => [...change.addedNodes]);
    successor(gone, added, container)?.focus();
  });

  container.addEventListener('focusin', onFocus);
  container.addEventListener('focusout', onBlur);
  observer.observe(container, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    container.removeEventListener('focusin', onFocus);
    container.removeEventListener('focusout', onBlur);
  };
}

/** @param added what was put into the parent when the child was taken out */
function successor({ parent, child, index }: Step, added: readonly Node[], container: Element): HTMLElement | null {
  const others = [...parent.children];
  const inPlace = others.find((other) => added.includes(other)) ?? others[Math.min(index, others.length - 1)];
  if (child.matches('button') && inPlace?.matches('button:enabled')) return inPlace as HTMLElement;
  if (child.querySelector(headings) && inPlace) {
    const heading = inPlace.querySelector<HTMLElement>(headings);
    if (heading) return withFocus(heading);
  }
  for (let around: Element | null = parent; around; around = around.parentElement) {
    const heading = around.querySelector<HTMLElement>(headings);
    if (heading && (around === container || around.matches('section, li'))) return withFocus(heading);
    if (around === container) break;
  }
  return null;
}

/** A heading takes the focus from a program only, not from Tab. */
function withFocus(heading: HTMLElement): HTMLElement {
  heading.tabIndex = -1;
  return heading;
}
