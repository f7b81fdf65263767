/** A set of photos by id, for filters over a whole library: a membership test is one read, and 100,000 photos are 100 KB. */
export interface PhotoSet {
  has(photo: number): boolean;
  readonly size: number;
}

export class DensePhotoSet implements PhotoSet {
  readonly #members: Uint8Array;
  #size = 0;

  /** @param highest the highest id that may be added */
  constructor(highest: number) {
    this.#members = new Uint8Array(highest + 1);
  }

  static of(photos: Iterable<number>, highest: number): DensePhotoSet {
    const set = new DensePhotoSet(highest);
    for (const photo of photos) set.add(photo);
    return set;
  }

  get size(): number {
    return this.#size;
  }

  has(photo: number): boolean {
    return this.#members[photo] === 1;
  }

  add(photo: number): void {
    if (this.#members[photo] === 1) return;
    this.#members[photo] = 1;
    this.#size++;
  }
}
