/** Short messages at the bottom of the window. Errors stay until dismissed; others leave by themselves. */

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
}

const stayMs = 4000;

class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #last = 0;

  /** @returns the number by which it can be dismissed when it is true no more */
  show(text: string, kind: Toast['kind'] = 'done'): number {
    const id = ++this.#last;
    // the same message twice is one message
    this.items = [...this.items.filter((toast) => toast.text !== text).slice(-3), { id, kind, text }];
    if (kind === 'done') setTimeout(() => this.dismiss(id), stayMs);
    return id;
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
