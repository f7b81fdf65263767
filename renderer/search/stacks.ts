/**
 * Which photos of a list stand in the grid, and where. Near-duplicates have the same number (photoList.stacks): of a closed
 * stack only the first is shown; the others of an opened one follow it.
 */
export interface Shown {
  /** the photo of the list at each place of the grid */
  readonly indices: Int32Array;
  /** the place of each photo of the list: of one in a closed stack that of the first; -1: it is not shown */
  readonly places: Int32Array;
  /** at the place of the first of a stack: how many photos it has; else 0 */
  readonly sizes: Int32Array;
  /** 1: the photo at this place is one of an opened stack, and not its first */
  readonly follows: Uint8Array;
}

/**
 * @param stacks number of the stack of each photo of the list; 0: it is in none
 * @param count photos of the list that are shown, from the first
 * @param open numbers of the stacks that are opened
 * @param hidden photos of the list that are not shown, such as those that were moved to the bin a moment ago
 */
export function shownPhotos(
  stacks: Int32Array,
  count: number,
  open: ReadonlySet<number>,
  hidden: (index: number) => boolean = () => false,
): Shown {
  const length = Math.min(count, stacks.length);
  /** the first, the last so far, and the number of photos of each stack */
  const seen = new Map<number, { first: number; last: number; size: number }>();
  /** the next photo of the same stack; -1: none */
  const next = new Int32Array(length).fill(-1);
  const isHidden = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (hidden(i)) {
      isHidden[i] = 1;
      continue;
    }
    const number = stacks[i]!;
    if (number === 0) continue;
    const stack = seen.get(number);
    if (stack === undefined) {
      seen.set(number, { first: i, last: i, size: 1 });
      continue;
    }
    next[stack.last] = i;
    stack.last = i;
    stack.size++;
  }
  const indices = new Int32Array(length);
  const places = new Int32Array(length).fill(-1);
  const sizes = new Int32Array(length);
  const follows = new Uint8Array(length);
  let place = 0;
  for (let i = 0; i < length; i++) {
    if (isHidden[i] === 1) continue;
    const number = stacks[i]!;
    const stack = number === 0 ? undefined : seen.get(number)!;
    if (stack && stack.first !== i) continue; // placed with the first
    indices[place] = i;
    places[i] = place;
    if (stack === undefined || stack.size === 1) {
      place++;
      continue;
    }
    const first = place++;
    sizes[first] = stack.size;
    for (let member = next[i]!; member !== -1; member = next[member]!) {
      if (!open.has(number)) {
        places[member] = first;
        continue;
      }
      indices[place] = member;
      follows[place] = 1;
      places[member] = place++;
    }
  }
  return {
    indices: indices.subarray(0, place),
    places,
    sizes: sizes.subarray(0, place),
    follows: follows.subarray(0, place),
  };
}

/**
 * The photos of the list that a place of the grid stands for: one, or all of a closed stack, in their order.
 * @param count as it was given to shownPhotos
 */
export function photosAt(shown: Shown, stacks: Int32Array, open: ReadonlySet<number>, place: number): number[] {
  const first = shown.indices[place];
  if (first === undefined) return [];
  const number = stacks[first]!;
  const size = shown.sizes[place]!;
  if (size === 0 || open.has(number)) return [first];
  const photos: number[] = [];
  for (let i = first; photos.length < size; i++) {
    if (stacks[i] === number && shown.places[i] === place) photos.push(i);
  }
  return photos;
}

/** The photos of the list at the places from `first` up to, and not including, `end`. */
export function photosBetween(
  shown: Shown,
  stacks: Int32Array,
  open: ReadonlySet<number>,
  first: number,
  end: number,
): number[] {
  // A closed stack's photos may lie anywhere in the list: for many places one pass over it costs less than one for each.
  if (end - first < 200) {
    const few: number[] = [];
    for (let place = first; place < end; place++) few.push(...photosAt(shown, stacks, open, place));
    return few;
  }
  const many: number[] = [];
  for (let i = 0; i < shown.places.length; i++) {
    const place = shown.places[i]!;
    if (place >= first && place < end) many.push(i);
  }
  return many;
}

/** The set with the number, or without it where it has it. */
export function toggled(numbers: ReadonlySet<number>, number: number): ReadonlySet<number> {
  const others = new Set(numbers);
  if (!others.delete(number)) others.add(number);
  return others;
}
