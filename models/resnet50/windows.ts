/**
 * Features of parts of a photo, from the last feature map: averages and standard deviations over a window of its positions, as
 * a feature has them over all positions. A position sees much more of the photo than its own 32 × 32 pixels, but most of what
 * it says is of these.
 */

/** Positions of the last feature map of a frame of 256 × 256 pixels, in each direction. */
export const mapSide = 8;
const channels = 2048;
/** Windows are made of cells of 2 × 2 positions, which are summed once. */
const cell = 2;
const cells = mapSide / cell;
/** Side of a window, in cells: 4 of the map's 8 positions. */
const windowCells = 2;
const windowPositions = (windowCells * cell) ** 2;
/** Windows overlap by half, so that whatever is smaller than a cell or two is well inside one. */
const starts = [0, 1, 2] as const;

/** The windows' places, in fractions of the frame, row by row from the top left. */
export const windows = starts.flatMap((top) =>
  starts.map((left) => ({
    left: left / cells,
    top: top / cells,
    width: windowCells / cells,
    height: windowCells / cells,
  })),
);

/**
 * @param map [count, 2048, 8, 8]
 * @returns [count, windows, 4096]: of each window 2,048 averages, and then 2,048 standard deviations of the population
 */
export function windowFeatures(map: Float32Array, count: number): Float32Array {
  const positions = mapSide * mapSide;
  if (map.length !== count * channels * positions) throw new RangeError(`${map.length} numbers of ${count} maps`);
  const features = new Float32Array(count * windows.length * 2 * channels);
  const sums = new Float64Array(cells * cells);
  const squares = new Float64Array(cells * cells);
  for (let photo = 0, at = 0; photo < count; photo++) {
    for (let channel = 0; channel < channels; channel++) {
      sums.fill(0);
      squares.fill(0);
      for (let y = 0; y < mapSide; y++) {
        for (let x = 0; x < mapSide; x++, at++) {
          const value = map[at]!;
          const into = (y >> 1) * cells + (x >> 1);
          sums[into]! += value;
          squares[into]! += value * value;
        }
      }
      let to = photo * windows.length * 2 * channels + channel;
      for (const top of starts) {
        for (const left of starts) {
          const first = top * cells + left;
          const below = first + cells;
          const mean = (sums[first]! + sums[first + 1]! + sums[below]! + sums[below + 1]!) / windowPositions;
          const square =
            (squares[first]! + squares[first + 1]! + squares[below]! + squares[below + 1]!) / windowPositions;
          features[to] = mean;
          features[to + channels] = Math.sqrt(Math.max(0, square - mean * mean));
          to += 2 * channels;
        }
      }
    }
  }
  return features;
}
