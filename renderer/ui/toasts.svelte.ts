/**
 * Short messages at the bottom of the window about what the user has done. All leave by themselves: errors after a longer time, and
 * soon after the user has left the view that they are about. None leaves while the pointer or the focus is on one, or the user is in
 * another program. What is asked for and not answered stays until it is (`stays`).
 */

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
  readonly stays: boolean;
}

/** Why no message leaves now. */
export type Hold = 'pointer' | 'focus' | 'away';

const shownMs = { done: 4000, error: 20_000 };
/** after a hold, and of errors of another view */
const leastMs = 4000;

interface Leaving {
  readonly shownAt: number;
  /** as Date.now() */
  until: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

class Toasts {
  items = $state.raw<readonly Toast[]>([]);
  #last = 0;
  readonly #leaving = new Map<number, Leaving>();
  readonly #holds = new Set<Hold>();

  /**
   * @param stays until it is dismissed
   * @returns the number by which it can be dismissed when it is true no more
   */
  show(text: string, kind: Toast['kind'] = 'done', { stays = false } = {}): number {
    const id = ++this.#last;
    // the same message twice is one message
    const kept = this.items.filter((toast) => toast.text !== text).slice(-3);
    for (const { id: gone } of this.items) if (!kept.some((toast) => toast.id === gone)) this.#forget(gone);
    this.items = [...kept, { id, kind, text, stays }];
    if (!stays) {
      const now = Date.now();
      const leaving: Leaving = { shownAt: now, until: now + shownMs[kind], timer: undefined };
      this.#leaving.set(id, leaving);
      if (this.#holds.size === 0) this.#start(id, leaving);
    }
    return id;
  }

  dismiss(id: number): void {
    this.#forget(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  /** The user has gone to another view: errors leave as soon as they were seen for a moment. */
  viewLeft(): void {
    for (const { id, kind } of this.items) {
      const leaving = this.#leaving.get(id);
      if (!leaving || kind !== 'error') continue;
      leaving.until = Math.min(leaving.until, leaving.shownAt + leastMs);
      if (this.#holds.size === 0) this.#start(id, leaving);
    }
  }

  hold(why: Hold): void {
    this.#holds.add(why);
    for (const leaving of this.#leaving.values()) clearTimeout(leaving.timer);
  }

  release(why: Hold): void {
    if (!this.#holds.delete(why) || this.#holds.size > 0) return;
    const least = Date.now() + leastMs;
    for (const [id, leaving] of this.#leaving) {
      leaving.until = Math.max(leaving.until, least);
      this.#start(id, leaving);
    }
  }

  #start(id: number, leaving: Leaving): void {
    clearTimeout(leaving.timer);
    leaving.timer = setTimeout(() => this.dismiss(id), Math.max(0, leaving.until - Date.now()));
  }

  #forget(id: number): void {
    clearTimeout(this.#leaving.get(id)?.timer);
    this.#leaving.delete(id);
  }
}

export const toasts = new Toasts();
