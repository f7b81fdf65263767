/** Lists what the library has more than once, for the window and the command line. */
import type { DuplicateReport } from '../../ipc/contract.ts';
import type { DuplicateFile, SimilarPairs } from '../../store/similar-pairs.ts';

interface Group {
  readonly kind: 'exact' | 'near';
  readonly files: readonly DuplicateFile[];
  /** what would be free if only the largest file were kept */
  readonly freeable: number;
}

/**
 * Groups of files, those first that take the most space beside their largest file. Exact: all files of one content. Near: of each
 * content of a stack the file that was added first; its copies are in a group of their own.
 *
 * @param stacks content → stack
 * @param isWanted absent: all photos; a group is listed where it has at least two files that are wanted
 */
export function duplicateGroups(
  similarPairs: Pick<SimilarPairs, 'copies' | 'filesOf'>,
  stacks: ReadonlyMap<number, number>,
  isWanted: (file: DuplicateFile) => boolean = () => true,
): DuplicateReport['groups'] {
  const exact = Map.groupBy(similarPairs.copies().filter(isWanted), ({ content }) => content);
  const members = Map.groupBy(stacks.keys(), (content) => stacks.get(content)!);
  const near = [...members.values()].map((contents) =>
    contents.flatMap((content) => similarPairs.filesOf(content).filter(isWanted).slice(0, 1)),
  );
  const groups = [
    ...[...exact.values()].map((files) => group('exact', files)),
    ...near.map((files) => group('near', files)),
  ].filter(({ files }) => files.length > 1);
  return groups
    .toSorted((a, b) => b.freeable - a.freeable || a.files[0]!.id - b.files[0]!.id)
    .map(({ kind, files }) => ({
      kind,
      ids: Int32Array.from(files, ({ id }) => id),
      contents: Int32Array.from(files, ({ content }) => content),
      paths: files.map(({ path }) => path),
      bytes: files.map(({ bytes }) => bytes),
      widths: Int32Array.from(files, ({ width }) => width),
      heights: Int32Array.from(files, ({ height }) => height),
    }));
}

/** @returns the group, largest picture first */
function group(kind: Group['kind'], unordered: readonly DuplicateFile[]): Group {
  const files = unordered.toSorted(
    (a, b) => b.width * b.height - a.width * a.height || b.bytes - a.bytes || a.id - b.id,
  );
  return { kind, files, freeable: freeableBytes(files.map(({ bytes }) => bytes)) };
}

/** What would be free if of these files only the largest were kept. */
export function freeableBytes(bytes: readonly number[]): number {
  return bytes.reduce((sum, size) => sum + size, 0) - Math.max(0, ...bytes);
}
