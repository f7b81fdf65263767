/**
 * The rectangle that is drawn over the grid to select what it touches. Near the upper or lower edge the grid scrolls on.
 */
export interface Rectangle {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface RubberBandHost {
  scroller(): HTMLElement;
  /** a point of the window in the layout's pixels */
  toLayout(x: number, y: number): { x: number; y: number };
  /** @param additive what was selected before stays selected */
  onbegin(additive: boolean): void;
  /** the rectangle has another size, or the grid was scrolled below it */
  onchange(rectangle: Rectangle): void;
  /** @param rectangle null: nothing was drawn, it was a click beside the photos */
  onend(rectangle: Rectangle | null): void;
}

/** px that the pointer moves before it draws */
const threshold = 5;
/** px at the edges that make the grid scroll, and px a frame at most */
const edge = 48;
const fastest = 26;

export class RubberBand {
  rectangle = $state.raw<Rectangle | null>(null);
  readonly #host: RubberBandHost;
  #pointer = { x: 0, y: 0 };
  #frame = 0;
  #ended = -Infinity;

  constructor(host: RubberBandHost) {
    this.#host = host;
  }

  /** The click that follows a rectangle is no click on a photo. */
  get justEnded(): boolean {
    return performance.now() - this.#ended < 50;
  }

  /** The pointer has gone down where a rectangle may begin. */
  press(event: PointerEvent): void {
    const start = { x: event.clientX, y: event.clientY };
    const origin = this.#host.toLayout(start.x, start.y);
    const additive = event.ctrlKey || event.metaKey || event.shiftKey;
    this.#pointer = start;
    const move = (moved: PointerEvent) => {
      this.#pointer = { x: moved.clientX, y: moved.clientY };
      const distance = Math.hypot(moved.clientX - start.x, moved.clientY - start.y);
      if (this.rectangle === null && distance < threshold) return;
      if (this.rectangle === null) this.#host.onbegin(additive);
      this.rectangle ??= { x1: origin.x, y1: origin.y, x2: origin.x, y2: origin.y };
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
    };
    const end = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      removeEventListener('blur', end);
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      if (this.rectangle !== null) {
        this.#stretch();
        this.#ended = performance.now();
      }
      this.#host.onend(this.rectangle);
      this.rectangle = null;
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
    addEventListener('blur', end);
  }

  #draw(): void {
    this.#frame = 0;
    const scroller = this.#host.scroller();
    const { top, bottom } = scroller.getBoundingClientRect();
    const { y } = this.#pointer;
    const share = y < top + edge ? (y - top - edge) / edge : y > bottom - edge ? (y - bottom + edge) / edge : 0;
    const speed = Math.max(-1, Math.min(1, share)) * fastest;
    const before = scroller.scrollTop;
    if (speed !== 0) scroller.scrollTop += speed;
    this.#stretch();
    if (scroller.scrollTop !== before) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #stretch(): void {
    if (this.rectangle === null) return;
    const { x, y } = this.#host.toLayout(this.#pointer.x, this.#pointer.y);
    this.rectangle = { ...this.rectangle, x2: x, y2: y };
    this.#host.onchange(this.rectangle);
  }
}
