/** A set of photos by id, for filters over a whole library: a membership test is one read, and 100,000 photos are 100 KB. */
export interface PhotoSet {
  has(photo: number): boolean;
  readonly size: number;
}

export class DensePhotoSet implements PhotoSet {
  #members = new Uint8Array(1024);
  #size = 0;

  static of(photos: Iterable<number>): DensePhotoSet {
    const set = new DensePhotoSet();
    for (const photo of photos) set.add(photo);
    return set;
  }

  get size(): number {
    return this.#size;
  }

  has(photo: number): boolean {
    return this.#members[photo] === 1;
  }

  /** in ascending order */
  members(): number[] {
    const members: number[] = [];
    for (let photo = 0; photo < this.#members.length; photo++) if (this.#members[photo] === 1) members.push(photo);
    return members;
  }

  add(photo: number): void {
    if (this.#members[photo] === 1) return;
    if (photo >= this.#members.length) {
      const members = new Uint8Array(Math.max(photo + 1, this.#members.length * 2));
      members.set(this.#members);
      this.#members = members;
    }
    this.#members[photo] = 1;
    this.#size++;
  }
}

export function intersection(photos: DensePhotoSet, others: PhotoSet): DensePhotoSet {
  return DensePhotoSet.of(photos.members().filter((photo) => others.has(photo)));
}
