/** Pairs of near-duplicates → stacks. */
import type { ContentPair, StackMember } from '../../store/similar-pairs.ts';

/**
 * Each stack has a leader, and all others in it are near-duplicates of the leader: so a series in which each photo resembles
 * only the next one does not become one large stack. The content with the most near-duplicates leads first; among equals the
 * one with the most pixels, then the one with the lowest hash: the order of indexing does not matter.
 *
 * @param members all contents of the pairs
 * @returns the stack of each content that is in one: its number is the lowest id in it
 */
export function groupStacks(
  pairs: readonly ContentPair[],
  members: readonly Pick<StackMember, 'id' | 'pixels' | 'hash'>[],
): Map<number, number> {
  const near = new Map<number, number[]>(members.map(({ id }) => [id, []]));
  for (const { content, other } of pairs) {
    near.get(content)?.push(other);
    near.get(other)?.push(content);
  }
  const order = members.toSorted(
    (a, b) => near.get(b.id)!.length - near.get(a.id)!.length || b.pixels - a.pixels || Buffer.compare(a.hash, b.hash),
  );
  const stackOf = new Map<number, number>();
  for (const { id } of order) {
    if (stackOf.has(id)) continue;
    const stack = [id, ...near.get(id)!.filter((other) => near.has(other) && !stackOf.has(other))];
    if (stack.length === 1) continue;
    const number = stack.reduce((least, content) => Math.min(least, content));
    for (const content of stack) stackOf.set(content, number);
  }
  return stackOf;
}
